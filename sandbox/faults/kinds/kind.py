"""What a kind of fault is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Group = Literal["error", "throttle", "network", "storage", "cards", "stream"]
Side = Literal["call", "push", "connection"]

OFTEN = ("count", "probability", "seed", "seconds")
"""The fields that say when."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One entry of the catalogue: `title` and `about` in Chinese and English, what an order `takes` (the fields
    worth showing, in order) and the `defaults` it is filled in with, by the names they have as JSON."""

    name: str
    group: Group
    side: Side
    title: Mapping[str, str]
    about: Mapping[str, str]
    takes: tuple[str, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)


def words(zh: str, en: str) -> dict[str, str]:
    """The same in both languages."""
    return {"zh": zh, "en": en}
