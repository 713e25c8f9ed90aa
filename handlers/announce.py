"""What the core wants people to know, as cards in the language of the request."""

from __future__ import annotations

from datetime import tzinfo

import structlog

from bot.dingtalk.errors import DingTalkError
from bot.messenger import Messenger, Webhook
from bot.models import Card, Receipt, Request, RequestState
from bot.store import Store
from cards.request import MAX_ENTRIES, request_card
from cards.result import result_card
from cards.texts import texts

log = structlog.get_logger()

_WORDS = {
    "zh": {"confirm": "确认", "cancel": "取消", "details": "明细"},
    "en": {"confirm": "confirm", "cancel": "cancel", "details": "details"},
}


class CardAnnouncer:
    """The core's Announcer, and the question to the requester."""

    def __init__(self, messenger: Messenger, store: Store, zone: tzinfo, *, allow_permanent: bool) -> None:
        self._messenger = messenger
        self._store = store
        self._zone = zone
        self._allow_permanent = allow_permanent

    async def ask(self, request: Request, webhook: Webhook) -> None:
        """Post the card that asks for the decision. Raises DingTalkError when it cannot be delivered in any form."""
        card = await self.card(request)
        await self._messenger.post(request, "request", card, commands(request), webhook)

    async def result(self, receipt: Receipt) -> None:
        request = receipt.request
        card = result_card(
            receipt, texts(request.language), self._zone, allow_permanent=self._allow_permanent
        )
        try:
            await self._messenger.post(request, "result", card, commands(request))
        except DingTalkError as exc:
            await self._lost(request, "result", exc)

    async def closed(self, request: Request, receipt: Receipt | None = None) -> None:
        try:
            await self._messenger.update(request, "request", await self.card(request, receipt))
        except DingTalkError as exc:
            await self._lost(request, "request", exc)

    async def card(self, request: Request, receipt: Receipt | None = None) -> Card:
        """The request's card in the state it is in."""
        entries = await self._store.requests.entries(request.id, targets_only=True, limit=MAX_ENTRIES)
        return request_card(request, entries, texts(request.language), self._zone, receipt)

    async def _lost(self, request: Request, card: str, exc: DingTalkError) -> None:
        """A card that does not arrive changes nothing about what was done; the trail says that it is missing."""
        log.error("card.not_delivered", card=card, request_id=request.id, error=str(exc))
        await self._store.audit.append(
            request.finished_at or request.created_at,
            corp_id=request.requester.corp_id,
            actor="dingsweep",
            event="card.not_delivered",
            request_id=request.id,
            card=card,
            error=exc.code,
        )


def commands(request: Request) -> dict[str, str]:
    """What the buttons send where cards cannot be clicked: the same, typed, with the proof of having seen it."""
    words = _WORDS[request.language]
    typed = {"details": f"{words['details']} {request.id}"}
    if request.state is RequestState.AWAITING_CONFIRMATION:
        for kind in ("confirm", "cancel"):
            typed[kind] = f"{words[kind]} {request.id} {request.nonce}"
    return typed
