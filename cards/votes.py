"""What is said to those who decide, and to the requester about what they decided: answers, reminders, news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from bot.models import Operator, Request, RequestState, Vote
from cards.decision import asked_line, decision, missing, state_line, voted_line
from cards.entries import amount_inside
from cards.escape import Markdown
from cards.fit import NAME_BYTES, SPACE_BYTES, TEXT_BYTES, WHOLE, paragraphs, short
from cards.people import names
from cards.texts import Texts

# --- who may


def not_asked(
    t: Texts, request: Request, approvers: Sequence[Operator], *, any_more: bool = False
) -> Markdown:
    """Somebody else decided to decide; `any_more` when they were among those asked and are not now."""
    if not approvers:
        return t("vote.not_asked_nobody", id=request.id)
    people = names(approvers, t, WHOLE.names)
    if any_more:
        return t("vote.not_asked_any_more", id=request.id, people=people)
    return t("vote.not_asked", id=request.id, people=people)


def own_request(t: Texts, request: Request) -> Markdown:
    if not request.asked:
        return t("vote.own_request", id=request.id)
    return t("vote.own_request_asked", id=request.id, people=names(request.asked, t, WHOLE.names))


def code_needed(t: Texts, request_id: str) -> Markdown:
    """Approving by text takes the code, which proves that the card was seen. Also for a wrong one."""
    return t("vote.code_needed", id=request_id)


def list_changed(t: Texts, request: Request) -> Markdown:
    """The list is not the one the card was made from."""
    return t("vote.list_changed", id=request.id, name=short(request.requester.name, NAME_BYTES))


# --- what became of a vote


def already_voted(t: Texts, request: Request, vote: Vote, zone: tzinfo) -> Markdown:
    time = t.clock(vote.at, zone, since=request.created_at)
    return t("vote.approved_before" if vote.approves else "vote.rejected_before", id=request.id, time=time)


def approval_counts(t: Texts, request: Request) -> Markdown:
    """It counts and does not yet decide."""
    return t("vote.counts", n=missing(request), id=request.id)


def approved(t: Texts, request: Request) -> Markdown:
    """This approval decided."""
    key = "vote.approved" if request.to_recycle_bin else "vote.approved_permanent"
    return t(key, n=request.totals.dentries, id=request.id)


def rejected(t: Texts, request: Request) -> Markdown:
    """This rejection decided; without a reason it asks for one."""
    given = request.rejection and request.rejection.reason.strip()
    said = t("vote.rejected", id=request.id, name=short(request.requester.name, NAME_BYTES))
    return said if given else paragraphs((said, t("vote.ask_reason", id=request.id)))


def reason_added(t: Texts, request: Request) -> Markdown:
    return t("vote.reason_added", id=request.id, name=short(request.requester.name, NAME_BYTES))


def reason_given(t: Texts, request: Request) -> Markdown:
    """A reason is given once."""
    return t("vote.reason_given", id=request.id)


def reason_too_late(t: Texts, request: Request, zone: tzinfo) -> Markdown:
    """A reason for a rejection that did not happen: something else decided."""
    return t("vote.reason_too_late", id=request.id, line=state_line(request, t, zone))


# --- what we say unasked


def reminder(t: Texts, request: Request, zone: tzinfo, now: datetime) -> Markdown:
    """To those who have not decided yet: how long it waits, what it is, until when, and how to answer here."""
    waited = t.duration((now - request.created_at).total_seconds())
    return _asking(t, t("vote.reminder", waited=waited, id=request.id), request, zone)


def escalation(t: Texts, request: Request, zone: tzinfo, first: Sequence[Operator]) -> Markdown:
    """To the second set: that they are asked, too, because the `first` have not decided."""
    if not first:
        return _asking(t, t("vote.escalation", id=request.id), request, zone)
    people = names(first, t, WHOLE.names)
    return _asking(t, t("vote.escalation_because", id=request.id, people=people), request, zone)


def told(t: Texts, request: Request, zone: tzinfo) -> Markdown:
    """To the requester: what was decided or that nobody did, and what can be done now."""
    return paragraphs(
        (
            t("told.request", id=request.id, what=_what(request, t)),
            state_line(request, t, zone),
            t("told.again") if request.state is RequestState.EXPIRED else "",
        )
    )


def told_reason(t: Texts, request: Request, zone: tzinfo) -> Markdown:
    """To the requester: why it was rejected, told after the rejection."""
    vote = request.rejection
    return t(
        "told.reason",
        id=request.id,
        decision=decision(request, t, zone),
        reason=short(vote.reason if vote else "", TEXT_BYTES),
    )


def _asking(t: Texts, title: Markdown, request: Request, zone: tzinfo) -> Markdown:
    until = t.clock(request.expires_at, zone, since=request.created_at)
    return paragraphs(
        (
            title,
            _wish(request, t),
            t("preview.reason", reason=short(request.reason, TEXT_BYTES)) if request.reason.strip() else "",
            asked_line(request, t) if request.ruling.needed > 1 else "",
            voted_line(request, t, zone),
            t("vote.until", time=until),
            t("vote.how_to_approve", id=request.id, code=request.nonce),
            t("vote.how_to_reject", id=request.id),
        )
    )


def _what(request: Request, t: Texts) -> Markdown:
    return t(
        "told.what" if request.to_recycle_bin else "told.what_permanent",
        space=short(request.space.name, SPACE_BYTES),
        amount=amount_inside(t, request.totals.dentries, request.totals.size_bytes),
    )


def _wish(request: Request, t: Texts) -> Markdown:
    return t(
        "vote.wish" if request.to_recycle_bin else "vote.wish_permanent",
        name=short(request.requester.name, NAME_BYTES),
        space=short(request.space.name, SPACE_BYTES),
        amount=amount_inside(t, request.totals.dentries, request.totals.size_bytes),
    )
