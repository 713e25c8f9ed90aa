"""docs/logs.md tells every event that the program logs, with its levels and fields, and no other."""

import re

import pytest

from bot.logs.failures import NAMES
from bot.logs.redaction import _SECRET_FIELD
from bot.logs.repeats import ALWAYS, REPEATED
from tests.unit import papers
from tests.unit.logged import PACKAGES, events

PAPERS = ("docs/logs.md", "docs/logs.zh-CN.md")
MADE_OTHERWISE = {
    "log.unwritable": ("error", {"error"}),
    "run.refused": ("critical", {"problem"}),
    "shutdown.at_once": ("warning", set()),
    "shutdown.cut_off": ("warning", set()),
    "stamina.retry_scheduled": ("info", {"retry_num", "wait_for", "caused_by"}),
    REPEATED: ("info, warning, error", {"repeated", "left_out"}),
}
"""Said by libraries, or without the logger."""
ORDER = ("debug", "info", "warning", "error", "critical")
EVENTS = events()


def _told(name: str) -> dict[str, tuple[str, set[str]]]:
    rows = papers.rows(papers.read(name))
    found = {cell.strip("`"): cells for cell, cells in rows.items() if re.fullmatch(r"`\w+(\.\w+)+`", cell)}
    assert all(len(cells) == 4 and all(cells) for cells in found.values())
    return {event: (cells[0], set(re.findall(r"`(\w+)`", cells[2]))) for event, cells in found.items()}


@pytest.mark.parametrize("name", PAPERS)
def test_every_event_is_told_with_its_levels_and_fields(name: str) -> None:
    logged = {
        event: (", ".join(level for level in ORDER if level in said.levels), said.fields)
        for event, said in EVENTS.items()
    }
    assert _told(name) == logged | MADE_OTHERWISE


def test_events_are_named_alike() -> None:
    assert [event for event in EVENTS if not re.fullmatch(r"[a-z_]+(\.[a-z_]+){1,2}", event)] == []


def test_no_field_is_one_that_is_left_out() -> None:
    """Whoever wants to log what people have written, or a secret, should know that it will not be seen."""
    fields = {field for said in EVENTS.values() for field in said.fields}
    assert fields & NAMES == set()
    assert [field for field in fields if _SECRET_FIELD.match(field)] == []


def test_what_always_passes_is_there() -> None:
    known = EVENTS.keys() | MADE_OTHERWISE.keys()
    assert [name for name in ALWAYS if not any(event.startswith(name) for event in known)] in (
        [],
        ["reload."],
    )


def test_both_languages_say_the_same() -> None:
    english, chinese = map(papers.read, PAPERS)
    assert papers.levels(english) == papers.levels(chinese)
    assert papers.typed(english) == papers.typed(chinese)
    assert [row for row in papers.rows(english) if "." in row] == [
        row for row in papers.rows(chinese) if "." in row
    ]
    assert [papers.dead_links(name) for name in PAPERS] == [[], []]


def test_errors_are_handed_over_whole() -> None:
    """As text they would quote names that are left out of errors."""
    sources = [file for package in PACKAGES for file in (papers.ROOT / package).rglob("*.py")]
    assert [str(file) for file in sources if "error=str(exc)" in file.read_text("utf-8")] == []
