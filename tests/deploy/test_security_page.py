"""What docs/security.md and docs/upgrades.md say is about what there is: each permission, each test, the schema."""

from __future__ import annotations

import re

import pytest

from bot.store.inspection import known_schemas
from tests.unit import papers

LANGUAGES = pytest.mark.parametrize("end", ["", ".zh-CN"])
PERMISSION = re.compile(r"^`((?:qyapi_\w+|[A-Z]\w+(?:\.\w+)+))`")


def permissions(paper: str) -> set[str]:
    return {found[1] for cell in papers.rows(paper) if (found := PERMISSION.match(cell))}


@LANGUAGES
def test_it_tells_of_every_permission_what_it_allows(end: str) -> None:
    asked_for = permissions(papers.read(f"README{end}.md"))
    assert len(asked_for) > 10
    assert permissions(papers.read(f"docs/security{end}.md")) == asked_for


@LANGUAGES
def test_the_tests_it_names_are_there(end: str) -> None:
    named = re.findall(r"`(test_\w+\.py)`", papers.read(f"docs/security{end}.md"))
    assert len(named) > 5
    assert [name for name in named if not list((papers.ROOT / "tests").rglob(name))] == []


@LANGUAGES
def test_the_notes_are_about_the_newest_schema(end: str) -> None:
    rows = papers.rows(papers.read(f"docs/upgrades{end}.md"))
    assert max(cells[0] for cells in rows.values() if cells and cells[0].isdecimal()) == known_schemas()[0]
