"""The one line that a notification shows."""

from __future__ import annotations

TITLE_CHARS = 40


def title_of(markdown: str) -> str:
    """The first line, without its marks."""
    first = markdown.split("\n", 1)[0].replace("**", "")
    return first if len(first) <= TITLE_CHARS else first[: TITLE_CHARS - 1] + "…"
