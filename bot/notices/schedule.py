"""When a channel may be told: nothing here is remembered, so a restart or new settings change no promise."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.channels import Channel
from bot.hours import held_until, next_hour, next_time
from bot.store import ChannelState

GATHER = timedelta(seconds=1)
"""What comes in one breath goes out as one message."""
PAUSE = timedelta(minutes=1)
"""Between two messages of a channel. A custom robot may say 20 a minute; people want to read fewer."""


def due_at(
    channel: Channel, oldest: datetime, state: ChannelState, zone: ZoneInfo, quiet_hours: str
) -> datetime:
    """When what waits since `oldest` goes out."""
    due = _wanted(channel, oldest, zone)
    if state.sent_at:
        due = max(due, state.sent_at + PAUSE)
    if state.retry_at:
        due = max(due, state.retry_at)
    span = quiet_hours if channel.quiet_hours is None else channel.quiet_hours
    return held_until(span, due, zone)


def _wanted(channel: Channel, oldest: datetime, zone: ZoneInfo) -> datetime:
    match channel.digest:
        case "each":
            return oldest + GATHER
        case "hourly":
            return next_hour(oldest, zone)
        case "daily":
            return next_time(channel.at, oldest, zone)
