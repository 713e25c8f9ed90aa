"""Memory with an end: what lets a sandbox run for days."""

from collections import UserDict
from typing import TypeVar

KeyT = TypeVar("KeyT")
ValueT = TypeVar("ValueT")


class Newest(UserDict[KeyT, ValueT]):
    """A dict that holds the `kept` entries added last and forgets those before them."""

    def __init__(self, kept: int) -> None:
        super().__init__()
        self.kept = kept

    def __setitem__(self, key: KeyT, value: ValueT) -> None:
        self.data[key] = value
        while len(self.data) > self.kept:
            del self.data[next(iter(self.data))]
