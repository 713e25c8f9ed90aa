"""One organisation that the robot serves, as far as its health is concerned."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.store import Store


@dataclass(frozen=True)
class Part:
    """`organisation` is its corp id where there are several, else "". `token` gets an access token, or raises.

    The limits are those of the month; 0 is none.
    """

    organisation: str
    store: Store
    token: Callable[[], Awaitable[object]]
    monthly_calls: int
    monthly_webhooks: int
