"""Which of what a deletion took is meant by a path that somebody typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.deletion.picking import Pick

NAMES = st.sampled_from(["a", "A", "ａ", "ab", "b", "a b", "合同", "a.txt"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
TREES = st.dictionaries(PATHS, st.lists(NAMES, max_size=3), max_size=8)
"""Targets by path, each with the names of what lay in it."""


def lines(tree: dict[str, list[str]]) -> list[tuple[str, str]]:
    """The manifest's lines of targets none of which lies in another: path, and the folder it lies in."""
    tops = [path for path in tree if not any(path.startswith(f"{other}/") for other in tree)]
    return [line for top in tops for line in [(top, ""), *((f"{top}/{name}", top) for name in tree[top])]]


def picked(path: str, seen: list[tuple[str, str]]) -> Pick:
    pick = Pick(path)
    for line in seen:
        pick.see(*line)
    return pick


def taken(prefix: str, seen: list[tuple[str, str]]) -> set[str]:
    """What the store takes for a prefix: targets at it or below it."""
    return {path for path, folder in seen if not folder and (path == prefix or path.startswith(f"{prefix}/"))}


@given(TREES, PATHS)
def test_it_takes_something_or_says_why_not(tree: dict[str, list[str]], path: str) -> None:
    seen = lines(tree)
    pick = picked(path, seen)
    if pick.prefix:
        assert taken(pick.prefix, seen), "a prefix that takes nothing would be an empty restore"
        assert not pick.inside
    elif pick.inside:
        assert (pick.inside, "") in seen, "the folder that is offered was deleted"
    else:
        assert not taken(path, seen)
        assert path not in {line for line, _ in seen}


@given(TREES, st.data())
def test_what_is_written_as_it_was_is_taken_exactly(tree: dict[str, list[str]], data: st.DataObject) -> None:
    seen = lines(tree)
    if not seen:
        return
    path, folder = data.draw(st.sampled_from(seen))
    pick = picked(path, seen)
    if folder and not taken(path, seen):
        assert (pick.prefix, pick.inside) == (None, folder)
    else:
        assert pick.prefix == path


SEEN = [("/2023", ""), ("/2023/plan.docx", "/2023"), ("/Report.pdf", ""), ("/x/1", ""), ("/x/2", "")]


@pytest.mark.parametrize(
    ("path", "prefix", "inside", "nearest"),
    [
        ("/x", "/x", "", None),
        ("/report.PDF", "/Report.pdf", "", None),
        ("/2023/plan.docx", None, "/2023", None),
        ("/2023/PLAN.docx", None, "/2023", None),
        ("/Reprt.pdf", None, "", "/Report.pdf"),
        ("/nothing/like/it", None, "", None),
        ("/", "/", "", None),
    ],
)
def test_rows(path: str, prefix: str | None, inside: str, nearest: str | None) -> None:
    pick = picked(path, SEEN)
    assert (pick.prefix, pick.inside) == (prefix, inside)
    assert prefix or inside or pick.nearest == nearest


def test_two_spellings_of_one_path_are_not_guessed_at() -> None:
    assert picked("/A", [("/a", ""), ("/ａ", "")]).prefix is None
