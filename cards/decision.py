"""How far a request is, in a line: who is asked, who decided what and when, what came of it."""

from __future__ import annotations

from datetime import datetime, tzinfo

from bot.models import Operator, Receipt, Request, RequestState
from cards.account import summary
from cards.escape import Markdown
from cards.fit import NAME_BYTES, WHOLE, Room, short
from cards.people import approvers, names
from cards.texts import Texts

_LINES = {
    RequestState.APPROVED: "state.running",
    RequestState.RUNNING: "state.running",
    RequestState.CANCELLED: "state.cancelled",
    RequestState.REJECTED: "state.rejected",
    RequestState.DONE: "state.done",
    RequestState.PARTLY_DONE: "state.partly_done",
    RequestState.FAILED: "state.failed",
}
_BY_NOBODY = {"decision.run", "decision.withdrawn", "decision.rested"}


def is_voted(request: Request) -> bool:
    """Whether others decide, or decided, and not the requester."""
    return request.ruling.answer == "approve" or request.state is RequestState.AWAITING_APPROVAL


def missing(request: Request) -> int:
    """How many more approvals it needs."""
    return max(_needed(request) - len(request.approvals), 0)


def decision(request: Request, t: Texts, zone: tzinfo, most: int = WHOLE.names) -> Markdown:
    """Who decided what, when: **Manager Li** approved at 14:05; everybody who approved when several did."""
    key = _key(request)
    if key in _BY_NOBODY:
        return t(key)
    if key == "decision.approved" and len(request.approvals) > 1:
        return t("decision.approved_by", people=approvers(request, t, zone, most))
    who, at = _decider(request, key)
    name = short(who.name, NAME_BYTES)
    return t(key, name=name, time=t.clock(at, zone, since=request.created_at))


def asked_line(request: Request, t: Texts, most: int = WHOLE.names) -> Markdown:
    """Who is asked to approve, and how many of them it takes."""
    needed = _needed(request)
    if not request.asked:
        return t("asked.needed", n=needed)
    people = names(request.asked, t, most)
    if len(request.asked) == 1:
        return t("asked.one", people=people)
    if needed >= len(request.asked):
        return t("asked.all", people=people)
    return t("asked.any", n=needed, people=people)


def voted_line(request: Request, t: Texts, zone: tzinfo, most: int = WHOLE.names) -> str:
    """Who approved while that did not decide: 1 of 2 approved: **Li** (14:05). Empty when nobody did."""
    if not request.approvals:
        return ""
    people = approvers(request, t, zone, most)
    return t("asked.progress", n=_needed(request), done=len(request.approvals), people=people)


def state_line(
    request: Request, t: Texts, zone: tzinfo, receipt: Receipt | None = None, room: Room = WHOLE
) -> Markdown:
    """The line a card gains by the state it is in; for one that waits for approval, who is asked."""
    match request.state:
        case RequestState.AWAITING_CONFIRMATION | RequestState.AWAITING_APPROVAL:
            return asked_line(request, t, room.names)
        case RequestState.EXPIRED:
            return _expired(request, t, zone, room)
        case RequestState.RUNNING if request.stop_asked:
            return stopping_line(request, t, decision(request, t, zone, room.names))
        case RequestState.RUNNING if request.paused:
            return t("state.resting", decision=decision(request, t, zone, room.names))
        case RequestState.REJECTED if request.rejection and request.rejection.reason.strip():
            return t(
                "state.rejected_because",
                decision=decision(request, t, zone),
                reason=short(request.rejection.reason, room.text_bytes),
            )
        case RequestState.APPROVED if is_voted(request) and request.run_before:
            return t(
                "state.approved",
                decision=decision(request, t, zone, room.names),
                time=t.clock(request.run_before, zone, since=request.created_at),
            )
        case state:
            return t(
                _LINES[state],
                decision=decision(request, t, zone, room.names),
                summary=summary(receipt, t) if receipt else t("summary.see_result"),
            )


def stopping_line(request: Request, t: Texts, decided: Markdown) -> Markdown:
    """That it stops, and who wants that unless it is they who had decided."""
    by = request.stop_asked
    is_other = by and by.name and (request.decided_by is None or by.user_id != request.decided_by.user_id)
    if not (by and is_other):
        return t("state.stopping", decision=decided)
    return t("state.stopping_by", decision=decided, name=short(by.name, NAME_BYTES))


def begun_too_late(request: Request) -> bool:
    """Expired by the second clock: agreed to in time, but not begun in time."""
    decided = request.decided_by is not None and request.run_before is not None
    return request.state is RequestState.EXPIRED and decided


def _expired(request: Request, t: Texts, zone: tzinfo, room: Room) -> Markdown:
    if request.stop_asked:
        return t("state.set_back")
    if begun_too_late(request):
        time = t.clock(request.run_before or request.expires_at, zone, since=request.created_at)
        return t("state.expired_unbegun", decision=decision(request, t, zone, room.names), time=time)
    time = t.clock(request.expires_at, zone, since=request.created_at)
    if not is_voted(request):
        return t("state.expired", time=time)
    if not request.approvals:
        return t("state.expired_unanswered", time=time)
    return t("state.expired_missing", n=missing(request), time=time)


def _needed(request: Request) -> int:
    return max(request.ruling.needed, 1)


def _key(request: Request) -> str:
    if request.state is RequestState.CANCELLED and request.stop_asked and not request.stop_asked.name:
        return "decision.rested"
    if request.state is RequestState.CANCELLED:
        return "decision.cancelled" if request.decided_by else "decision.withdrawn"
    if request.state is RequestState.REJECTED:
        return "decision.rejected"
    if request.ruling.answer == "run":
        return "decision.run"
    by_requester = request.decided_by is None or request.decided_by.user_id == request.requester.user_id
    return "decision.confirmed" if by_requester and not request.approvals else "decision.approved"


def _decider(request: Request, key: str) -> tuple[Operator, datetime]:
    vote = request.approvals[0] if key == "decision.approved" and request.approvals else None
    vote = request.rejection if key == "decision.rejected" else vote
    if vote:
        return vote.operator, vote.at
    return request.decided_by or request.requester, request.decided_at or request.created_at
