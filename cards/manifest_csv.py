"""A request's full list as a file for a spreadsheet, in which no cell does anything.

A spreadsheet takes a cell that begins with one of a few characters for a formula, and file names come from
strangers: such a cell gets an apostrophe in front (https://owasp.org/www-community/attacks/CSV_Injection). Every
cell is quoted, since some spreadsheets also split at semicolons and tabs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from io import StringIO

from bot.models import Entry, Request, RestoreResult
from cards.escape import Markdown
from cards.lists import Row, outcome_word
from cards.restore import restored_word
from cards.texts import Texts

BOM = "\ufeff"
"""Without it, Excel takes UTF-8 for the local code page."""

_ACTIVE = tuple("=+-@\t\r\n\0＝＋－＠")


def csv_name(request: Request) -> str:
    """The name of the file: dingsweep-K7M2.csv"""
    return f"dingsweep-{request.id}.csv"


def manifest_csv(request: Request, rows: Sequence[Row], t: Texts, zone: tzinfo) -> str:
    """One line for each entry of the manifest, or after the deletion for each result, below a line of headings.

    Paths and names are whole and as DingTalk gave them; sizes are bytes, times are the reader's.
    """
    return csv_head(t) + csv_lines(request, rows, t, zone)


def csv_head(t: Texts) -> str:
    """How the file begins."""
    return BOM + _written([_headings(t)])


def csv_lines(request: Request, rows: Sequence[Row], t: Texts, zone: tzinfo) -> str:
    """Some of its lines."""
    names = {owner.union_id: owner.name for owner in request.survey.owners}
    names[request.requester.union_id] = request.requester.name
    return _written([inert(cell) for cell in _cells(request, row, names, t, zone)] for row in rows)


def _written(lines: Iterable[Sequence[str]]) -> str:
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)
    return text.getvalue()


def inert(cell: str) -> str:
    """`cell` as text that a spreadsheet shows and does not run; half characters, which no file can hold, replaced."""
    shown = cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "")
    return f"'{shown}" if shown.lstrip(" \u3000\xa0").startswith(_ACTIVE) else shown


def _headings(t: Texts) -> tuple[Markdown, ...]:
    return (
        t("csv.path"),
        t("csv.type"),
        t("csv.size"),
        t("csv.modified"),
        t("csv.version"),
        t("csv.creator"),
        t("csv.outcome"),
        t("csv.cause"),
    )


def _cells(request: Request, row: Row, names: dict[str, str], t: Texts, zone: tzinfo) -> Iterator[str]:
    dentry = (row if isinstance(row, Entry) else row.entry).dentry
    yield dentry.path
    yield t("csv.folder") if dentry.is_folder else t("csv.file")
    yield "" if dentry.is_folder else str(dentry.size_bytes)
    yield f"{dentry.modified_at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if dentry.modified_at else ""
    yield str(dentry.version) if dentry.version else ""
    yield names.get(dentry.creator_id) or dentry.creator_id
    yield _outcome(request, row, t)
    yield "" if isinstance(row, Entry) else row.cause


def _outcome(request: Request, row: Row, t: Texts) -> str:
    if isinstance(row, Entry):
        return ""
    if isinstance(row, RestoreResult):
        return restored_word(row, t)
    return outcome_word(request, row.outcome, t)
