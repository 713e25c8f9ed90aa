"""Channels are told what happens: kept in an outbox, put together, sent when it suits, and never in a job's way."""

from bot.notices.notices import Notices
from bot.notices.wording import Wording

__all__ = ["Notices", "Wording"]
