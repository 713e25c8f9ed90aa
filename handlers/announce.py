"""What the core wants people to know, as cards and sentences in the language of the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

import structlog

from bot.deletion.lifecycle import REASON, STATE
from bot.dingtalk.errors import DingTalkError
from bot.messenger import Messenger, Place, Webhook
from bot.models import (
    AnyReceipt,
    Card,
    Entry,
    Operator,
    Progress,
    Receipt,
    Request,
    RequestState,
    RestoreReceipt,
)
from bot.store import CardKind, Store
from cards import job, votes
from cards.approval import approval_card
from cards.escape import Markdown
from cards.policy import why_line
from cards.request import MAX_ENTRIES, request_card
from cards.restore import restore_card, restored_card
from cards.result import result_card
from cards.texts import Texts, texts
from handlers.titles import title_of

log = structlog.get_logger()

_WORDS = {
    "zh": {
        "confirm": "确认",
        "cancel": "取消",
        "details": "明细",
        "approve": "批准",
        "reject": "驳回",
        "undo": "恢复",
    },
    "en": {
        "confirm": "confirm",
        "cancel": "cancel",
        "details": "details",
        "approve": "approve",
        "reject": "reject",
        "undo": "undo",
    },
}
_TOLD = {RequestState.CANCELLED, RequestState.EXPIRED, RequestState.REJECTED}
_PROVEN = {"confirm", "approve"}
"""What takes the code of the card, typed: it shows that the card was seen."""


class Build(Protocol):
    """What makes a card of a request in the state it is in."""

    def __call__(
        self,
        request: Request,
        entries: Sequence[Entry],
        t: Texts,
        zone: tzinfo,
        receipt: Receipt | None = None,
        *,
        why: str = "",
        under_way: Progress | None = None,
        calls_left: int | None = None,
    ) -> Card: ...


class CardAnnouncer:
    """The core's Announcer, and the questions to those who decide."""

    def __init__(
        self,
        messenger: Messenger,
        store: Store,
        zone: tzinfo,
        clock: Callable[[], datetime],
        *,
        allow_permanent: bool,
        monthly_calls: int,
    ) -> None:
        self._messenger = messenger
        self._store = store
        self._zone = zone
        self._clock = clock
        self._allow_permanent = allow_permanent
        self._monthly_calls = monthly_calls

    async def ask(self, request: Request, webhook: Webhook | None) -> None:
        """Post the cards that ask for the decision. Raises DingTalkError when one cannot be delivered in any form."""
        place = Place.of(request, webhook)
        await self._messenger.post(request, "request", await self.card(request), commands(request), place)
        if request.state is RequestState.AWAITING_APPROVAL:
            card = await self.approval(request)
            await self._messenger.post(request, "approval", card, commands(request), _of_approvers(request))

    async def ask_more(self, request: Request, people: Sequence[Operator]) -> None:
        user_ids = [person.user_id for person in people]
        try:
            card = await self.approval(request)
            await self._messenger.post_more(request, "approval", card, commands(request), user_ids)
        except DingTalkError as exc:
            await self._lost(request, "approval", exc)
        if request.escalated:
            said = votes.escalation(texts(request.language), request, self._zone, _first(request, people))
            await self._tell(request, user_ids, said)

    async def reminded(self, request: Request) -> None:
        voted = {vote.operator.user_id for vote in request.votes}
        silent = [person.user_id for person in request.asked if person.user_id not in voted]
        said = votes.reminder(texts(request.language), request, self._zone, self._clock())
        await self._tell(request, silent, said)

    async def result(self, receipt: AnyReceipt) -> None:
        request, t = receipt.request, texts(receipt.request.language)
        if isinstance(receipt, RestoreReceipt):
            card = restored_card(receipt, t, self._zone)
        else:
            card = result_card(receipt, t, self._zone, allow_permanent=self._allow_permanent)
        also = [request.requester.user_id] if request.ruling.answer == "approve" else []
        try:
            await self._messenger.post(
                request, "result", card, commands(request), Place.of(request, also=also)
            )
        except DingTalkError as exc:
            await self._lost(request, "result", exc)

    async def undone(self, receipt: Receipt) -> None:
        request, t = receipt.request, texts(receipt.request.language)
        undone = await self._store.restores.undone(request.id)
        came_back = {RequestState.DONE, RequestState.PARTLY_DONE}
        if not (undone.is_all or any(restore.state in came_back for restore in undone.restores)):
            return
        card = result_card(
            receipt,
            t,
            self._zone,
            allow_permanent=self._allow_permanent,
            undone_by=undone.restores,
            is_undone=undone.is_all,
        )
        await self._update(request, "result", card)

    async def changed(self, request: Request, receipt: AnyReceipt | None = None) -> None:
        await self._update(request, "request", await self.card(request, receipt))
        if request.ruling.answer == "approve":
            await self._update(request, "approval", await self.approval(request, receipt))

    async def under_way(self, request: Request, progress: Progress) -> None:
        if self._messenger.progress_source:  # then the cards ask by themselves
            return
        await self._update(request, "request", await self._built(request_card, request, None, progress))
        if request.ruling.answer == "approve":
            await self._update(request, "approval", await self._built(approval_card, request, None, progress))

    async def paused(self, request: Request, progress: Progress) -> None:
        said = job.rests(request, progress, texts(request.language))
        try:
            await self._messenger.say(request, title_of(said), said)
        except DingTalkError as exc:
            await self._lost(request, "message", exc)

    async def told(self, request: Request, what: str) -> None:
        t = texts(request.language)
        requester = [request.requester.user_id]
        if what == REASON:
            await self._tell(request, requester, votes.told_reason(t, request, self._zone))
            return
        if what != STATE or request.ruling.answer != "approve" or request.state not in _TOLD:
            return  # what is still open was news only of how far it is, and what was done its job tells
        if request.state is not RequestState.CANCELLED:  # that was the requester
            await self._tell(request, requester, votes.told(t, request, self._zone))
        rejection = request.rejection
        if rejection and not rejection.reason and request.state is RequestState.REJECTED:
            await self._tell(request, [rejection.operator.user_id], votes.rejected(t, request))

    async def card(self, request: Request, receipt: AnyReceipt | None = None) -> Card:
        """The requester's card in the state the request is in."""
        return await self._built(request_card, request, receipt)

    async def approval(self, request: Request, receipt: AnyReceipt | None = None) -> Card:
        """The card of those who are asked, in the state the request is in."""
        return await self._built(approval_card, request, receipt)

    async def _built(
        self, build: Build, request: Request, receipt: AnyReceipt | None, under_way: Progress | None = None
    ) -> Card:
        under_way = under_way or await self._under_way(request)
        entries = await self._store.requests.entries(request.id, targets_only=True, limit=MAX_ENTRIES)
        t = texts(request.language)
        left = await self._calls_left(request)
        if request.is_restore or isinstance(receipt, RestoreReceipt):
            account = receipt if isinstance(receipt, RestoreReceipt) else None
            return restore_card(
                request, entries, t, self._zone, account, under_way=under_way, calls_left=left
            )
        return build(
            request,
            entries,
            t,
            self._zone,
            receipt,
            why=_why(request, t),
            under_way=under_way,
            calls_left=left,
        )

    async def _under_way(self, request: Request) -> Progress | None:
        """How far a job is that is long enough to say; None where the card asks by itself."""
        is_long = request.state is RequestState.RUNNING and request.is_long
        if not is_long or self._messenger.progress_source:
            return None
        return await self._store.jobs.progress(request, at=self._clock())

    async def _calls_left(self, request: Request) -> int | None:
        """What the month still has; None where it does not matter or there is no limit."""
        if not (request.state.is_open and self._monthly_calls and request.plan_calls):
            return None
        used = await self._store.meter.month(self._clock())
        return self._monthly_calls - sum(used.values())

    async def _update(self, request: Request, kind: CardKind, card: Card) -> None:
        try:
            await self._messenger.update(request, kind, card)
        except DingTalkError as exc:
            await self._lost(request, kind, exc)

    async def _tell(self, request: Request, user_ids: Sequence[str], said: Markdown) -> None:
        if not user_ids:
            return
        try:
            await self._messenger.tell(user_ids, title_of(said), said, about=request)
        except DingTalkError as exc:
            await self._lost(request, "message", exc)

    async def _lost(self, request: Request, card: str, exc: DingTalkError) -> None:
        """A card that does not arrive changes nothing about what was done; the trail says that it is missing."""
        log.error("card.not_delivered", card=card, request_id=request.id, error=exc)
        await self._store.audit.append(
            self._clock(),
            corp_id=request.requester.corp_id,
            actor="dingsweep",
            event="card.not_delivered",
            request_id=request.id,
            card=card,
            error=exc.code,
        )


def _why(request: Request, t: Texts) -> Markdown:
    names = {f"user:{person.user_id}": person.name for person in request.asked}
    here = {
        "conversations": request.conversation.title,
        "spaces": request.space.name,
        "users": request.requester.name,
    }
    why = [
        condition.model_copy(update={"value": (here[condition.kind],)})
        if here.get(condition.kind)
        else condition
        for condition in request.ruling.why
    ]  # of the places and people the rule lists, the one that this is about, by name
    return why_line(request.ruling.model_copy(update={"why": tuple(why)}), t, names)


def _of_approvers(request: Request) -> Place:
    people = [person.user_id for person in request.asked]
    if request.ruling.ask_in == "conversation" and request.conversation.kind == "group":
        return Place(request.conversation, recipients=people)
    return Place(people=people)


def _first(request: Request, more: Sequence[Operator]) -> list[Operator]:
    added = {person.user_id for person in more}
    return [person for person in request.asked if person.user_id not in added]


def commands(request: Request) -> Mapping[str, str]:
    """What the buttons send where cards cannot be clicked: the same, typed, with the proof of having seen it."""
    return {
        kind: f"{word} {request.id} {request.nonce}" if kind in _PROVEN else f"{word} {request.id}"
        for kind, word in _WORDS[request.language].items()
    }
