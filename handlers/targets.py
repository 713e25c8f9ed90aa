"""What a command points at, as it was typed and as it is meant. Nothing is looked up here."""

from __future__ import annotations

import re
from typing import Self

from bot import models
from handlers.grammar import UsageProblem

MAX_ID_CHARS = 64

_ID = re.compile(r"[0-9]{6,}")
_WEB = re.compile(r"(?i:https?)://")
_NODE = re.compile(
    r"(?i:https?://alidocs\.dingtalk\.(?:com|io))(?::\d+)?/i/nodes/(?P<uuid>[A-Za-z0-9_-]+)/?(?:[?#]\S*)?"
)


class Target(models.Target):
    """A target as it is read from a text.

    Links follow https://open.dingtalk.com/document/development/get-node-by-link
    """

    @classmethod
    def of(cls, text: str) -> Self:
        """Read a target. Raises UsageProblem `bad_path` (path), `bad_id` (id) or `bad_link` (link)."""
        if _WEB.match(text):
            return cls(text=text, kind="link", value=_uuid(text))
        if _ID.fullmatch(text):
            return cls(text=text, kind="id", value=checked_id(text))
        if "/" in text or text in {"", ".", ".."}:
            path = _path(text)
            return cls(text=text, kind="path" if path != "/" else "root", value=path)
        return cls(text=text, kind="name", value=text)


def checked_id(text: str) -> str:
    """An id of a length that exists. Raises UsageProblem `bad_id` (id)."""
    if len(text) > MAX_ID_CHARS:
        raise UsageProblem("bad_id", id=text)
    return text


def _uuid(link: str) -> str:
    found = _NODE.fullmatch(link)
    if not found:
        raise UsageProblem("bad_link", link=link)
    return checked_id(found["uuid"])


def _path(text: str) -> str:
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if not text or ".." in parts:
        raise UsageProblem("bad_path", path=text)
    return "/" + "/".join(parts)


ROOT = Target(text="/", kind="root", value="/")
