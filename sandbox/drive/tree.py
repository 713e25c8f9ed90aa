"""The tree of a space: who lies in which folder, under which name, in which order.

Every look-up is indexed (by id, by parent, by parent and name, by sort order), so that a space of 100 000
entries is as quick as one of ten.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from sandbox.drive.dentry import ROOT, Dentry

K = TypeVar("K")

SortKey = tuple[Any, int]
"""A value to sort by and, for equal ones, the id as a number."""

_SORTS: dict[str, Callable[[Dentry], Any]] = {
    "MODIFIED_TIME": lambda d: d.modified_ms,
    "CREATE_TIME": lambda d: d.created_ms,
    "NAME": lambda d: d.name,
    "SIZE": lambda d: d.size,
}
ORDERS = frozenset(_SORTS)
"""Those that the interfaces know."""
_SHELVES: dict[str, Callable[[Dentry], Any]] = {
    "name": lambda d: (not d.is_folder, d.name.casefold()),
    "modified": lambda d: (not d.is_folder, d.modified_ms),
    "size": lambda d: (not d.is_folder, d.size),
}
SHELVES = frozenset(_SHELVES)
"""Those in which the client shows a folder: its folders before its files."""
_KNOWN = {**_SORTS, **_SHELVES}


class Tree:
    """All dentries of one space. `parent_id` None in a sort means: the whole space, flat."""

    def __init__(self) -> None:
        self.used = 0
        """Bytes of all files."""
        self._by_id: dict[str, Dentry] = {}
        self._children: dict[str, dict[str, Dentry]] = {}
        self._named: dict[tuple[str, str], dict[str, Dentry]] = {}
        self._sorted: dict[tuple[str | None, str], list[SortKey]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Dentry]:
        return iter(self._by_id.values())

    def get(self, dentry_id: str) -> Dentry | None:
        """The dentry with this id, or None."""
        return self._by_id.get(dentry_id)

    def children(self, parent_id: str) -> list[Dentry]:
        """What lies directly in a folder (`0`: at the top), oldest entry first."""
        return list(self._children.get(parent_id, {}).values())

    def child_count(self, parent_id: str) -> int:
        """How many lie directly in a folder."""
        return len(self._children.get(parent_id, {}))

    def named(self, parent_id: str, name: str) -> Dentry | None:
        """The (first) entry of that name in a folder, or None."""
        return next(iter(self._named.get((parent_id, name), {}).values()), None)

    def at(self, path: str) -> Dentry | None:
        """The entry at `/a/b/c`, or None."""
        found: Dentry | None = None
        for name in filter(None, path.split("/")):
            found = self.named(found.id if found else ROOT, name)
            if found is None:
                return None
        return found

    def ancestors(self, dentry: Dentry) -> list[Dentry]:
        """The folders above it, the nearest first."""
        above: list[Dentry] = []
        while (parent := self._by_id.get(dentry.parent_id)) is not None:
            above.append(parent)
            dentry = parent
        return above

    def names(self, dentry: Dentry) -> list[str]:
        """The names along its path from the top, its own last."""
        return [*(d.name for d in reversed(self.ancestors(dentry))), dentry.name]

    def path(self, dentry: Dentry) -> str:
        """Its path from the top, for example `/2023/drafts/plan.docx`."""
        return "/" + "/".join(self.names(dentry))

    def subtree(self, dentry: Dentry) -> list[Dentry]:
        """The dentry and everything below it, parents before children; reversed, children before parents."""
        found = [dentry]
        for above in found:
            found.extend(self._children.get(above.id, {}).values())
        return found

    def attach(self, dentry: Dentry) -> None:
        """Puts a dentry under its `parent_id`, which must be a folder of this tree or the top."""
        if dentry.id in self._by_id:
            raise ValueError(f"{dentry.id} is already in this tree")
        parent = self._by_id.get(dentry.parent_id)
        if dentry.parent_id != ROOT and (parent is None or not parent.is_folder):
            raise ValueError(f"{dentry.parent_id} is no folder of this tree")
        self._by_id[dentry.id] = dentry
        self._index(dentry)

    def detach(self, dentry_id: str) -> Dentry:
        """Takes out one dentry, which must not have children."""
        if self.child_count(dentry_id):
            raise ValueError(f"{dentry_id} still has children")
        dentry = self._by_id.pop(dentry_id)
        self._unindex(dentry)
        return dentry

    def change(self, dentry: Dentry, **changes: Any) -> None:
        """Sets fields of a dentry that is in this tree and keeps the indexes right (also for a new parent)."""
        self._unindex(dentry)
        for name, value in changes.items():
            setattr(dentry, name, value)
        self._index(dentry)

    def page(
        self, parent_id: str | None, order_by: str, *, descending: bool, after: SortKey | None, limit: int
    ) -> tuple[list[Dentry], SortKey | None]:
        """Up to `limit` dentries after the sort key `after`, and the key to go on from (None: the end)."""
        keys = self._keys(parent_id, order_by)
        if descending:
            end = len(keys) if after is None else bisect_left(keys, after)
            start = max(0, end - limit)
            found, more = keys[start:end][::-1], start > 0
        else:
            start = 0 if after is None else bisect_right(keys, after)
            found, more = keys[start : start + limit], start + limit < len(keys)
        return [self._by_id[str(number)] for _, number in found], found[-1] if found and more else None

    def shelf(self, parent_id: str, order: str, *, descending: bool, offset: int, limit: int) -> list[Dentry]:
        """Up to `limit` of what lies in a folder, from the place `offset` on; folders first, also descending."""
        keys = self._keys(parent_id, order)
        folders, total = bisect_left(keys, ((True,), 0)), len(keys)
        places = range(offset, min(offset + limit, total))
        if descending:
            chosen = [keys[folders - 1 - n if n < folders else total - 1 - n + folders] for n in places]
        else:
            chosen = keys[places.start : places.stop]
        return [self._by_id[str(number)] for _, number in chosen]

    def _keys(self, parent_id: str | None, order_by: str) -> list[SortKey]:
        """The sort keys of a folder, built when first asked for and kept up to date from then on."""
        keys = self._sorted.get((parent_id, order_by))
        if keys is None:
            entries = self._by_id if parent_id is None else self._children.get(parent_id, {})
            keys = sorted(_key(d, order_by) for d in entries.values())
            self._sorted[parent_id, order_by] = keys
        return keys

    def _index(self, dentry: Dentry) -> None:
        self._children.setdefault(dentry.parent_id, {})[dentry.id] = dentry
        self._named.setdefault((dentry.parent_id, dentry.name), {})[dentry.id] = dentry
        self.used += dentry.size
        for order_by, keys in self._sorts_with(dentry):
            insort(keys, _key(dentry, order_by))

    def _unindex(self, dentry: Dentry) -> None:
        _drop(self._children, dentry.parent_id, dentry.id)
        _drop(self._named, (dentry.parent_id, dentry.name), dentry.id)
        self.used -= dentry.size
        for order_by, keys in self._sorts_with(dentry):
            del keys[bisect_left(keys, _key(dentry, order_by))]
        if not dentry.is_folder:
            return
        for order_by in _KNOWN:
            if not self.child_count(dentry.id):
                self._sorted.pop((dentry.id, order_by), None)

    def _sorts_with(self, dentry: Dentry) -> Iterator[tuple[str, list[SortKey]]]:
        for order_by in _KNOWN:
            for place in (dentry.parent_id, None):
                if (keys := self._sorted.get((place, order_by))) is not None:
                    yield order_by, keys


def _key(dentry: Dentry, order_by: str) -> SortKey:
    return _KNOWN[order_by](dentry), int(dentry.id)


def _drop(index: dict[K, dict[str, Dentry]], key: K, dentry_id: str) -> None:
    """Removes an entry of an index of indexes, and the inner index with its last entry."""
    inner = index[key]
    del inner[dentry_id]
    if not inner:
        del index[key]
