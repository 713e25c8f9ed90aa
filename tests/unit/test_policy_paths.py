"""Patterns for paths, against a reading of them that is slow and plain."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.paths import AnyLocated, Sieve, any_in, any_out, checked, joined
from tests.unit.policy_given import PATHS, PATTERNS


def covers(pattern: str, path: str) -> bool:
    return any_in((checked(pattern),), joined([path])) is not None


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        ("/2023/drafts", ["/2023/drafts", "/2023/drafts/a/b"], ["/2023", "/2023/drafts2", "/x/2023/drafts"]),
        ("/2023/drafts/", ["/2023/drafts", "/2023/drafts/a"], ["/2023/drafts2"]),
        ("/", ["/", "/a", "/a/b"], []),
        ("/**", ["/a", "/a/b"], []),
        ("/*", ["/a", "/a/b"], []),
        ("/2023/**", ["/2023/a", "/2023/a/b"], ["/2023", "/20234/a"]),
        ("/*/drafts", ["/a/drafts", "/a/drafts/x"], ["/drafts", "/a/b/drafts"]),
        ("/**/drafts", ["/drafts", "/a/drafts", "/a/b/drafts/c"], ["/a/draftsx", "/xdrafts"]),
        ("/a/**/b/**/c", ["/a/b/c", "/a/x/b/y/z/c/d"], ["/a/c/b", "/a/b"]),
        ("/a/**/**/b", ["/a/b", "/a/x/y/b"], ["/b"]),
        ("/2023/**/*.pdf", ["/2023/a.pdf", "/2023/x/y.pdf", "/2023/x.pdf/in"], ["/2023/a.pdfx", "/a.pdf"]),
        ("/*a*a*", ["/aa", "/xaxax", "/aaa"], ["/a", "/a/a"]),
        ("/a.b", ["/a.b"], ["/axb"]),
        ("/a[1](2)+", ["/a[1](2)+"], ["/a1"]),
        ("/预算 *", ["/预算 2023.xlsx"], ["/预算"]),
        ("/caf\u00e9", ["/cafe\u0301/x"], ["/cafe"]),
    ],
)
def test_a_pattern_is_for_an_entry_and_all_that_lies_in_it(
    pattern: str, inside: list[str], outside: list[str]
) -> None:
    assert [path for path in inside if not covers(pattern, path)] == []
    assert [path for path in outside if covers(pattern, path)] == []


@pytest.mark.parametrize("pattern", ["a", "", "//a", "/a//b", "/a/**b", "/***", "/a\0"])
def test_what_would_never_match_as_it_is_meant_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="write"):
        checked(pattern)


def plainly(pattern: list[str], path: list[str]) -> bool:
    """Whether the pattern is for a beginning of the path: name by name, all ways tried."""
    match pattern:
        case []:
            return True
        case ["**"]:
            return bool(path)
        case ["**", *rest]:
            return any(plainly(rest, path[skipped:]) for skipped in range(len(path) + 1))
        case [name, *rest]:
            return bool(path) and fnmatchcase(path[0], name) and plainly(rest, path[1:])
    return False


@settings(deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=3), st.lists(PATHS, max_size=5))
def test_all_paths_at_once_are_as_each_by_itself(patterns: list[str], paths: list[str]) -> None:
    names = [[name for name in pattern.split("/") if name] for pattern in patterns]
    inside = [path for path in paths if any(plainly(name, path[1:].split("/")) for name in names)]
    outside = [path for path in paths if path not in inside]
    ready, text = tuple(map(checked, patterns)), joined(paths)
    assert any_in(ready, text) == next(iter(inside), None)
    assert any_out(ready, text) == next(iter(outside), None)


@settings(deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=3), st.lists(st.lists(PATHS, max_size=3), max_size=4))
def test_paths_that_run_through_are_as_all_of_them_together(
    patterns: list[str], parts: list[list[str]]
) -> None:
    ready = tuple(map(checked, patterns))
    whole, sieve = AnyLocated([path for part in parts for path in part]), Sieve([ready])
    for part in parts:
        sieve.add(part)
    assert bool(sieve) is bool(whole)
    assert sieve.first_in(ready) == whole.first_in(ready)
    assert sieve.first_out(ready) == whole.first_out(ready)


@settings(deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_no_name_breaks_the_search(names: list[str]) -> None:
    text = joined(f"/{name}" for name in names)
    assert any_out(("/",), text) is None
    assert text.count("\0") == len(names) + 1


def test_no_pattern_makes_the_search_explode() -> None:
    hostile = "/" + "/".join(["**", "*a*a*a*a*b"] * 6)
    text = joined(["/" + "/".join(["a" * 200] * 50)] * 20)
    started = time.process_time()
    assert any_in((checked(hostile),), text) is None
    assert time.process_time() - started < 1
