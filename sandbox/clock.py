"""The sandbox's clock: the machine's, plus an offset that tests push forward."""

import asyncio
import time
from contextlib import suppress

LATEST_S = 32_503_680_000.0
"""The year 3000, before which the clock stops: times must still be dates."""


class Clock:
    """Tells the time of everything in the sandbox; `advance` moves it on and wakes whoever sleeps by it."""

    def __init__(self) -> None:
        self.offset_s = 0.0
        self._woken = asyncio.Event()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.offset_s

    def now_ms(self) -> int:
        """Milliseconds since 1970, as DingTalk counts in frames and messages."""
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        """Moves the time on by `seconds`; it never goes back, nor beyond the year 2999. Raises ValueError."""
        if not seconds >= 0:
            raise ValueError("the clock only moves forward")
        if self.now() + seconds >= LATEST_S:
            raise ValueError("the clock ends with the year 2999")
        self.offset_s += seconds
        self.wake()

    def wake(self) -> None:
        """Lets everybody who sleeps by this clock look again whether their time has come."""
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()

    async def sleep_until(self, when: float) -> None:
        """Returns once `now()` has reached `when`, however it got there."""
        while self.now() < when:
            await self.nap_until(when)

    async def nap_until(self, when: float | None) -> None:
        """As `sleep_until` (None: for ever), but returns at `advance` and `wake` too."""
        left = None if when is None else max(0.0, when - self.now())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), left)
