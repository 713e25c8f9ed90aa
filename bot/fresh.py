"""Answers that are worth keeping for a moment: one question at a time for each key, however many wait for it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """Keeps what was answered for at most `keep`; an error is nobody's answer and is not kept."""

    def __init__(self, keep: timedelta, clock: Callable[[], datetime]) -> None:
        self._keep = keep
        self._clock = clock
        self._known: dict[str, tuple[datetime, T]] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, key: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer for `key`, asked for when there is none or it is too old. Raises what `ask` raises."""
        async with self._turns[key]:
            asked_at = self._clock()
            known = self._known.get(key)
            # A clock that was set back makes every answer old: its age cannot be told.
            if known and timedelta() <= asked_at - known[0] < self._keep:
                return known[1]
            answer = await ask()
            self._forget(asked_at)
            self._known[key] = (asked_at, answer)
            return answer

    def _forget(self, now: datetime) -> None:
        for key in [key for key, (at, _) in self._known.items() if now - at >= self._keep]:
            del self._known[key]
            if not self._turns[key].locked():
                del self._turns[key]
