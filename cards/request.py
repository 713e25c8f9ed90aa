"""The card of a request: first the question, and after the decision the same content with one line more.

The question names what happens, to what, how much and whether it can be taken back; its buttons say what they do.
The public template shows title, markdown, tips and buttons
(https://open.dingtalk.com/document/development/create-and-deliver-cards).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import Button, Card, Entry, Receipt, Request, RequestState
from cards.account import result_title, summary
from cards.entries import amount, counted, entry_line
from cards.escape import Markdown
from cards.fit import fitting, paragraphs, short
from cards.texts import Texts

MAX_ENTRIES = 5
NAME_BYTES = 60
SPACE_BYTES = 90
REASON_BYTES = 180

_TITLES = {
    RequestState.AWAITING_APPROVAL: "title.awaiting_approval",
    RequestState.CANCELLED: "title.cancelled",
    RequestState.REJECTED: "title.rejected",
    RequestState.EXPIRED: "title.expired",
    RequestState.DONE: "title.finished",
    RequestState.PARTLY_DONE: "title.finished",
    RequestState.FAILED: "title.finished",
}
_LINES = {
    RequestState.AWAITING_APPROVAL: "state.awaiting_approval",
    RequestState.APPROVED: "state.running",
    RequestState.RUNNING: "state.running",
    RequestState.CANCELLED: "state.cancelled",
    RequestState.REJECTED: "state.rejected",
    RequestState.DONE: "state.done",
    RequestState.PARTLY_DONE: "state.partly_done",
    RequestState.FAILED: "state.failed",
}


def preview_card(request: Request, entries: Sequence[Entry], t: Texts, zone: tzinfo) -> Card:
    """The question to the requester. `entries` are the manifest's, at least its first five targets."""
    key = "preview.title" if request.to_recycle_bin else "preview.title_permanent"
    return Card(
        title=t(key, n=request.totals.dentries, id=request.id),
        markdown=_content(request, entries, t),
        tips=t(
            "preview.tips",
            time=t.clock(request.expires_at, zone, since=request.created_at),
            name=short(request.requester.name, NAME_BYTES),
        ),
        buttons=_buttons(request, t),
    )


def request_card(
    request: Request, entries: Sequence[Entry], t: Texts, zone: tzinfo, receipt: Receipt | None = None
) -> Card:
    """The card in the state the request is in; once it is decided, with who decided what and without buttons."""
    if request.state is RequestState.AWAITING_CONFIRMATION:
        return preview_card(request, entries, t, zone)
    title = result_title(receipt, t) if receipt else _title(request, t)
    return Card(title=title, markdown=_content(request, entries, t, _state_line(request, t, zone, receipt)))


def decision(request: Request, t: Texts, zone: tzinfo) -> Markdown:
    """Who decided what, when: **Manager Li** approved at 14:05"""
    return t(
        _decision_key(request),
        name=short((request.decided_by or request.requester).name, NAME_BYTES),
        time=t.clock(request.decided_at or request.created_at, zone, since=request.created_at),
    )


def _decision_key(request: Request) -> str:
    if request.state is RequestState.CANCELLED:
        return "decision.cancelled"
    if request.state is RequestState.REJECTED:
        return "decision.rejected"
    by_requester = request.decided_by is None or request.decided_by.user_id == request.requester.user_id
    return "decision.confirmed" if by_requester else "decision.approved"


def _content(request: Request, entries: Sequence[Entry], t: Texts, last: str = "") -> Markdown:
    """As many of the first entries as fit between what must be said."""
    targets = [entry for entry in entries if entry.is_target][:MAX_ENTRIES]
    lines = [entry_line(entry, t) for entry in targets]
    who, after = _who(request, t), [*_totals(request, t), _reason(request, t), last]

    def build(count: int) -> str:
        hidden = request.totals.dentries - counted(targets[:count])
        more = t("preview.more", n=hidden) if hidden > 0 else ""
        return paragraphs((who, *lines[:count], more, *after))

    return fitting(build(count) for count in range(len(lines), -1, -1))


def _who(request: Request, t: Texts) -> Markdown:
    return t(
        "preview.who" if request.to_recycle_bin else "preview.who_permanent",
        n=request.totals.targets,
        name=short(request.requester.name, NAME_BYTES),
        space=short(request.space.name, SPACE_BYTES),
    )


def _totals(request: Request, t: Texts) -> list[Markdown]:
    totals = request.totals
    if request.state.is_final and request.to_recycle_bin:
        key = "dry_run.total"  # what can be restored now is for the receipt to say
    else:
        key = "preview.total" if request.to_recycle_bin else "preview.total_permanent"
    lines = [t(key, amount=amount(t, totals.dentries, totals.size_bytes))]
    if totals.folders:
        lines.append(t("preview.folders", n=totals.folders))
    return lines


def _reason(request: Request, t: Texts) -> str:
    return t("preview.reason", reason=short(request.reason, REASON_BYTES)) if request.reason.strip() else ""


def _buttons(request: Request, t: Texts) -> tuple[Button, ...]:
    """What can be taken back is blue and first; what cannot is red, last and never the highlighted one."""
    details = Button(id="details", text=t("button.details"))
    if request.to_recycle_bin:
        confirm = Button(id="confirm", text=t("button.recycle"), color="blue")
        return confirm, details, Button(id="cancel", text=t("button.cancel"))
    confirm = Button(id="confirm", text=t("button.permanent"), color="red")
    return Button(id="cancel", text=t("button.cancel"), color="blue"), details, confirm


def _title(request: Request, t: Texts) -> Markdown:
    running = "title.running" if request.to_recycle_bin else "title.running_permanent"
    return t(_TITLES.get(request.state, running), n=request.totals.dentries, id=request.id)


def _state_line(request: Request, t: Texts, zone: tzinfo, receipt: Receipt | None) -> Markdown:
    if request.state is RequestState.EXPIRED:
        return t("state.expired", time=t.clock(request.expires_at, zone, since=request.created_at))
    return t(
        _LINES[request.state],
        decision=decision(request, t, zone),
        summary=summary(receipt, t) if receipt else t("summary.see_result"),
    )
