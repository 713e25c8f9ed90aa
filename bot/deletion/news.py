"""What follows from a change that no job follows up: cards agree with it, and those concerned hear of it."""

from __future__ import annotations

import structlog

from bot.deletion.announcer import Announcer
from bot.deletion.job import Jobs
from bot.deletion.lifecycle import STATE
from bot.engine import Engine, Payload
from bot.store import Store

log = structlog.get_logger()


class News:
    """Spreads changes as durable workflows, one for each."""

    def __init__(self, store: Store, announcer: Announcer, jobs: Jobs, engine: Engine) -> None:
        self._store = store
        self._announcer = announcer
        self._jobs = jobs
        self._engine = engine

    async def spread(self, payload: Payload) -> None:
        """The workflow: cards first, then words.

        A change that came while the cards were being brought to an older one is shown before this ends, whoever is
        to spread it: of two that write the same card the slower one must not have the last word.
        """
        request = await self._store.requests.get(payload["request_id"])
        shown = None
        while request and request != shown:
            receipt = await self._jobs.receipt(request) if request.state.has_receipt else None
            await self._announcer.changed(request, receipt)
            shown, request = request, await self._store.requests.get(request.id)
        if request is None:
            return

        what, now = payload.get("what", STATE), request

        async def tell() -> None:
            await self._announcer.told(now, what)

        await self._engine.step("tell", tell)
        await self._store.requests.told(request)
