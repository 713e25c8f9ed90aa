"""The card on which others decide: all that a decision in fifteen seconds needs, and after it who decided what.

One card is delivered to everybody who is asked, so it names people and never says "you" of one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import Button, Card, Entry, Progress, Receipt, Request, RequestState, Survey
from cards.content import content, reason, rule, title, totals
from cards.decision import is_voted, missing
from cards.entries import amount_inside
from cards.escape import Markdown
from cards.fit import NAME_BYTES, Room, short
from cards.job import cost_line, progress_line
from cards.people import LISTED_BYTES
from cards.request import progress
from cards.texts import Texts

MAX_ENTRIES = 3
MAX_OWNERS = 3


def approval_card(
    request: Request,
    entries: Sequence[Entry],
    t: Texts,
    zone: tzinfo,
    receipt: Receipt | None = None,
    *,
    why: str = "",
    under_way: Progress | None = None,
    calls_left: int | None = None,
) -> Card:
    """The question to those who decide, or what became of it.

    `entries` are the manifest's, at least its first three targets; `why` is the rule in words.
    """
    is_open = request.state is RequestState.AWAITING_APPROVAL

    def rest(room: Room) -> Sequence[str]:
        return (
            *totals(request, t, "approval.total"),
            cost_line(request, calls_left, t),
            _owners(request, t, room),
            _dates(request.survey, t, zone),
            t("approval.why", why=rule(why, room)) if why.strip() else "",
            reason(request, t, room),
            _in_whose_name(request, t),
            *_progress(request, t, zone, receipt, room),
        )

    return Card(
        title=_question(request, t) if is_open else title(request, t, receipt),
        markdown=content(request, entries, t, MAX_ENTRIES, rest),
        tips=_tips(request, t, zone) if is_open else _far(request, under_way, t),
        buttons=_buttons(request, t) if is_open else (),
    )


def _far(request: Request, under_way: Progress | None, t: Texts) -> Markdown:
    return progress_line(request, under_way, t) if under_way else Markdown()


def _progress(request: Request, t: Texts, zone: tzinfo, receipt: Receipt | None, room: Room) -> Sequence[str]:
    """Who else is asked and who said yes; nothing to whoever decides alone."""
    is_open = request.state is RequestState.AWAITING_APPROVAL
    if is_open and len(request.asked) == 1 and missing(request) == 1:
        return ()
    return progress(request, t, zone, receipt, room)


def _question(request: Request, t: Texts) -> Markdown:
    return t(
        "approval.title" if request.to_recycle_bin else "approval.title_permanent",
        name=short(request.requester.name, NAME_BYTES),
        amount=amount_inside(t, request.totals.dentries, request.totals.size_bytes),
        id=request.id,
    )


def _owners(request: Request, t: Texts, room: Room) -> str:
    """Whose files go beside the requester's own; nothing where nobody looked."""
    survey = request.survey
    if survey == Survey():
        return ""
    if not survey.others:
        return t("approval.own", name=short(request.requester.name, NAME_BYTES))
    named = [owner for owner in survey.owners if owner.name.strip()][: min(MAX_OWNERS, room.names)]
    if not named:
        return t("approval.others", n=survey.others)
    shares = [t("approval.share", name=short(o.name, LISTED_BYTES), count=o.dentries) for o in named]
    rest = survey.others - sum(owner.dentries for owner in named)
    if rest > 0:
        shares.append(t("approval.share_of_others", count=rest))
    return t("approval.others_named", n=survey.others, shares=Markdown(t("list.and").join(shares)))


def _dates(survey: Survey, t: Texts, zone: tzinfo) -> str:
    if survey.oldest is None or survey.newest is None:
        return ""
    oldest, newest = t.date(survey.oldest, zone), t.date(survey.newest, zone)
    if oldest == newest:
        return t("approval.changed_on", date=oldest)
    return t("approval.changed_between", oldest=oldest, newest=newest)


def _in_whose_name(request: Request, t: Texts) -> str:
    """That those who approve lend their rights, which they must know before they do."""
    lends = request.ruling.run_as == "approver" and is_voted(request)
    return t("approval.run_as_approver") if lends and request.state.is_open else ""


def _tips(request: Request, t: Texts, zone: tzinfo) -> Markdown:
    """Until when, and how to decide where no button can be pressed."""
    time = t.clock(request.expires_at, zone, since=request.created_at)
    return t("approval.tips", time=time, id=request.id, code=request.nonce)


def _buttons(request: Request, t: Texts) -> tuple[Button, ...]:
    """What can be taken back is blue and first; what cannot is red and last, and nothing is highlighted."""
    details = Button(id="details", text=t("button.details"))
    reject = Button(id="reject", text=t("button.reject"))
    if request.to_recycle_bin:
        return Button(id="approve", text=t("button.approve"), color="blue"), reject, details
    return reject, details, Button(id="approve", text=t("button.approve_permanent"), color="red")
