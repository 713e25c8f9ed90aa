"""The list as a file: every entry once and whole, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import Entry, Language, Outcome
from cards.manifest_csv import BOM, csv_name, inert, manifest_csv
from cards.texts import texts
from tests.unit.cards_given import ENTRIES, LANGUAGES, SHANGHAI, file, hostile, request, result, voted

ZH, EN = texts("zh"), texts("en")


def read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text.removeprefix(BOM), newline="")))


def with_facts(entry: Entry, **facts: object) -> Entry:
    return entry.model_copy(update={"dentry": entry.dentry.model_copy(update=facts)})


def test_every_entry_is_a_line_below_the_headings() -> None:
    changed = datetime(2022, 11, 30, 16, 5, 7, tzinfo=UTC)
    known = with_facts(ENTRIES[1], modified_at=changed, version=3, creator_id="uZhao")
    text = manifest_csv(voted(), [ENTRIES[0], known], ZH, SHANGHAI)

    assert text.startswith(BOM)
    assert text.count("\r\n") == text.count("\n") == 3
    assert read(text) == [
        ["路径", "类型", "大小（字节）", "最后改动", "版本", "创建者", "结果", "原因"],
        ["/2023/drafts", "文件夹", "", "", "", "", "", ""],
        ["/report.pdf", "文件", "12400000", "2022-12-01 00:05:07", "3", "赵同事", "", ""],
    ]
    assert csv_name(voted()) == "dingsweep-K7M2.csv"


def test_after_the_deletion_each_says_what_became_of_it() -> None:
    results = [
        result(with_facts(ENTRIES[1], creator_id="uWang")),
        result(with_facts(ENTRIES[2], creator_id="uWho"), Outcome.DENIED, "permissionDenied"),
    ]
    rows = read(manifest_csv(request(), results, EN, SHANGHAI))

    assert rows[0][-2:] == ["Outcome", "Cause"]
    assert [row[5:] for row in rows[1:]] == [
        ["王小明", "moved to the recycle bin", ""],
        ["uWho", "no right to delete it, not deleted", "permissionDenied"],
    ]
    assert "permanently" in manifest_csv(request(permanent=True), results, EN, SHANGHAI)


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", " =1", "\0=1"]
)
def test_what_a_spreadsheet_would_run_is_text(cell: str) -> None:
    assert inert(cell).startswith("'")
    assert inert(f"/{cell}") == f"/{cell}".replace("\0", "")


@settings(deadline=None)
@given(st.lists(st.one_of(hostile, st.text(max_size=9).map(lambda x: f"={x}")), min_size=1, max_size=9))
def test_no_name_makes_a_cell_or_a_line_or_a_formula(names: list[str]) -> None:
    rows = [with_facts(file(name), creator_id=name) for name in names]
    for language in LANGUAGES:
        text = manifest_csv(request(), rows, texts(language), SHANGHAI)
        cells = read(text)
        assert text.encode()
        assert len(cells) == len(names) + 1
        assert {len(row) for row in cells} == {8}
        for row in cells:
            assert not [cell for cell in row if cell.lstrip(" \u3000\xa0")[:1] in tuple("=+-@\t\r\n＝＋－＠")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ordinary_path_stays_as_it_is(language: Language) -> None:
    paths = ['/a "b", c.pdf', "/预算 2023.xlsx", "/a;b\tc", "/👨‍👩‍👧.png"]
    rows = read(manifest_csv(request(), [file(path) for path in paths], texts(language), SHANGHAI))
    assert [row[0] for row in rows[1:]] == paths
