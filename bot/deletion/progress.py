"""Shows how far a job is while it runs, as long as that is worth a counted call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from bot.deletion.announcer import Announcer
from bot.deletion.lifecycle import Clock
from bot.models import Progress, Request, RequestState
from bot.store import Store

log = structlog.get_logger()

EVERY_S = 5.0
"""The shortest time between two updates of a card."""
STEP = 0.1
"""How much further it must be to be worth one: so no job pays for more than ten."""
WORTH_S = 10.0
"""What takes less than that is told by its result."""


class Teller:
    """Tells of running jobs."""

    def __init__(self, announcer: Announcer, store: Store, clock: Clock) -> None:
        self._announcer = announcer
        self._store = store
        self._clock = clock

    @asynccontextmanager
    async def telling(self, request: Request) -> AsyncIterator[None]:
        """Tell of this job for as long as the block takes; no update is under way any more when it is left.

        Telling is a courtesy: that it fails is nothing to the job.
        """
        over = asyncio.Event()
        telling = asyncio.create_task(self._tell(request, over))
        try:
            yield
        finally:
            over.set()
            await asyncio.wait([telling])

    async def _tell(self, request: Request, over: asyncio.Event) -> None:
        shown, is_stopping = 0, False
        while not await _is_set(over, EVERY_S):
            try:
                now = await self._store.requests.get(request.id)
                if now is None or now.state is not RequestState.RUNNING:
                    return
                progress = await self._store.jobs.progress(now, at=self._clock())
                if is_worth_telling(progress, shown) or bool(now.stop_asked) > is_stopping:
                    await self._announcer.under_way(now, progress)
                    shown, is_stopping = progress.targets, bool(now.stop_asked)
            except Exception:
                log.exception("progress.not_told")


def is_worth_telling(progress: Progress, shown: int) -> bool:
    """Whether a card that says `shown` targets is worth a call."""
    is_further = progress.targets - shown >= STEP * progress.of_targets
    return is_further and (progress.left_s is None or progress.left_s >= WORTH_S)


async def _is_set(event: asyncio.Event, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False
