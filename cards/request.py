"""The requester's card: first the question, and after the decision the same content with one line more.

The question names what happens, to what, how much and whether it can be taken back; its buttons say what they do.
Where others decide, the card says who is asked and how far it is.
The public template shows title, markdown, tips and buttons
(https://open.dingtalk.com/document/development/create-and-deliver-cards).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import Button, Card, Entry, Progress, Receipt, Request, RequestState
from cards.content import content, reason, rule, title, totals
from cards.decision import begun_too_late, is_voted, state_line, voted_line
from cards.escape import Markdown
from cards.fit import NAME_BYTES, Room, short
from cards.job import cost_line, progress_line
from cards.texts import Texts

MAX_ENTRIES = 5

_UNDECIDED = {
    RequestState.AWAITING_APPROVAL,
    RequestState.CANCELLED,
    RequestState.EXPIRED,
    RequestState.REJECTED,
}
"""Where those who approved are named by themselves, since it was not they who decided."""


def preview_card(
    request: Request,
    entries: Sequence[Entry],
    t: Texts,
    zone: tzinfo,
    *,
    why: str = "",
    calls_left: int | None = None,
) -> Card:
    """The question to the requester. `entries` are the manifest's, at least its first five targets."""
    key = "preview.title" if request.to_recycle_bin else "preview.title_permanent"

    def rest(room: Room) -> Sequence[str]:
        return (
            *totals(request, t),
            cost_line(request, calls_left, t),
            t("request.why", why=rule(why, room)) if why.strip() else "",
            reason(request, t, room),
        )

    return Card(
        title=t(key, n=request.totals.dentries, id=request.id),
        markdown=content(request, entries, t, MAX_ENTRIES, rest),
        tips=t(
            "preview.tips",
            time=t.clock(request.expires_at, zone, since=request.created_at),
            name=short(request.requester.name, NAME_BYTES),
        ),
        buttons=_question(request, t),
    )


def request_card(
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
    """The card in the state the request is in. `why` is the rule in words, `under_way` how far its job is,
    `calls_left` what is left of the month's counted calls.

    Once it is decided it says who decided what, and can at most be cancelled until it begins.
    """
    if request.state is RequestState.AWAITING_CONFIRMATION:
        return preview_card(request, entries, t, zone, why=why, calls_left=calls_left)

    def rest(room: Room) -> Sequence[str]:
        return (
            *totals(request, t),
            cost_line(request, calls_left, t),
            t("request.why", why=rule(why, room)) if why.strip() else "",
            reason(request, t, room),
            *progress(request, t, zone, receipt, room),
        )

    return Card(
        title=title(request, t, receipt),
        markdown=content(request, entries, t, MAX_ENTRIES, rest),
        tips=progress_line(request, under_way, t) if under_way else _tips(request, t, zone),
        buttons=_withdrawal(request, t),
    )


def progress(
    request: Request, t: Texts, zone: tzinfo, receipt: Receipt | None, room: Room
) -> tuple[str, str]:
    """How far it is: the line of the state, and those who approved so far."""
    line = state_line(request, t, zone, receipt, room)
    if request.state not in _UNDECIDED or begun_too_late(request):
        return line, ""
    voted = voted_line(request, t, zone, room.names)
    return (line, voted) if request.state.is_open else (voted, line)


def _question(request: Request, t: Texts) -> tuple[Button, ...]:
    """What can be taken back is blue and first; what cannot is red, last and never the highlighted one."""
    details = Button(id="details", text=t("button.details"))
    if request.to_recycle_bin:
        confirm = Button(id="confirm", text=t("button.recycle"), color="blue")
        return confirm, details, Button(id="cancel", text=t("button.cancel"))
    confirm = Button(id="confirm", text=t("button.permanent"), color="red")
    return Button(id="cancel", text=t("button.cancel"), color="blue"), details, confirm


def _can_be_withdrawn(request: Request) -> bool:
    """What others approve can be cancelled until it begins; what the requester decides, until it is decided."""
    waiting = request.state is RequestState.APPROVED and is_voted(request)
    return waiting or request.state is RequestState.AWAITING_APPROVAL


def _can_be_stopped(request: Request) -> bool:
    """A job of one batch is over before anybody can press; what others approved is withdrawn until it begins."""
    begins = request.state is RequestState.APPROVED and not is_voted(request)
    runs = request.state is RequestState.RUNNING and request.stop_asked is None
    return (begins or runs) and request.is_long


def _withdrawal(request: Request, t: Texts) -> tuple[Button, ...]:
    if _can_be_stopped(request):
        return (Button(id="details", text=t("button.details")), Button(id="cancel", text=t("button.stop")))
    if not _can_be_withdrawn(request):
        return ()
    return Button(id="details", text=t("button.details")), Button(id="cancel", text=t("button.withdraw"))


def _tips(request: Request, t: Texts, zone: tzinfo) -> Markdown:
    if not _can_be_withdrawn(request):
        return Markdown()
    name = short(request.requester.name, NAME_BYTES)
    if request.state is RequestState.APPROVED:
        return t("approved.tips", name=name)
    return t("waiting.tips", time=t.clock(request.expires_at, zone, since=request.created_at), name=name)
