"""Which of the entries that a deletion took are meant by paths that somebody typed.

A path stands for the entry that lay there, and for everything named that lay below it. What lay inside a deleted
folder has no place of its own in the recycle bin: it comes back with that folder or not at all.
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass, field

MAX_SLIP, MAX_COMPARED, MAX_PATH_COMPARED = 6, 300, 300
"""How far a mistyped path is looked for: comparing is slow, and everybody waits meanwhile."""


@dataclass
class Pick:
    """What one typed path (from the root, "/" first) has met so far. `see` every line, then ask.

    `spelled` are the ways in which the entries themselves write it; `folder` is the deleted folder it lies in.
    """

    path: str
    found: bool = False
    folder: str = ""
    _spelled: set[str] = field(default_factory=set)
    _folders: set[str] = field(default_factory=set)
    _alike: list[str] = field(default_factory=list)

    def see(self, path: str, folder: str) -> None:
        """A line of the manifest; `folder` is the path of the named folder it lies in, "" for what was named."""
        if folder:
            self._inside(path, folder)
        elif _covers(self.path, path):
            self.found = True
        else:
            self._almost(path)

    @property
    def prefix(self) -> str | None:
        """The path to take, as the entries write it; None when it means none of them."""
        if self.found:
            return self.path
        return next(iter(self._spelled)) if len(self._spelled) == 1 and not self.folder else None

    @property
    def inside(self) -> str:
        """The deleted folder in which it lay, where it names nothing else; "" for none."""
        if self.prefix:
            return ""
        return self.folder or (next(iter(self._folders)) if len(self._folders) == 1 else "")

    @property
    def nearest(self) -> str | None:
        """The path that looks most like it, if any does."""
        return next(iter(difflib.get_close_matches(self.path, self._alike, n=1)), None)

    def _inside(self, path: str, folder: str) -> None:
        if path == self.path:
            self.folder = folder
        elif _looks(path) == _looks(self.path):
            self._folders.add(folder)

    def _almost(self, path: str) -> None:
        """Another spelling of it (width and case of characters aside), or something to compare it with."""
        head = "/".join(path.split("/")[: len(self.path.split("/"))])
        if _looks(head) == _looks(self.path):
            self._spelled.add(head)
        near = abs(len(path) - len(self.path)) <= MAX_SLIP and len(path) <= MAX_PATH_COMPARED
        if near and len(self._alike) < MAX_COMPARED:
            self._alike.append(path)


def _covers(wanted: str, path: str) -> bool:
    return path == wanted or path.startswith(f"{wanted.rstrip('/')}/")


def _looks(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()
