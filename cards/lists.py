"""Long answers as messages: the details of a request page by page, a folder's listing, a dry run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from bot.models import (
    Dentry,
    Entry,
    ItemResult,
    Manifest,
    Outcome,
    Request,
    RequestState,
    RestoreResult,
)
from cards.decision import asked_line
from cards.entries import amount, counted, entry_line, mark
from cards.escape import Markdown
from cards.fit import PAGE_BYTES, json_bytes, pages, paragraphs, short_path
from cards.restore import restore_row
from cards.result import cause_key, with_added
from cards.texts import Texts

ROW_PATH_BYTES = 3_000
"""A row shows its path whole, unless the path alone would fill a quarter of a page."""
PAGE_ROWS = 40
"""Rows of a page where there are very many: any page is found without reading those before it."""
DRY_RUN_ENTRIES = 20

_PATH_BYTES = (ROW_PATH_BYTES, 600, 200, 100, 40)
Row = Entry | ItemResult | RestoreResult
"""What stands in the details: an entry, or what became of it."""

_OUTCOMES = {
    Outcome.DELETED: "outcome.deleted",
    Outcome.ALREADY_GONE: "outcome.already_gone",
    Outcome.CHANGED: "outcome.changed",
    Outcome.DENIED: "outcome.denied",
    Outcome.NOT_RECYCLABLE: "outcome.not_recyclable",
    Outcome.FAILED: "outcome.failed",
    Outcome.UNKNOWN: "outcome.unknown",
}


def details_pages(
    request: Request, rows: Sequence[Row], t: Texts, max_bytes: int = PAGE_BYTES
) -> list[Markdown]:
    """Everything a request is about, each page at most `max_bytes` of JSON and headed by what it is and n/m;
    the first one says who is asked, as long as somebody is.

    Entries before the deletion, results after it: those say per entry what became of it.
    """
    lines = [_row(request, row, t, min(ROW_PATH_BYTES, max_bytes // 4)) for row in rows]
    asked = asked_line(request, t) if request.state is RequestState.AWAITING_APPROVAL else ""
    head = paragraphs((_details_title(request, t, 99_999, 99_999), asked))
    split = pages(lines, max_bytes - json_bytes(head) - json_bytes("\n\n"))
    return [
        paragraphs((_details_title(request, t, number, len(split)), asked if number == 1 else "", *page))
        for number, page in enumerate(split, 1)
    ]


def details_page(
    request: Request,
    rows: Sequence[Row],
    t: Texts,
    *,
    page: int,
    of: int,
    max_bytes: int = PAGE_BYTES,
) -> Markdown:
    """One page of a list so long that each has PAGE_ROWS rows: paths are cut until they fit."""
    asked = asked_line(request, t) if request.state is RequestState.AWAITING_APPROVAL and page == 1 else ""
    head = (_details_title(request, t, page, of), asked)
    text = Markdown()
    for path_bytes in _PATH_BYTES:
        text = paragraphs((*head, *(_row(request, row, t, path_bytes) for row in rows)))
        if json_bytes(text) <= max_bytes:
            break
    return text


def listing(
    path: str,
    dentries: Sequence[Dentry],
    t: Texts,
    max_bytes: int = PAGE_BYTES,
    *,
    total: int | None = None,
) -> Markdown:
    """What lies in the folder at `path`, folders first, as much as fits into one message.

    `dentries` may be only the first of a `total` that is more than fits.
    """
    if not dentries:
        return t("list.empty", path=path)
    total = len(dentries) if total is None else total
    title = t("list.title", n=total, path=path)
    ordered = sorted(dentries, key=lambda dentry: not dentry.is_folder)
    rows = [_listed(dentry, t) for dentry in ordered]
    more = json_bytes(t("list.more", n=total))
    shown = pages(rows, max_bytes - json_bytes(title) - more - 2 * json_bytes("\n\n"))[0]
    hidden = total - len(shown)
    return paragraphs((title, *shown, t("list.more", n=hidden) if hidden else ""))


def dry_run_text(manifest: Manifest, t: Texts, *, to_recycle_bin: bool = True) -> Markdown:
    """What a deletion would do, said before anybody is asked anything."""
    totals, targets = manifest.totals, [*islice(manifest.targets, DRY_RUN_ENTRIES)]
    hidden = totals.dentries - counted(targets)
    title = "dry_run.title" if to_recycle_bin else "dry_run.title_permanent"
    return paragraphs(
        (
            t(title, n=totals.dentries, space=manifest.space.name),
            *(entry_line(entry, t) for entry in targets),
            t("preview.more", n=hidden) if hidden else "",
            t("dry_run.total", amount=amount(t, totals.dentries, totals.size_bytes)),
            t("preview.folders", n=totals.folders) if totals.folders else "",
        )
    )


def _details_title(request: Request, t: Texts, page: int, of: int) -> Markdown:
    return t(
        "details.title",
        n=request.totals.dentries,
        id=request.id,
        space=request.space.name,
        page=page,
        of=of,
    )


def _row(request: Request, row: Row, t: Texts, path_bytes: int) -> Markdown:
    if isinstance(row, Entry):
        return entry_line(row, t, path_bytes)
    if isinstance(row, RestoreResult):
        return restore_row(row, t, path_bytes)
    line = with_added(entry_line(row.entry, t, path_bytes), row, t, path_bytes // 6)
    if row.outcome.is_gone or cause_key(row) != "cause.other":  # a code only where no sentence is known
        return t("details.result", line=line, outcome=outcome_word(request, row.outcome, t))
    return t(
        "details.result_with_code", line=line, outcome=outcome_word(request, row.outcome, t), code=row.cause
    )


def outcome_word(request: Request, outcome: Outcome, t: Texts) -> Markdown:
    """In the recycle bin, already gone, not deleted: what became of an entry."""
    if outcome is Outcome.DELETED and not request.to_recycle_bin:
        return t("outcome.deleted_permanently")
    if outcome is Outcome.CHANGED and request.ruling.answer == "approve":
        return t("outcome.changed_approved")
    return t(_OUTCOMES[outcome])


def _listed(dentry: Dentry, t: Texts) -> Markdown:
    line = Markdown(f"{mark(dentry)} {short_path(dentry.name, ROW_PATH_BYTES)}")
    return t("entry.file", line=line, size=t.size(dentry.size_bytes)) if dentry.size_bytes else line
