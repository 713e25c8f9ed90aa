"""The cards and words of a restore: what would come back, what came back, and under which name.

Nothing about it is dangerous, so it is calm: nothing is overwritten, and what finds its name taken gets a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from bot.models import (
    Button,
    Card,
    Entry,
    Progress,
    Request,
    RequestState,
    RestoreOutcome,
    RestoreReceipt,
    RestoreResult,
)
from cards.decision import stopping_line
from cards.entries import amount, counted, entry_line, path_line
from cards.escape import Markdown
from cards.fit import NAME_BYTES, SPACE_BYTES, Room, fitting, paragraphs, rooms, short, short_path
from cards.job import cost_line, progress_line
from cards.texts import Texts

MAX_ENTRIES = 5
MAX_LISTED = 12
MAX_GROUPS = 5
PATH_BYTES = 120
CODE_BYTES = 60

_TITLES = {
    RequestState.AWAITING_CONFIRMATION: "restore.title",
    RequestState.CANCELLED: "restore.title_cancelled",
    RequestState.EXPIRED: "restore.title_expired",
}
_LINES = {
    RequestState.APPROVED: "restore.running",
    RequestState.RUNNING: "restore.running",
    RequestState.CANCELLED: "restore.cancelled",
    RequestState.DONE: "restore.done",
    RequestState.PARTLY_DONE: "restore.partly_done",
    RequestState.FAILED: "restore.failed",
}
_OUTCOMES = {
    RestoreOutcome.RESTORED: "restored.restored",
    RestoreOutcome.RENAMED: "restored.renamed",
    RestoreOutcome.MOVED: "restored.moved",
    RestoreOutcome.PARTLY: "restored.partly",
    RestoreOutcome.ALREADY_BACK: "restored.already_back",
    RestoreOutcome.PURGED: "restored.purged",
    RestoreOutcome.DENIED: "restored.denied",
    RestoreOutcome.FAILED: "restored.failed",
    RestoreOutcome.UNKNOWN: "restored.unknown",
}
_GROUPS = {
    RestoreOutcome.PURGED: "restored.group_purged",
    RestoreOutcome.UNKNOWN: "restored.group_unknown",
    RestoreOutcome.DENIED: "restored.group_denied",
    RestoreOutcome.FAILED: "restored.group_failed",
    RestoreOutcome.PARTLY: "restored.group_partly",
    RestoreOutcome.RENAMED: "restored.group_renamed",
    RestoreOutcome.MOVED: "restored.group_moved",
}
"""What there is to say about outcomes, the worst first."""
_CAUSES = {
    "operationConcurrentControl": "restored.cause_busy",
    "systemError": "restored.cause_trouble",
    "unknownError": "restored.cause_trouble",
    "operationTimeout": "restored.cause_trouble",
    "no_answer": "restored.cause_trouble",
    "deadline": "restored.cause_trouble",
    "throttled": "restored.cause_throttled",
    "quota": "restored.cause_quota",
    "no_scope": "restored.cause_no_scope",
    "manifest_altered": "restored.cause_altered",
    "stopped": "restored.cause_stopped",
}


def restore_card(
    request: Request,
    entries: Sequence[Entry],
    t: Texts,
    zone: tzinfo,
    receipt: RestoreReceipt | None = None,
    *,
    under_way: Progress | None = None,
    calls_left: int | None = None,
) -> Card:
    """The question, and after the decision the same content with one line more. `entries`: at least five targets."""
    is_open = request.state is RequestState.AWAITING_CONFIRMATION
    lines = [entry_line(entry, t) for entry in entries if entry.is_target][:MAX_ENTRIES]
    shown = [entry for entry in entries if entry.is_target][:MAX_ENTRIES]

    def build(room: Room) -> str:
        hidden = request.totals.dentries - counted(shown[: room.entries])
        return paragraphs(
            (
                _who(request, t),
                *lines[: room.entries],
                t("preview.more", n=hidden) if hidden > 0 else "",
                t("dry_run.total", amount=amount(t, request.totals.dentries, request.totals.size_bytes)),
                t("restore.promise") if is_open else restore_line(request, t, zone, receipt),
                cost_line(request, calls_left, t),
                t("restore.old", n=request.bin_days) if is_open and request.bin_days else "",
            )
        )

    return Card(
        title=restore_title(request, t, receipt),
        markdown=fitting(build(room) for room in rooms(len(lines))),
        tips=progress_line(request, under_way, t) if under_way else _tips(request, t, zone),
        buttons=_question(t) if is_open else _stop(request, t),
    )


def restored_card(receipt: RestoreReceipt, t: Texts, zone: tzinfo) -> Card:
    """The result, in the conversation where it was asked for."""
    request = receipt.request
    head = (
        t(
            "restored.where",
            space=short(request.space.name, SPACE_BYTES),
            duration=t.duration(receipt.elapsed_s),
            undoes=request.undoes,
        ),
        _decided(request, t, zone),
        t("restored.new_folders", n=receipt.new_folders) if receipt.new_folders else "",
    )
    groups = [outcome for outcome in _GROUPS if outcome in receipt.shares][:MAX_GROUPS]

    def build(each: int) -> str:
        listed = (line for outcome in groups for line in _group(receipt, outcome, each, t))
        return paragraphs((*head, *listed, _already_back(receipt, t), _more(receipt, groups, each, t)))

    return Card(
        title=restore_title(request, t, receipt),
        markdown=fitting(build(each) for each in _measures(len(groups))),
        buttons=(Button(id="details", text=t("button.details")),),
    )


def restore_title(request: Request, t: Texts, receipt: RestoreReceipt | None = None) -> Markdown:
    """The fact with its number: restored: 46 of 47 items · R3N8"""
    total = request.totals.dentries
    if receipt is None:
        return t(_asking(request), n=total, id=request.id)
    done = receipt.restored_dentries
    if done >= total:
        return t("restored.title", n=total, id=request.id)
    if done > 0:
        return t("restored.title_part", n=total, done=done, id=request.id)
    if receipt.shares.keys() <= {RestoreOutcome.ALREADY_BACK}:
        return t("restored.title_back", n=total, id=request.id)
    unknown = RestoreOutcome.UNKNOWN in receipt.shares
    return t("restored.title_unknown" if unknown else "restored.title_none", n=total, id=request.id)


def restore_line(request: Request, t: Texts, zone: tzinfo, receipt: RestoreReceipt | None = None) -> Markdown:
    """How far it is, in a line."""
    if request.state is RequestState.AWAITING_CONFIRMATION:
        return t("status.open_until", time=t.clock(request.expires_at, zone, since=request.created_at))
    if request.state is RequestState.EXPIRED and request.stop_asked:
        return t("state.set_back")
    if request.state is RequestState.EXPIRED:
        return t("restore.expired", time=t.clock(request.expires_at, zone, since=request.created_at))
    decided = _decided(request, t, zone)
    if request.state is RequestState.RUNNING and request.stop_asked:
        return stopping_line(request, t, decided)
    if request.state is RequestState.RUNNING and request.paused:
        return t("state.resting", decision=decided)
    return t(
        _LINES[request.state],
        decision=decided,
        summary=restore_summary(receipt, t) if receipt else t("summary.see_result"),
    )


def restore_summary(receipt: RestoreReceipt, t: Texts) -> Markdown:
    """46 items restored, 1 no longer in the recycle bin"""
    counts = {
        "restored.count": receipt.restored_dentries,
        "restored.count_back": receipt.dentries(RestoreOutcome.ALREADY_BACK),
        "restored.count_purged": receipt.dentries(RestoreOutcome.PURGED),
        "restored.count_failed": receipt.dentries(RestoreOutcome.DENIED, RestoreOutcome.FAILED)
        + receipt.missing,
        "restored.count_unknown": receipt.dentries(RestoreOutcome.UNKNOWN),
    }
    parts = [t(key, n=count) for key, count in counts.items() if count > 0]
    return Markdown(t("summary.comma").join(parts)) if parts else t("restored.nothing")


def restore_row(result: RestoreResult, t: Texts, path_bytes: int) -> Markdown:
    """One entry of the details, and what became of it."""
    line = entry_line(result.entry, t, path_bytes)
    if result.outcome in {RestoreOutcome.RENAMED, RestoreOutcome.MOVED}:
        return t("restored.now", line=line, path=short_path(result.new_path, path_bytes))
    return t("details.result", line=line, outcome=restored_word(result, t))


def restored_word(result: RestoreResult, t: Texts) -> Markdown:
    """Back, no longer in the bin, not restored: what became of an entry."""
    return t(_OUTCOMES[result.outcome])


def _who(request: Request, t: Texts) -> Markdown:
    return t(
        "restore.who",
        n=request.totals.targets,
        name=short(request.requester.name, NAME_BYTES),
        space=short(request.space.name, SPACE_BYTES),
        undoes=request.undoes,
    )


def _asking(request: Request) -> str:
    """The title's key while there is no receipt."""
    if request.state is RequestState.RUNNING and request.stop_asked:
        return "restore.title_stopping"
    if request.state is RequestState.RUNNING and request.paused:
        return "restore.title_resting"
    return _TITLES.get(request.state, "restore.title_running")


def _tips(request: Request, t: Texts, zone: tzinfo) -> Markdown:
    if request.state is not RequestState.AWAITING_CONFIRMATION:
        return Markdown()
    return t(
        "preview.tips",
        time=t.clock(request.expires_at, zone, since=request.created_at),
        name=short(request.requester.name, NAME_BYTES),
    )


def _question(t: Texts) -> tuple[Button, ...]:
    return (
        Button(id="confirm", text=t("button.restore"), color="blue"),
        Button(id="details", text=t("button.details")),
        Button(id="cancel", text=t("button.cancel")),
    )


def _stop(request: Request, t: Texts) -> tuple[Button, ...]:
    is_begun = request.state in {RequestState.APPROVED, RequestState.RUNNING}
    if not is_begun or request.stop_asked or not request.is_long:
        return ()
    return Button(id="details", text=t("button.details")), Button(id="cancel", text=t("button.stop"))


def _decided(request: Request, t: Texts, zone: tzinfo) -> Markdown:
    if request.state is RequestState.CANCELLED and request.stop_asked and not request.stop_asked.name:
        return t("decision.rested")
    if request.state is RequestState.CANCELLED and request.decided_by is None:
        return t("decision.withdrawn")
    key = "decision.cancelled" if request.state is RequestState.CANCELLED else "decision.confirmed"
    who, at = request.decided_by or request.requester, request.decided_at or request.created_at
    time = t.clock(at, zone, since=request.created_at)
    return t(key, name=short(who.name, NAME_BYTES), time=time)


def _measures(groups: int) -> Iterator[int]:
    """How many entries of each group to list."""
    yield from range(MAX_LISTED // max(groups, 1), -1, -1)


def _group(receipt: RestoreReceipt, outcome: RestoreOutcome, each: int, t: Texts) -> Iterator[Markdown]:
    results = receipt.having(outcome)
    yield t(
        _GROUPS[outcome],
        n=receipt.missing if outcome is RestoreOutcome.PARTLY else receipt.dentries(outcome),
        name=short(receipt.request.requester.name, NAME_BYTES),
        cause=_cause(results[0], receipt.request, t) if results else "",
        id=receipt.request.id,
        undoes=receipt.request.undoes,
    )
    for result in results[:each]:
        yield _listed(result, t)


def _listed(result: RestoreResult, t: Texts) -> Markdown:
    line = path_line(result.entry.dentry, PATH_BYTES)
    if result.outcome in {RestoreOutcome.RENAMED, RestoreOutcome.MOVED}:
        return t("restored.now", line=line, path=short_path(result.new_path, PATH_BYTES))
    return line


def _cause(result: RestoreResult, request: Request, t: Texts) -> Markdown:
    if result.cause in _CAUSES:
        return t(_CAUSES[result.cause])
    return t("restored.cause_other", code=short(result.cause or "?", CODE_BYTES), id=request.id)


def _already_back(receipt: RestoreReceipt, t: Texts) -> str:
    back = receipt.dentries(RestoreOutcome.ALREADY_BACK)
    return t("restored.group_back", n=back) if back else ""


def _more(receipt: RestoreReceipt, groups: Sequence[RestoreOutcome], each: int, t: Texts) -> str:
    """How to see the entries for which there was no room."""
    hidden = sum(max(receipt.shares[outcome].targets - each, 0) for outcome in groups)
    return t("result.more", n=hidden, id=receipt.request.id) if hidden else ""
