"""Lines of a TOML file: what the grammar finds is what the file means, and stands where it is said to stand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.lines import Place, line_of, line_of_error, positions

HOSTILE = '''\
# [[rules]] in a comment
title.short = "a" # name = "x"
text = """
[[rules]]
name = "not a rule"
\\"""
"""
"quo\\u0074ed"."dot.ted" = { a = 1, b.c = [ 1, { d = 2 } ] }
literal = \'\'\'
[[rules]]
\'\'\'

[[rules]]   # the first
name = "One"
from = [
  "manager", # [[rules]]
  # "heads",
  'user:li',
]
sentence.zh = "不"
sentence.en = "No"

[spaces]
"cidA==" = "1"

[[ "rules" ]]
name = """
Two"""
[rules.sentence]
en = "No"

[later.deeper]
x = 1979-05-27T07:32:00Z
[later]
y = [[1, 2],
  [3]]
[[rules]]
'name' = "Three"
[[rules.inner]]
z = 1
[[rules.inner]]
z = 2
'''
LINES = {
    ("title", "short"): 2,
    ("text",): 3,
    ("quoted", "dot.ted", "b", "c", 1, "d"): 8,
    ("literal",): 9,
    ("rules", 0): 13,
    ("rules", 0, "name"): 14,
    ("rules", 0, "from"): 15,
    ("rules", 0, "from", 0): 16,
    ("rules", 0, "from", 1): 18,
    ("rules", 0, "sentence"): 20,
    ("rules", 0, "sentence", "en"): 21,
    ("spaces", "cidA=="): 24,
    ("rules", 1): 26,
    ("rules", 1, "name"): 27,
    ("rules", 1, "sentence"): 29,
    ("rules", 1, "sentence", "en"): 30,
    ("later", "deeper", "x"): 33,
    ("later", "y", 1, 0): 36,
    ("rules", 2, "name"): 38,
    ("rules", 2, "inner", 0, "z"): 40,
    ("rules", 2, "inner", 1, "z"): 42,
}


def places(value: Any, around: Place = ()) -> Iterator[Place]:
    """Everything in what tomllib makes of a file."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*around, key)
            yield from places(inner, (*around, key))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_are_right_however_strange_the_file_is(end: str) -> None:
    text = HOSTILE.replace("\n", end)
    found = positions(text)
    assert set(found) == set(places(tomllib.loads(text)))
    assert {place: found[place] for place in LINES} == LINES


def test_inline_rules_have_lines_too() -> None:
    found = positions('rules = [\n  { name = "One" },\n\n  { name = "Two", answer = "run" } ]\n')
    assert (found["rules", 0], found["rules", 1], found["rules", 1, "answer"]) == (2, 4, 4)


def test_what_is_missing_is_told_by_what_is_around_it() -> None:
    found = positions('[[rules]]\nname = "One"\n')
    assert line_of(("rules", 0, "answer"), found) == 1
    assert line_of(("spaces", "x"), found) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("a = 1\n\nb = [1,\n", 3),
        ("a = 1\r\nb = 'x\r\n", 2),
        ("a = 1\na = 2\nb = 3", 2),
        ("a", 1),
    ],
)
def test_a_mistake_in_the_toml_itself_has_a_line(text: str, line: int) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    assert line_of_error(caught.value, text) == line


KEYS = st.sampled_from(["a", "b", "c", '"a"', '"d e"', "'#'", '"[[a]]"', '"é\\u0301"'])
DOTTED = st.lists(KEYS, min_size=1, max_size=3).map(".".join)
SCALARS = st.sampled_from(
    [
        "1",
        '"x"',
        "'y # [z]'",
        '"""\n[[a]]\nb = 1"""',
        "'''\n# no\n'''",
        "true",
        "1979-05-27",
        "-1_0.5e3",
        '"é"',
    ]
)
GAPS = st.sampled_from(["", "\n", "\n\n  ", " # ] }\n"])


@st.composite
def lists(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    elements = draw(st.lists(inner, max_size=3))
    return "[" + "".join(f"{draw(GAPS)}{element}{draw(GAPS)}," for element in elements) + draw(GAPS) + "]"


def inlines(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(DOTTED, inner).map(" = ".join)
    return st.lists(pairs, max_size=3).map(lambda given: "{ " + ", ".join(given) + " }")


VALUES = st.recursive(SCALARS, lambda inner: lists(inner) | inlines(inner), max_leaves=4)
LINE = st.one_of(
    st.tuples(DOTTED, VALUES).map(" = ".join),
    DOTTED.map("[{}]".format),
    DOTTED.map("[[ {} ]] # x".format),
    st.sampled_from(["", "# [[a]]", "\t"]),
)


@settings(deadline=None, max_examples=400)
@given(st.lists(LINE, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_the_grammar_finds_what_the_file_means(lines: list[str], end: str) -> None:
    """Every key and element that tomllib reads has a line, and nothing else has; a line on which its key stands."""
    kept: list[str] = []
    for line in lines:  # of what would contradict what is before, nothing is kept
        try:
            tomllib.loads("\n".join([*kept, line]))
        except tomllib.TOMLDecodeError:
            continue
        kept.append(line)
    text = "\n".join(kept).replace("\n", end)
    found = positions(text)
    assert set(found) == set(places(tomllib.loads(text)))
    written = text.split("\n")
    for place, number in found.items():
        assert 1 <= number <= len(written)
        if isinstance(place[-1], str) and place[-1].isalpha() and place[-1].isascii():
            assert place[-1] in written[number - 1]
