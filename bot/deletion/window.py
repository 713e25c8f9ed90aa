"""How many batches of one space are under way at once: more while answers are good, half when the space is busy.

DingTalk refuses a write while another one keeps the space locked, and does not say how many it bears. Whoever
waits gets the next place in the order they came, so that jobs in one space share it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque

FIRST, MOST = 2, 8
"""Batches at once: at the beginning, and ever. Eight at 0.3 s an answer are more than 20 calls a second."""


class Window:
    """The window of one space."""

    def __init__(self) -> None:
        self.size = float(FIRST)
        self._under_way = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._calls = 0
        self._halved_at = 0

    async def enter(self) -> None:
        """Wait for a place, in order. Whoever has one must `leave`."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it had been let in already
                self.leave()
            raise

    def leave(self) -> None:
        self._under_way -= 1
        self._let_in()

    def call(self) -> int:
        """Count a call that is about to leave; its number goes to `busy`."""
        self._calls += 1
        return self._calls

    def good(self) -> None:
        """An answer without trouble: one place more for every round of them; for each, until the first lock."""
        self.size = min(self.size + (1 / self.size if self._halved_at else 1), MOST)
        self._let_in()

    def busy(self, call: int) -> None:
        """The space was locked. Calls that were under way together are one event, and halve it once."""
        if call > self._halved_at:
            self.size = max(self.size / 2, 1.0)
            self._halved_at = self._calls

    def _let_in(self) -> None:
        while self._queue and self._under_way < int(self.size):
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                self._under_way += 1


class Windows:
    """The windows of all spaces."""

    def __init__(self) -> None:
        self._windows: defaultdict[str, Window] = defaultdict(Window)

    def of(self, space_id: str) -> Window:
        return self._windows[space_id]
