"""A click on a card: decided and answered within the 2 s DingTalk waits; everything else happens outside."""

from __future__ import annotations

from typing import Any

import structlog

from bot.deletion.problems import DecisionRefused
from bot.dingtalk.errors import DingTalkError
from bot.engine import Payload
from bot.messenger import card_params
from bot.models import DecisionKind, Operator, Request, RequestState
from cards import replies
from cards.escape import Markdown
from cards.texts import Texts, texts
from handlers import excuses
from handlers.inbound import CardClick, InvalidMessage
from handlers.messages import title_of
from handlers.requests import pages_of, portion
from handlers.services import Services

log = structlog.get_logger()

TELL, DETAILS = "tell", "details"
DETAILS_AGAIN_S = 30
_DECISIONS = {"confirm": DecisionKind.CONFIRM, "cancel": DecisionKind.CANCEL}

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
        except Exception:
            log.exception("click.failed")
            return _private(replies.internal_error(texts("zh"), _request_id(click)))


def _request_id(click: CardClick) -> str:
    """The request's number from the card's id, without the nonce behind it."""
    return next(iter(click.out_track_id.split(".")[2:3]), "")


async def _answer(services: Services, click: CardClick) -> Response:
    request = await services.store.requests.by_card(click.out_track_id)
    if request is None:
        log.warning("click.unknown_card", corp_id=click.corp_id)
        t = texts("en" if services.language == "en" else "zh")
        return _private(replies.card_unknown(t))
    t = texts(request.language)
    if decision := _DECISIONS.get(click.action):
        return await _decide(services, click, request, decision, t)
    if click.corp_id != request.requester.corp_id:
        return _private(replies.other_organisation(t))
    if click.action == "details":
        return await _details(services, click, request, t)
    log.warning("click.unknown_button", action=click.action)
    return _private(replies.unknown_button(t))


async def _decide(
    services: Services, click: CardClick, request: Request, decision: DecisionKind, t: Texts
) -> Response:
    try:
        decided = await services.lifecycle.decide(request.id, decision, _clicker(click, request))
    except DecisionRefused as refusal:
        said = excuses.decision(refusal, t, services.zone)
        if refusal.kind == "outsider" or refusal.request is None:
            return _private(said)
        if not _is_made_already(refusal.request, click, decision):
            await _tell(services, click, refusal.kind, said)
        if refusal.kind == "not_yours":
            return _private(said)
        return _public(await _card(services, refusal.request)) | _private(said)
    return _public(await _card(services, decided))


def _is_made_already(request: Request, click: CardClick, decision: DecisionKind) -> bool:
    """Whether this person has decided just this: DingTalk delivers a click twice, and people press twice."""
    by = request.decided_by
    cancelled = request.state is RequestState.CANCELLED
    return by is not None and by.user_id == click.user_id and cancelled == (decision is DecisionKind.CANCEL)


def _clicker(click: CardClick, request: Request) -> Operator:
    """The requester as known; of anybody else only the id, which is all it takes to refuse them."""
    requester = request.requester
    if (click.corp_id, click.user_id) == (requester.corp_id, requester.user_id):
        return requester
    return Operator(corp_id=click.corp_id, user_id=click.user_id, union_id="", name="")


async def _card(services: Services, request: Request) -> dict[str, str]:
    receipt = await services.jobs.receipt(request) if request.state.has_receipt else None
    return card_params(await services.announcer.card(request, receipt))


async def _details(services: Services, click: CardClick, request: Request, t: Texts) -> Response:
    """The list goes one-to-one, outside the callback; pressing again and again sends it once."""
    moment = int(services.clock().timestamp() // DETAILS_AGAIN_S)
    workflow_id = f"{DETAILS}:{request.id}:{click.user_id}:{moment}"
    await services.engine.start(DETAILS, workflow_id, {"request_id": request.id, "user_id": click.user_id})
    return _private(replies.details_sent(t, request.id))


async def _tell(services: Services, click: CardClick, kind: str, said: Markdown) -> None:
    """Say a refusal one-to-one as well: nobody knows whether private card data shows in every client.

    Once for each person, card and reason, since each message is a counted call.
    """
    workflow_id = f"{TELL}:{click.out_track_id}:{click.user_id}:{kind}"
    await services.engine.start(TELL, workflow_id, {"user_id": click.user_id, "text": said})


async def tell(services: Services, payload: Payload) -> None:
    """The workflow of a sentence to one person."""
    try:
        await services.messenger.tell(payload["user_id"], title_of(payload["text"]), payload["text"])
    except DingTalkError as exc:
        log.warning("tell.not_delivered", error=str(exc))


async def send_details(services: Services, payload: Payload) -> None:
    """The workflow of a full list to one person, in as many messages as it takes, within reason."""
    request = await services.store.requests.get(payload["request_id"])
    if request is None:
        return
    t = texts(request.language)
    for text in portion(request, await pages_of(services, request, t), t):
        await tell(services, {"user_id": payload["user_id"], "text": text})


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
