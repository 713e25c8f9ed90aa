"""What is too much to be held in memory, put aside in a file for as long as it is worked on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, Self, TypeVar

IN_MEMORY_BYTES = 1_000_000
"""Up to this much there is no file at all."""
PART = 200
"""So many dentries are worked on at a time: a few milliseconds, then others have their turn."""

T = TypeVar("T")


class Spool:
    """Plain JSON put aside, each value found again by its place. Use it as a context manager.

    The file has no name and belongs to this process alone: it is gone when the spool is closed, or the process ends.
    """

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  closed by __exit__
        self._end = 0

    def put(self, value: Any) -> int:
        """Put a value aside; the place it lies at."""
        place = self._end
        self._file.seek(place)
        self._end += self._file.write(json.dumps(value, separators=(",", ":")).encode() + b"\n")
        return place

    def at(self, place: int) -> Any:
        self._file.seek(place)
        return json.loads(self._file.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()


async def in_parts(items: Iterable[T], size: int = PART) -> AsyncIterator[list[T]]:
    """Items in their order, some at a time; whoever else waits for the event loop comes in between."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
        await asyncio.sleep(0)
