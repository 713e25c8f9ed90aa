"""A click on a card: decided and answered within the 2 s DingTalk waits; everything else happens outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog

from bot.deletion.decisions import Shown
from bot.deletion.problems import DecisionRefused, UndoRefused
from bot.dingtalk.errors import DingTalkError
from bot.engine import AWAY, Payload
from bot.models import DecisionKind, Operator, Request, RequestState
from bot.store import CardKind, ShownCard
from cards import replies, votes
from cards.escape import Markdown
from cards.texts import Texts, texts
from handlers import excuses
from handlers.inbound import CardClick, InvalidMessage
from handlers.services import Services
from handlers.titles import title_of

log = structlog.get_logger()

TELL, DETAILS, UNDO = "tell", "details", "undo"
AGAIN_S = 30
"""From when on a press of a button that asks for something is another one, whatever became of the last."""
_LEAVE_THE_CARD = {"not_yours", "not_approver", "own_request", "left", "unchecked"}
"""Refusals that say nothing about the request: its card need not be shown anew."""
_DECISIONS: dict[CardKind, dict[str, DecisionKind]] = {
    "request": {"confirm": DecisionKind.CONFIRM, "cancel": DecisionKind.CANCEL},
    "approval": {"approve": DecisionKind.APPROVE, "reject": DecisionKind.REJECT},
    "result": {},
}
"""What the buttons of a card decide. A button that its card does not have was made up."""

Response = dict[str, Any]
"""The answer to a card callback: https://open.dingtalk.com/document/development/event-callback-card"""


async def handle(services: Services, data: dict[str, Any]) -> Response:
    """Check, decide, and answer with the new card; never with an exception."""
    try:
        click = CardClick.from_data(data)
    except InvalidMessage as exc:
        log.warning("click.invalid", missing=exc.missing)
        return {}
    with structlog.contextvars.bound_contextvars(out_track_id=click.out_track_id, user_id=click.user_id):
        try:
            with services.messenger.callbacks.answering(click.out_track_id):
                return await _answer(services, click)
        except AWAY as exc:
            log.error("database.failed", error=type(exc).__name__)
            return database_away(services)
        except Exception:
            log.exception("click.failed")
            return _private(replies.internal_error(texts("zh"), _request_id(click)))


def database_away(services: Services) -> Response:
    """The answer when nothing can be read, or nobody knows whether it was written."""
    return _private(replies.database_away(_language(services)))


def not_served() -> Response:
    """The answer to somebody of an organisation that the robot does not work for."""
    return _private(replies.other_organisation(texts("zh")))


def _language(services: Services) -> Texts:
    """For somebody of whose request nothing is known."""
    return texts("en" if services.language == "en" else "zh")


def _request_id(click: CardClick) -> str:
    """The request's number from the card's id, without the nonce behind it."""
    return next(iter(click.out_track_id.split(".")[2:3]), "")


@dataclass(frozen=True)
class Pressed:
    """A click on a card that is ours, with what is known about it."""

    click: CardClick
    request: Request
    card: ShownCard
    t: Texts


async def _answer(services: Services, click: CardClick) -> Response:
    found = await services.store.requests.pressed(click.out_track_id)
    if found is None:
        log.warning("click.unknown_card", corp_id=click.corp_id)
        await _note(services, click, "unknown_card")
        return _private(replies.card_unknown(_language(services)))
    request, card = found
    structlog.contextvars.bind_contextvars(request_id=request.id, msg_id=request.msg_id)
    log.info("click.received", button=click.action)
    pressed = Pressed(click, request, card, texts(request.language))
    if decision := _DECISIONS[card.kind].get(click.action):
        return await _decide(services, pressed, decision)
    return await _look(services, pressed)


async def _look(services: Services, pressed: Pressed) -> Response:
    """A button that decides nothing: details, or one that was made up."""
    click, request, t = pressed.click, pressed.request, pressed.t
    if click.corp_id != request.requester.corp_id:
        await _note(services, click, "outsider", request)
        return _private(replies.other_organisation(t))
    if click.action == "details":
        await _note(services, click, "details", request)
        return await _details(services, click, request, t)
    if click.action == "undo" and pressed.card.kind == "result":
        await _note(services, click, "undo", request)
        return await _undo(services, click, request, t)
    await _note(services, click, "unknown_button", request)
    return _private(replies.unknown_button(t))


async def _note(services: Services, click: CardClick, what: str, request: Request | None = None) -> None:
    """A click that decides nothing leaves its trace, too."""
    await services.store.audit.append(
        services.clock(),
        corp_id=click.corp_id,
        actor=click.user_id,
        event="click.noted",
        request_id=request.id if request else "",
        what=what,
        card=click.out_track_id,
        button=click.action,
    )


async def _decide(services: Services, pressed: Pressed, decision: DecisionKind) -> Response:
    click = pressed.click
    clicker = Operator(corp_id=click.corp_id, user_id=click.user_id, union_id="", name="")
    shown = Shown(digest=pressed.card.digest)
    try:
        decided = await services.decisions.decide(pressed.request.id, decision, clicker, shown)
    except DecisionRefused as refusal:
        return await _refused(services, pressed, decision, refusal)
    new = _public(await _card(services, decided, pressed.card.kind))
    if decided.state is RequestState.AWAITING_APPROVAL:
        return new | _private(votes.approval_counts(pressed.t, decided))
    return new


async def _refused(
    services: Services, pressed: Pressed, decision: DecisionKind, refusal: DecisionRefused
) -> Response:
    click = pressed.click
    said = excuses.decision(refusal, pressed.t, services.zone)
    if refusal.kind == "outsider" or refusal.request is None:
        return _private(said)
    if not _is_made_already(refusal.request, click, decision):
        _tell(services, click, refusal.kind, said)
    if refusal.kind in _LEAVE_THE_CARD:
        return _private(said)
    return _public(await _card(services, refusal.request, pressed.card.kind)) | _private(said)


def _is_made_already(request: Request, click: CardClick, decision: DecisionKind) -> bool:
    """Whether this person has decided just this: DingTalk delivers a click twice, and people press twice."""
    if decision in {DecisionKind.APPROVE, DecisionKind.REJECT}:
        approves = decision is DecisionKind.APPROVE
        return any(v.operator.user_id == click.user_id and v.approves is approves for v in request.votes)
    if request.stop_asked and decision is DecisionKind.CANCEL:
        return request.stop_asked.user_id == click.user_id
    by = request.decided_by
    cancelled = request.state is RequestState.CANCELLED
    return by is not None and by.user_id == click.user_id and cancelled == (decision is DecisionKind.CANCEL)


async def _card(services: Services, request: Request, kind: CardKind) -> dict[str, str]:
    show = services.announcer.approval if kind == "approval" else services.announcer.card
    return services.messenger.params(await show(request, await services.receipts.final(request)))


async def _details(services: Services, click: CardClick, request: Request, t: Texts) -> Response:
    """The list goes one-to-one, outside the callback; pressing again and again sends it once."""
    workflow_id = f"{DETAILS}:{request.id}:{click.user_id}:{_moment(services)}"
    await services.engine.start(DETAILS, workflow_id, {"request_id": request.id, "user_id": click.user_id})
    return _private(replies.details_sent(t, request.id))


async def _undo(services: Services, click: CardClick, request: Request, t: Texts) -> Response:
    """Whether this person may, now, is asked here; the question comes as a card of its own, once for all presses."""
    try:
        await services.undo.check(request.id, corp_id=click.corp_id, user_id=click.user_id)
    except UndoRefused as refusal:
        said = excuses.undo(refusal, t)
        _tell(services, click, f"{UNDO}:{refusal.kind}", said)
        return _private(said)
    number = await services.undo.presses(request.id)
    key = f"{UNDO}:{request.id}:{click.user_id}:{number}:{_moment(services)}"
    payload = {"request_id": request.id, "user_id": click.user_id, "key": key}
    await services.engine.start(UNDO, key, payload)
    return _private(replies.undo_asked(t, request.id))


def _moment(services: Services) -> int:
    return int(services.clock().timestamp() // AGAIN_S)


def _tell(services: Services, click: CardClick, kind: str, said: Markdown) -> None:
    """Say a refusal one-to-one as well: nobody knows whether private card data shows in every client.

    Once for each person, card and reason, since each message is a counted call. Not waited for: the answer to the
    click must not be late for it.
    """
    workflow_id = f"{TELL}:{click.out_track_id}:{click.user_id}:{kind}"
    services.engine.start_soon(TELL, workflow_id, {"user_id": click.user_id, "text": said})


async def tell(services: Services, payload: Payload) -> None:
    """The workflow of a sentence to one person."""
    try:
        await services.messenger.tell([payload["user_id"]], title_of(payload["text"]), payload["text"])
    except DingTalkError as exc:
        log.warning("tell.not_delivered", error=exc)


def _public(params: dict[str, str]) -> Response:
    """The new card for everybody; what the clicker alone was told about the old one goes."""
    return _private(params["tips"]) | {"cardData": {"cardParamMap": params}}


def _private(text: str) -> Response:
    """Something only the clicker sees, where the template declares the variable private.

    It is shown as it is, without Markdown; of that our sentences only have bold names.
    """
    return {
        "userPrivateData": {"cardParamMap": {"tips": text.replace("**", "")}},
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
    }
