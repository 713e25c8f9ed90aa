"""On which line of a TOML file a key stands.

`tomllib` says what a file means and not where. The grammar says where, and is asked for nothing else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

Place = tuple[str | int, ...]
"""Keys and positions in lists, from the top: ("rules", 0, "name")."""

_LANGUAGE = Language(tree_sitter_toml.language())
_KEYS = {"bare_key", "quoted_key", "dotted_key"}
_IN_LINE = re.compile(r"at line (\d+)")


def positions(text: str) -> dict[Place, int]:
    """The line, from 1, on which each key and each element of a list begins. `text` is valid TOML."""
    root = Parser(_LANGUAGE).parse(text.encode()).root_node
    lines: dict[Place, int] = {}
    for place, node in _document(root):
        for depth in range(1, len(place) + 1):  # "a.b = 1" is the first to name a, too
            lines.setdefault(place[:depth], node.start_point.row + 1)
    return lines


def line_of(place: Place, lines: dict[Place, int]) -> int | None:
    """The line of a place, or of the innermost thing around it that the file has."""
    for depth in range(len(place), 0, -1):
        if place[:depth] in lines:
            return lines[place[:depth]]
    return None


def line_of_error(exc: tomllib.TOMLDecodeError, text: str) -> int:
    """The line, from 1, on which TOML ceases to be TOML."""
    found = _IN_LINE.search(str(exc))
    return int(found[1]) if found else text.count("\n") + 1  # "at end of document"


def _document(root: Node) -> Iterator[tuple[Place, Node]]:
    counts: dict[Place, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            yield from _pair(node, ())
        elif node.type in {"table", "table_array_element"}:
            place = _header(node, counts)
            yield place, node
            for pair in node.named_children:
                if pair.type == "pair":
                    yield from _pair(pair, place)


def _header(node: Node, counts: dict[Place, int]) -> Place:
    """Where a table's pairs belong: a list of tables on the way means its latest one."""
    keys = _keys(_key_of(node))
    place: Place = ()
    for number, key in enumerate(keys):
        place = (*place, key)
        if node.type == "table_array_element" and number == len(keys) - 1:
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = (*place, counts[place] - 1)
    return place


def _pair(node: Node, around: Place) -> Iterator[tuple[Place, Node]]:
    place = (*around, *_keys(_key_of(node)))
    yield place, node
    yield from _value(node.named_children[-1], place)


def _value(node: Node, place: Place) -> Iterator[tuple[Place, Node]]:
    if node.type == "inline_table":
        for pair in node.named_children:
            if pair.type == "pair":
                yield from _pair(pair, place)
    elif node.type == "array":
        elements = [child for child in node.named_children if child.type != "comment"]
        for number, element in enumerate(elements):
            yield (*place, number), element
            yield from _value(element, (*place, number))


def _key_of(node: Node) -> Node:
    return next(child for child in node.named_children if child.type in _KEYS)


def _keys(node: Node) -> tuple[str, ...]:
    if node.type == "dotted_key":
        return tuple(key for child in node.named_children for key in _keys(child))
    written = (node.text or b"").decode()
    return (next(iter(tomllib.loads(f"{written} = 0"))),)
