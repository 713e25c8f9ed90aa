"""The card callbacks that wait for their answer here.

DingTalk forbids updating a card while one of its callbacks is open, and the answer to a callback is itself an
update: one that overtook it would be overwritten by it. So an update waits until the answers are out.
https://open.dingtalk.com/document/development/event-callback-card
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

SETTLE_S = 0.2
"""From the answer's leaving here to its being shown; it travels another way than the update."""


class OpenCallbacks:
    """Counts them by card. Those that other replicas answer are not known here."""

    def __init__(self, *, settle_s: float = SETTLE_S) -> None:
        self._settle_s = settle_s
        self._open: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def answering(self, out_track_id: str) -> Iterator[None]:
        """For as long as a callback of this card is being answered."""
        done = asyncio.Event()
        self._open.setdefault(out_track_id, set()).add(done)
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(self._settle_s, self._close, out_track_id, done)

    async def answered(self, out_track_id: str) -> None:
        """Returns once no callback of this card is open."""
        while waiting := self._open.get(out_track_id):
            await next(iter(waiting)).wait()

    def _close(self, out_track_id: str, done: asyncio.Event) -> None:
        waiting = self._open[out_track_id]
        waiting.discard(done)
        if not waiting:
            del self._open[out_track_id]
        done.set()
