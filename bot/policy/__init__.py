"""The rules that say whether a request may be made, and by whom it must be agreed to."""

from bot.policy.facts import Facts
from bot.policy.policy import Policy

__all__ = ["Facts", "Policy"]
