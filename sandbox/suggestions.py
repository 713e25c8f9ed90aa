"""What whoever opens the page may try first: sentences that make sense in this world, for a robot nobody here knows."""

from typing import Any

PARTS = frozenset({"text", "as", "conversation"})

Suggestion = dict[str, str]
"""`{text, as?, conversation?}`: who would say it where; without them, anybody anywhere."""


def checked_suggestions(raw: Any) -> list[Suggestion]:
    """The suggestions of a seed or a state. Raises ValueError when they are none."""
    if not isinstance(raw, list):
        raise ValueError("suggestions is no list")  # noqa: TRY004  the fault of whoever sent it
    return [_checked(one) for one in raw]


def _checked(raw: Any) -> Suggestion:
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise ValueError("a suggestion is no object of texts")
    if unknown := raw.keys() - PARTS:
        raise ValueError(f"a suggestion has no {', '.join(sorted(unknown))}")
    if not raw.get("text"):
        raise ValueError("a suggestion needs a text")
    return raw
