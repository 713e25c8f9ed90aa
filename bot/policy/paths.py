"""Patterns for paths: a folder and everything in it; `*` stands for anything within a name, `**` for folders.

`/2023/drafts` is that entry and all that lies in it; `/*/drafts` the same in every folder of the root;
`/**/drafts` at any depth, the root included; `/2023/**` what lies in /2023 but not that folder itself.

All paths of a manifest are searched at once, as one text: a thousand paths against a hundred rules must not hold
up a click. Every group between two `**`, and every name between two `*`, is matched as early as it can be and
never again (what follows has the more room), so no pattern can make the search explode.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_END = "\0"
_BOUNDARY = rf"(?=[/{_END}])"
_ANY_NAME = rf"[^/{_END}]"


def checked(pattern: str) -> str:
    """The pattern as it is kept. Raises ValueError with the way out for what would never match as it is meant."""
    if not pattern.startswith("/"):
        raise ValueError(f'write a path from the root of the space, with "/" first: "/{pattern}"')
    names = pattern.strip("/").split("/") if pattern.strip("/") else []
    if "" in names or _END in pattern:
        raise ValueError('write one "/" between two names')
    if any("**" in name and name != "**" for name in names):
        raise ValueError('write "**" alone between two "/", for example "/2023/**/*.pdf"')
    once = [
        name for name, before in zip(names, [None, *names], strict=False) if name != "**" or before != "**"
    ]
    return _normal("/" + "/".join(once))


def joined(paths: Iterable[str]) -> str:
    """Paths as one text for the functions below."""
    return "".join(f"{_END}{_normal(path.replace(_END, '□'))}" for path in paths) + _END


def any_in(patterns: tuple[str, ...], text: str) -> str | None:
    """The first of the joined paths that one of the patterns covers."""
    return _path_at(_search(patterns)[0].search(text), text)


def any_out(patterns: tuple[str, ...], text: str) -> str | None:
    """The first of the joined paths that none of the patterns covers."""
    return _path_at(_search(patterns)[1].search(text), text)


def _path_at(found: re.Match[str] | None, text: str) -> str | None:
    if found is None:
        return None
    start = found.start() + 1
    return text[start : text.index(_END, start)]


@lru_cache(maxsize=1024)
def _search(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    covered = "|".join(_expression(pattern) for pattern in patterns)
    return re.compile(f"{_END}(?:{covered})"), re.compile(f"{_END}(?!{covered})(?!\\Z)")


def _expression(pattern: str) -> str:
    if pattern == "/":
        return "/"
    below = pattern.removesuffix("/**") + "/*" if pattern.endswith("/**") else pattern
    first, *others = (_names(group) for group in f"{below}/".split("/**/"))
    return first + "".join(f"(?>(?:/{_ANY_NAME}+)*?{group})" for group in others)


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
