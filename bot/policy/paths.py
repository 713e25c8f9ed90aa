"""Patterns for paths: a folder and everything in it; `*` stands for anything within a name, `**` for folders.

`/2023/drafts` is that entry and all that lies in it; `/*/drafts` the same in every folder of the root;
`/**/drafts` at any depth, the root included; `/2023/**` what lies in /2023 but not that folder itself.

Many paths are searched at once, as one text, and only for patterns whose literal parts are in it at
all: a thousand paths against a hundred rules must not hold up a click. Every group between two `**`, and every
name between two `*`, is matched as early as it can be and never again (what follows has the more room), so no
pattern can make the search explode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Protocol

Patterns = tuple[str, ...]

_END = "\0"
_BOUNDARY = rf"(?=[/{_END}])"
_ANY_NAME = rf"[^/{_END}]"


def checked(pattern: str) -> str:
    """The pattern as it is kept. Raises ValueError with the way out for what would never match as it is meant."""
    if not pattern.startswith("/"):
        raise ValueError(f'write a path from the root of the space, with "/" first: "/{pattern}"')
    inner = pattern[1:].removesuffix("/")
    names = inner.split("/") if inner else []
    if "" in names or _END in pattern:
        raise ValueError('write one "/" between two names')
    if any("**" in name and name != "**" for name in names):
        raise ValueError('write "**" alone between two "/", for example "/2023/**/*.pdf"')
    once = [
        name for name, before in zip(names, [None, *names], strict=False) if name != "**" or before != "**"
    ]
    return _normal("/" + "/".join(once))


class Located(Protocol):
    """Paths, as rules ask about them."""

    def __bool__(self) -> bool:
        """Whether there are any."""

    def first_in(self, patterns: Patterns) -> str | None:
        """The first path that one of the patterns covers."""

    def first_out(self, patterns: Patterns) -> str | None:
        """The first path that none of the patterns covers."""


class AnyLocated:
    """Answers of all patterns; keeps the paths."""

    def __init__(self, paths: Collection[str]) -> None:
        self._text = joined(paths)
        self._is_some = bool(paths)

    def __bool__(self) -> bool:
        return self._is_some

    def first_in(self, patterns: Patterns) -> str | None:
        return any_in(patterns, self._text)

    def first_out(self, patterns: Patterns) -> str | None:
        return any_out(patterns, self._text)


class Sieve:
    """Answers of those patterns it was made for; paths run through it, and only the first to fit are kept."""

    def __init__(self, asked: Iterable[Patterns]) -> None:
        self._in: dict[Patterns, str | None] = dict.fromkeys(asked)
        self._out = dict(self._in)
        self._is_some = False

    def add(self, paths: Collection[str]) -> None:
        self._is_some |= bool(paths)
        text = joined(paths)
        for found, first in ((self._in, any_in), (self._out, any_out)):
            for patterns in [asked for asked, path in found.items() if path is None]:
                found[patterns] = first(patterns, text)

    def __bool__(self) -> bool:
        return self._is_some

    def first_in(self, patterns: Patterns) -> str | None:
        return self._in[patterns]

    def first_out(self, patterns: Patterns) -> str | None:
        return self._out[patterns]


def joined(paths: Iterable[str]) -> str:
    """Paths as one text for the functions below."""
    return "".join(f"{_END}{_normal(path.replace(_END, '□'))}" for path in paths) + _END


def any_in(patterns: tuple[str, ...], text: str) -> str | None:
    """The first of the joined paths that one of the patterns covers."""
    starts = [start for pattern in patterns if (start := _first_in(pattern, text)) is not None]
    return _path_at(min(starts), text) if starts else None


def any_out(patterns: tuple[str, ...], text: str) -> str | None:
    """The first of the joined paths that none of the patterns covers."""
    found = _outside(patterns).search(text)
    return _path_at(found.start(), text) if found else None


def _first_in(pattern: str, text: str) -> int | None:
    if not all(part in text for part in _literals(pattern)):
        return None
    found = _inside(pattern).search(text)
    return found.start() if found else None


def _path_at(start: int, text: str) -> str:
    return text[start + 1 : text.index(_END, start + 1)]


@lru_cache(maxsize=4096)
def _inside(pattern: str) -> re.Pattern[str]:
    return re.compile(_END + _expression(pattern))


@lru_cache(maxsize=1024)
def _outside(patterns: tuple[str, ...]) -> re.Pattern[str]:
    covered = "|".join(_expression(pattern) for pattern in patterns)
    return re.compile(f"{_END}(?!{covered})(?!\\Z)")


@lru_cache(maxsize=4096)
def _literals(pattern: str) -> tuple[str, ...]:
    """What every path that the pattern covers has in it."""
    return tuple(part for group in _groups(pattern) for part in group.split("*"))


def _expression(pattern: str) -> str:
    if pattern == "/":
        return "/"
    first, *others = map(_names, _groups(pattern))
    return first + "".join(f"(?>(?:/{_ANY_NAME}+)*?{group})" for group in others)


def _groups(pattern: str) -> list[str]:
    """What stands between two `**`: /a, /b/*.pdf. What lies anywhere in a folder lies in something in it."""
    below = pattern.removesuffix("/**") + "/*" if pattern.endswith("/**") else pattern
    return [group and f"/{group.strip('/')}" for group in f"{below}/".split("/**/")]


def _names(group: str) -> str:
    """Whole names in a row, each with the "/" before it."""
    names = [name for name in group.split("/") if name]
    return "".join(f"/{_name(name)}" for name in names) + _BOUNDARY


def _name(name: str) -> str:
    first, *others = (re.escape(part) for part in re.split(r"\*", name))
    if not others:
        return first
    *middle, last = others
    early = "".join(f"(?>{_ANY_NAME}*?{part})" for part in middle)
    return f"{first}{early}{_ANY_NAME}*{last}{_BOUNDARY}"


def _normal(path: str) -> str:
    """A Mac writes é as two characters: to a person it is the same name, so it is to a rule."""
    return unicodedata.normalize("NFC", path)
