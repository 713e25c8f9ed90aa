"""What lies in folders, put aside in a file as it comes in: a folder may hold more than there is memory for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from bot.models import Dentry, Entry
from bot.spool import Spool, in_parts

CHUNK = 50
"""Dentries that are put aside together: a page of a listing."""
CHUNKS_AT_ONCE = 20

_DENTRIES = TypeAdapter(list[Dentry])


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where some dentries lie, and where their names and ids alone, which are read in a twentieth of the time."""

    known_as: int
    dentries: int


@dataclass(slots=True)
class Listing:
    """What lies directly in one folder. `folders` are the ids of the folders in it."""

    spool: Spool
    chunks: list[Chunk] = field(default_factory=list)
    size: int = 0
    size_bytes: int = 0
    folders: list[str] = field(default_factory=list)

    def add(self, dentries: Sequence[Dentry]) -> None:
        known_as = [[dentry.name for dentry in dentries], [dentry.dentry_id for dentry in dentries]]
        whole = _DENTRIES.dump_python(list(dentries), mode="json")
        self.chunks.append(Chunk(self.spool.put(known_as), self.spool.put(whole)))
        self.size += len(dentries)
        self.size_bytes += sum(dentry.size_bytes for dentry in dentries)
        self.folders += [dentry.dentry_id for dentry in dentries if dentry.is_folder]

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Dentry]:
        for chunk in self.chunks:
            yield from self._read(chunk)

    async def named(self, fits: Callable[[str], bool], at_most: int) -> list[Dentry]:
        """The first dentries whose names fit."""
        found: list[Dentry] = []
        async for part in in_parts(self.chunks, CHUNKS_AT_ONCE):
            for chunk in part:
                names, _ = self.spool.at(chunk.known_as)
                fitting = {number for number, name in enumerate(names) if fits(name)}
                if fitting:
                    found += [d for number, d in enumerate(self._read(chunk)) if number in fitting]
            if len(found) >= at_most:
                break
        return found[:at_most]

    def ids(self) -> Iterator[list[str]]:
        for chunk in self.chunks:
            yield self.spool.at(chunk.known_as)[1]

    def _read(self, chunk: Chunk) -> list[Dentry]:
        return _DENTRIES.validate_python(self.spool.at(chunk.dentries))


@dataclass(frozen=True)
class Contents:
    """Everything inside a folder, at any depth, level by level."""

    listings: Sequence[Listing] = ()

    def __len__(self) -> int:
        return sum(map(len, self.listings))

    @property
    def size_bytes(self) -> int:
        return sum(listing.size_bytes for listing in self.listings)

    def __iter__(self) -> Iterator[Dentry]:
        for listing in self.listings:
            yield from listing

    async def those_of(self, dentry_ids: set[str]) -> set[str]:
        """Which of these are in it."""
        found: set[str] = set()
        every = (ids for listing in self.listings for ids in listing.ids())
        async for part in in_parts(every, CHUNKS_AT_ONCE):
            found |= {one for ids in part for one in ids if one in dentry_ids}
        return found


class Found(Iterable[Entry]):
    """The entries of a manifest: each target, followed by what lies in it."""

    def __init__(self, targets: Sequence[tuple[Dentry, Contents]]) -> None:
        self._targets = targets

    def __iter__(self) -> Iterator[Entry]:
        for target, contents in self._targets:
            yield Entry(dentry=target, contents=len(contents), contents_bytes=contents.size_bytes)
            for dentry in contents:
                yield Entry(dentry=dentry, target_id=target.dentry_id)
