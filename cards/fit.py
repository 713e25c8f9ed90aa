"""Cutting to size: whole lines first, then inside a text, never inside a character a reader sees.

A value of a card holds 1 KB and a card 100 KB
(https://open.dingtalk.com/document/development/create-and-deliver-cards); a robot message holds 15 000 bytes of JSON.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cards.escape import Markdown, escape

VALUE_BYTES = 1024
"""UTF-8 bytes in one value of a card."""
PAGE_BYTES = 14_000
"""Bytes of one page of text inside a robot message's JSON; leaves room for its title."""
NAME_BYTES = 60
SPACE_BYTES = 90
TEXT_BYTES = 180
"""A reason, or a rule in words."""
ELLIPSIS = "…"

_JOINER = "\u200d"


def utf8_bytes(text: str) -> int:
    """Size of a card's value."""
    return len(text.encode())


def json_bytes(text: str) -> int:
    """Size of a text inside a message's JSON, where a quote or a newline takes two bytes."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def characters(text: str) -> Iterator[str]:
    """What a reader sees as single characters: an emoji family or a letter with its accents is one."""
    seen = ""
    for character in text:
        if seen and not _continues(seen, character):
            yield seen
            seen = character
        else:
            seen += character
    if seen:
        yield seen


def _continues(before: str, character: str) -> bool:
    """Marks, selectors, skin tones, joined emoji, Korean vowels and the second letter of a flag."""
    return (
        unicodedata.category(character).startswith("M")
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\u1160" <= character <= "\u11ff"
        or character == _JOINER
        or before.endswith(_JOINER)
        or (_is_flag(character) and len(before) == 1 and _is_flag(before))
    )


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def short(text: str, max_bytes: int) -> Markdown:
    """`text` escaped, its end replaced by … when it is longer than `max_bytes`: for names and reasons."""
    return _cut(text, max_bytes, tail_share=0)


def short_path(text: str, max_bytes: int) -> Markdown:
    """`text` escaped, its middle replaced by … when it is longer than `max_bytes`: a path's two ends tell most."""
    return _cut(text, max_bytes, tail_share=0.5)


def _cut(text: str, max_bytes: int, *, tail_share: float) -> Markdown:
    whole = escape(text)
    if utf8_bytes(whole) <= max_bytes:
        return whole
    room = max_bytes - utf8_bytes(ELLIPSIS)
    tail = _prefix(reversed([*characters(whole)]), int(room * tail_share))[::-1] if tail_share else []
    head = _prefix(characters(whole), room - utf8_bytes("".join(tail)))
    cut = escape("".join((*head, ELLIPSIS, *tail)))
    # A cut can leave an underscore at an edge, which escaping then widens by two bytes: cut a little more.
    return cut if utf8_bytes(cut) <= max_bytes else _cut(text, max_bytes - 4, tail_share=tail_share)


def _prefix(seen: Iterable[str], room: int) -> list[str]:
    kept: list[str] = []
    for character in seen:
        room -= utf8_bytes(character)
        if room < 0:
            break
        kept.append(character)
    return kept


def paragraphs(lines: Iterable[str]) -> Markdown:
    """Lines below each other; a blank line between them is a new line in every DingTalk client. Skips empty ones."""
    return Markdown("\n\n".join(filter(None, lines)))


def fitting(candidates: Iterable[str], max_bytes: int = VALUE_BYTES) -> Markdown:
    """The first of the candidates, richest first, that fits into a value; the last one when none does."""
    text = ""
    for text in candidates:
        if utf8_bytes(text) <= max_bytes:
            break
    return Markdown(text)


@dataclass(frozen=True)
class Room:
    """How much a card shows of what may be long: entries, people by name, bytes of a reason or a rule."""

    entries: int = 0
    names: int = 4
    text_bytes: int = TEXT_BYTES


WHOLE = Room()
"""Where nothing is scarce: in a message."""


def rooms(entries: int) -> Iterator[Room]:
    """From the richest to the barest. One entry is worth more than many names, and every fact more than its length."""
    yield from (Room(entries=count) for count in range(entries, 0, -1))
    if entries:
        yield Room(entries=1, names=2, text_bytes=TEXT_BYTES // 2)
    yield Room()
    yield Room(names=2, text_bytes=TEXT_BYTES // 2)
    yield Room(names=1, text_bytes=TEXT_BYTES // 4)


def pages(rows: Sequence[str], max_bytes: int) -> list[list[str]]:
    """Rows in order, split into pages of at most `max_bytes` of JSON each; every row whole, at least one a page."""
    result: list[list[str]] = [[]]
    room = max_bytes
    for row in rows:
        size = json_bytes(row) + json_bytes("\n\n")
        if result[-1] and size > room:
            result.append([])
            room = max_bytes
        result[-1].append(row)
        room -= size
    return result
