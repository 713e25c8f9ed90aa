"""What follows from a change that no job follows up: cards agree with it, and those concerned hear of it."""

from __future__ import annotations

import structlog

from bot.channels import NoticeEvent
from bot.deletion.announcer import Announcer
from bot.deletion.lifecycle import STATE
from bot.deletion.receipts import Receipts
from bot.engine import Payload, Workflows
from bot.models import Request, RequestState
from bot.notices import Notices
from bot.store import Store

log = structlog.get_logger()


_EVENTS: dict[RequestState, NoticeEvent] = {
    RequestState.REJECTED: "rejected",
    RequestState.EXPIRED: "expired",
    RequestState.CANCELLED: "cancelled",
}
"""What channels hear of from here; what is approved and done they hear of from its job."""


class News:
    """Spreads changes as durable workflows, one for each."""

    def __init__(
        self, store: Store, announcer: Announcer, receipts: Receipts, notices: Notices, engine: Workflows
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._receipts = receipts
        self._notices = notices
        self._engine = engine

    async def spread(self, payload: Payload) -> None:
        """The workflow: cards first, then words.

        A change that came while the cards were being brought to an older one is shown before this ends, whoever is
        to spread it: of two that write the same card the slower one must not have the last word.
        """
        structlog.contextvars.bind_contextvars(request_id=payload["request_id"])
        request = await self._store.requests.get(payload["request_id"])
        shown = None
        if request:
            structlog.contextvars.bind_contextvars(msg_id=request.msg_id)
        while request and request != shown:
            await self._announcer.changed(request, await self._receipts.final(request))
            shown, request = request, await self._store.requests.get(request.id)
        if request is None:
            return

        what, now = payload.get("what", STATE), request

        async def tell() -> None:
            if what == STATE and (event := _EVENTS.get(now.state)):
                await self._notices.add(event, now, actor=_actor(now), note=_note(now))
            await self._announcer.told(now, what)

        await self._engine.step("tell", tell)
        await self._store.requests.told(request)


def _actor(request: Request) -> str:
    if request.state is RequestState.EXPIRED or request.decided_by is None:
        return ""
    return request.decided_by.name


def _note(request: Request) -> str:
    return request.rejection.reason if request.rejection else ""
