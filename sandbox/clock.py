"""The sandbox's clock: the machine's, plus an offset that tests push forward."""

import asyncio
import time
from datetime import UTC, datetime


class Clock:
    """Tells the time of everything in the sandbox; `advance` moves it on and wakes whoever sleeps by it."""

    def __init__(self) -> None:
        self.offset_s = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.offset_s

    def now_ms(self) -> int:
        """Milliseconds since 1970, as DingTalk counts in frames and messages."""
        return int(self.now() * 1000)

    def iso(self) -> str:
        """The time as the storage interfaces write it, for example `2026-08-01T09:30Z`."""
        return datetime.fromtimestamp(self.now(), UTC).strftime("%Y-%m-%dT%H:%MZ")

    def advance(self, seconds: float) -> None:
        """Moves the time on by `seconds`; it never goes back."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self.offset_s += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep_until(self, when: float) -> None:
        """Returns once `now()` has reached `when`, however it got there."""
        while (left := when - self.now()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), left)
            except TimeoutError:
                continue
