"""Where requests stand, and who the robot thinks somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import (
    AnyReceipt,
    Conversation,
    Operator,
    Progress,
    Receipt,
    Request,
    RequestState,
    RestoreReceipt,
    Space,
)
from cards.account import summary
from cards.decision import asked_line, begun_too_late, decision, is_voted, state_line, voted_line
from cards.entries import amount
from cards.escape import Markdown
from cards.fit import NAME_BYTES, SPACE_BYTES, TEXT_BYTES, paragraphs, short
from cards.job import progress_line
from cards.restore import restore_line
from cards.texts import Texts
from cards.undone import undone_lines

MAX_REQUESTS = 20

_STATES = {
    RequestState.AWAITING_CONFIRMATION: "status.awaiting_confirmation",
    RequestState.AWAITING_APPROVAL: "status.awaiting_approval",
    RequestState.APPROVED: "status.approved",
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
    if request.is_restore and request.state in {RequestState.APPROVED, RequestState.RUNNING}:
        return t("status.restoring")
    if request.state is RequestState.APPROVED and not is_voted(request):
        return t("status.running")  # it begins at once
    return t(_STATES[request.state])


def status_text(
    request: Request,
    t: Texts,
    zone: tzinfo,
    receipt: AnyReceipt | None = None,
    under_way: Progress | None = None,
    *,
    undone_by: Sequence[Request] = (),
) -> Markdown:
    """One request: where it stands, what it is about, until when or since when, and what came of it.

    `undone_by` are restores of it.
    """
    return paragraphs(
        (
            row(request, t),
            t(
                "status.asked",
                name=short(request.requester.name, NAME_BYTES),
                time=t.clock(request.created_at, zone),
                date=t.date(request.created_at, zone),
            ),
            t("preview.reason", reason=short(request.reason, TEXT_BYTES)) if request.reason.strip() else "",
            *_standing(request, t, zone, receipt),
            progress_line(request, under_way, t) if under_way else "",
            *undone_lines(request, _deleted(request, receipt), undone_by, t, zone),
            t("status.see_details", id=request.id),
        )
    )


def status_list(requests: Sequence[Request], t: Texts) -> Markdown:
    """Several requests, a line each, the order as given; at most the first MAX_REQUESTS."""
    if not requests:
        return t("status.none")
    hidden = len(requests) - MAX_REQUESTS
    rows = [row(request, t) for request in requests[:MAX_REQUESTS]]
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


def row(request: Request, t: Texts) -> Markdown:
    """One request in a line: number, state, what it is about."""
    if request.is_restore:
        return t(
            "status.row_restore",
            id=request.id,
            state=state_word(request, t),
            undoes=request.undoes,
            space=short(request.space.name, SPACE_BYTES),
            amount=amount(t, request.totals.dentries, request.totals.size_bytes),
        )
    return t(
        "status.row" if request.to_recycle_bin else "status.row_permanent",
        id=request.id,
        state=state_word(request, t),
        space=short(request.space.name, SPACE_BYTES),
        amount=amount(t, request.totals.dentries, request.totals.size_bytes),
    )


def _deleted(request: Request, receipt: AnyReceipt | None) -> int:
    return receipt.deleted_dentries if isinstance(receipt, Receipt) else request.totals.dentries


def _standing(request: Request, t: Texts, zone: tzinfo, receipt: AnyReceipt | None) -> Sequence[str]:
    """How far it is, and what came of it."""
    if request.is_restore or isinstance(receipt, RestoreReceipt):
        return (restore_line(request, t, zone, receipt if isinstance(receipt, RestoreReceipt) else None),)
    return *_progress(request, t, zone), summary(receipt, t) if receipt else ""


def _progress(request: Request, t: Texts, zone: tzinfo) -> Sequence[str]:
    """Who is asked and how far it is, who decided, or by which clock it ended."""
    time = t.clock(request.expires_at, zone, since=request.created_at)
    match request.state:
        case RequestState.AWAITING_CONFIRMATION:
            return (t("status.open_until", time=time),)
        case RequestState.AWAITING_APPROVAL:
            return asked_line(request, t), voted_line(request, t, zone), t("status.open_until", time=time)
        case RequestState.EXPIRED if request.stop_asked:
            return (state_line(request, t, zone),)
        case RequestState.EXPIRED if is_voted(request) or begun_too_late(request):
            voted = "" if begun_too_late(request) else voted_line(request, t, zone)
            return voted, state_line(request, t, zone)
        case RequestState.EXPIRED:
            return (t("status.expired_at", time=time),)
        case RequestState.REJECTED:
            return voted_line(request, t, zone), state_line(request, t, zone)
        case RequestState.APPROVED if is_voted(request):
            return (state_line(request, t, zone),)
        case _:
            return (decision(request, t, zone),)
