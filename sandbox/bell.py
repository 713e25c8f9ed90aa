"""Waiting for something to be true: what lets a test long-poll instead of sleeping."""

import asyncio
from collections.abc import Callable


class Bell:
    """Rung whenever something changed; `until` waits for a condition and looks again at every ring.

    `rings` counts them; with this bell the one `beyond` it rings, too.
    """

    def __init__(self) -> None:
        self.rings = 0
        self.beyond: Bell | None = None
        self._rung = asyncio.Event()
        self._closed = False

    def ring(self) -> None:
        """Wakes everybody who waits."""
        self.rings += 1
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()
        if self.beyond is not None:
            self.beyond.ring()

    @property
    def closed(self) -> bool:
        """Whether nobody may wait for it any more."""
        return self._closed

    def close(self) -> None:
        """Lets nobody wait any longer: for those who do, time is up."""
        self._closed = True
        self.ring()

    async def until(self, ready: Callable[[], bool], seconds: float) -> bool:
        """Returns True once `ready()` holds, False when it does not in `seconds` of real time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not ready():
            left = deadline - loop.time()
            if left <= 0 or self._closed:
                return False
            rung = self._rung
            try:
                await asyncio.wait_for(rung.wait(), left)
            except TimeoutError:
                continue
        return True
