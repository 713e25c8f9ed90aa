"""What the cards about a request have in common: who wants what, its entries, how much, why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.models import Entry, Receipt, Request, RequestState
from cards.account import result_title
from cards.decision import is_voted
from cards.entries import amount, counted, entry_line
from cards.escape import Markdown
from cards.fit import NAME_BYTES, SPACE_BYTES, Room, fitting, paragraphs, rooms, short, utf8_bytes
from cards.texts import Texts

_TITLES = {
    RequestState.CANCELLED: "title.cancelled",
    RequestState.REJECTED: "title.rejected",
    RequestState.EXPIRED: "title.expired",
    RequestState.DONE: "title.finished",
    RequestState.PARTLY_DONE: "title.finished",
    RequestState.FAILED: "title.finished",
}
_FOR_DAYS = {"preview.total": "preview.total_days", "approval.total": "approval.total_days"}
"""The promise where it is known how long the bin keeps things."""


def title(request: Request, t: Texts, receipt: Receipt | None = None) -> Markdown:
    """The fact once nobody is asked any more; what came of it as soon as that is known."""
    if receipt:
        return result_title(receipt, t)
    running = "title.running" if request.to_recycle_bin else "title.running_permanent"
    if request.state is RequestState.APPROVED and is_voted(request):
        running = "title.approved" if request.to_recycle_bin else "title.approved_permanent"
    if request.state is RequestState.AWAITING_APPROVAL:
        running = "title.awaiting_approval" if request.to_recycle_bin else "title.awaiting_permanent"
    if request.state is RequestState.RUNNING and request.stop_asked:
        running = "title.stopping"
    elif request.state is RequestState.RUNNING and request.paused:
        running = "title.resting"
    return t(_TITLES.get(request.state, running), n=request.totals.dentries, id=request.id)


def content(
    request: Request, entries: Sequence[Entry], t: Texts, most: int, rest: Callable[[Room], Sequence[str]]
) -> Markdown:
    """Who wants what, at most `most` of the first entries, and the `rest`: as much of it all as fits."""
    targets = [entry for entry in entries if entry.is_target][:most]
    lines = [entry_line(entry, t) for entry in targets]

    def build(room: Room) -> str:
        hidden = request.totals.dentries - counted(targets[: room.entries])
        more = t("preview.more", n=hidden) if hidden > 0 else ""
        return paragraphs((who(request, t), *lines[: room.entries], more, *rest(room)))

    return fitting(build(room) for room in rooms(len(lines)))


def who(request: Request, t: Texts) -> Markdown:
    return t(
        "preview.who" if request.to_recycle_bin else "preview.who_permanent",
        n=request.totals.targets,
        name=short(request.requester.name, NAME_BYTES),
        space=short(request.space.name, SPACE_BYTES),
    )


def totals(request: Request, t: Texts, promise: str = "preview.total") -> list[Markdown]:
    """How much, whether it can be taken back (`promise`), and that folders go with what they hold."""
    given = request.totals
    if request.state.is_final and request.to_recycle_bin:
        key = "dry_run.total"  # what can be restored now is for the receipt to say
    else:
        key = promise if request.to_recycle_bin else "preview.total_permanent"
    how_much = amount(t, given.dentries, given.size_bytes)
    if key == promise and request.bin_days:
        lines = [t(_FOR_DAYS[promise], n=request.bin_days, amount=how_much)]
    else:
        lines = [t(key, amount=how_much)]
    if given.folders:
        lines.append(t("preview.folders", n=given.folders))
    return lines


def reason(request: Request, t: Texts, room: Room) -> str:
    return (
        t("preview.reason", reason=short(request.reason, room.text_bytes)) if request.reason.strip() else ""
    )


def rule(why: str, room: Room) -> Markdown:
    """The rule in words; made safe and short unless it is both already. Empty when there is none to tell."""
    if not why.strip():
        return Markdown()
    fits = isinstance(why, Markdown) and utf8_bytes(why) <= room.text_bytes
    return Markdown(why) if fits else short(why, room.text_bytes)
