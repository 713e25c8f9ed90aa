"""Where requests stand, and who the robot thinks somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import Conversation, Operator, Receipt, Request, RequestState, Space
from cards.account import summary
from cards.entries import amount
from cards.escape import Markdown
from cards.fit import paragraphs, short
from cards.request import NAME_BYTES, REASON_BYTES, SPACE_BYTES, decision
from cards.texts import Texts

MAX_REQUESTS = 20

_STATES = {
    RequestState.AWAITING_CONFIRMATION: "status.awaiting_confirmation",
    RequestState.AWAITING_APPROVAL: "status.awaiting_approval",
    RequestState.APPROVED: "status.running",
    RequestState.RUNNING: "status.running",
    RequestState.DONE: "status.done",
    RequestState.PARTLY_DONE: "status.partly_done",
    RequestState.FAILED: "status.failed",
    RequestState.CANCELLED: "status.cancelled",
    RequestState.REJECTED: "status.rejected",
    RequestState.EXPIRED: "status.expired",
}


def state_word(request: Request, t: Texts) -> Markdown:
    """Waiting for confirmation, done, cancelled: the state in a word or two."""
    return t(_STATES[request.state])


def status_text(request: Request, t: Texts, zone: tzinfo, receipt: Receipt | None = None) -> Markdown:
    """One request: where it stands, what it is about, until when or since when, and what came of it."""
    return paragraphs(
        (
            _row(request, t),
            t(
                "status.asked",
                name=short(request.requester.name, NAME_BYTES),
                time=t.clock(request.created_at, zone),
                date=t.date(request.created_at, zone),
            ),
            t("preview.reason", reason=short(request.reason, REASON_BYTES)) if request.reason.strip() else "",
            _progress(request, t, zone),
            summary(receipt, t) if receipt else "",
            t("status.see_details", id=request.id),
        )
    )


def status_list(requests: Sequence[Request], t: Texts) -> Markdown:
    """Several requests, a line each, the order as given; at most the first MAX_REQUESTS."""
    if not requests:
        return t("status.none")
    hidden = len(requests) - MAX_REQUESTS
    rows = [_row(request, t) for request in requests[:MAX_REQUESTS]]
    return paragraphs((*rows, t("list.more", n=hidden) if hidden > 0 else ""))


def whoami_text(operator: Operator, conversation: Conversation, space: Space | None, t: Texts) -> Markdown:
    """The person and the place as the robot sees them, with the ids that settings ask for."""
    return paragraphs(
        (
            t("whoami.person", name=operator.name),
            t("whoami.ids", user_id=operator.user_id, corp_id=operator.corp_id),
            t("whoami.conversation", conversation_id=conversation.id),
            t("whoami.space", space=space.name, space_id=space.id) if space else t("whoami.no_space"),
        )
    )


def _row(request: Request, t: Texts) -> Markdown:
    return t(
        "status.row" if request.to_recycle_bin else "status.row_permanent",
        id=request.id,
        state=state_word(request, t),
        space=short(request.space.name, SPACE_BYTES),
        amount=amount(t, request.totals.dentries, request.totals.size_bytes),
    )


def _progress(request: Request, t: Texts, zone: tzinfo) -> str:
    if request.state.is_open or request.state is RequestState.EXPIRED:
        key = "status.open_until" if request.state.is_open else "status.expired_at"
        return t(key, time=t.clock(request.expires_at, zone, since=request.created_at))
    return decision(request, t, zone)
