"""The recycle bin of an organisation: what was deleted from its spaces and can still come back.

https://open.dingtalk.com/document/development/gets-the-list-of-recycle-items
"""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from sandbox.drive.dentry import Dentry

BinKey = tuple[int, int]
"""When something was deleted (ms) and its recycle item's id: the order of a bin."""


@dataclass(slots=True)
class RecycleItem:
    """One deletion: a file, or a folder with all that lay in it. `contents` holds parents before children.

    `names` are those along its path before it was deleted, its own last.
    """

    id: str
    space_id: str
    names: list[str]
    operator_id: str
    operator_ms: int
    contents: list[Dentry]

    @property
    def root(self) -> Dentry:
        """The file or folder that was deleted."""
        return self.contents[0]

    @property
    def original_path(self) -> str:
        """Where it lay, for example `/2023/drafts/plan.docx`."""
        return "/" + "/".join(self.names)

    @property
    def size(self) -> int:
        """Bytes of all files in it."""
        return sum(d.size for d in self.contents)

    @property
    def key(self) -> BinKey:
        """Its place in the bin's order."""
        return self.operator_ms, int(self.id)


@dataclass(slots=True)
class RecycleBin:
    """All recycle items of one organisation."""

    id: str
    corp_id: str
    _items: dict[str, RecycleItem] = field(default_factory=dict)
    _order: list[BinKey] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def items(self) -> list[RecycleItem]:
        """Everything in it, the newest first."""
        return [self._items[str(number)] for _, number in reversed(self._order)]

    def get(self, item_id: str) -> RecycleItem | None:
        """The item with this id, or None."""
        return self._items.get(item_id)

    def add(self, item: RecycleItem) -> None:
        """Puts an item in."""
        self._items[item.id] = item
        insort(self._order, item.key)

    def take(self, item_id: str) -> RecycleItem:
        """Takes an item out, to restore or to forget it."""
        item = self._items.pop(item_id)
        del self._order[bisect_left(self._order, item.key)]
        return item

    def drop_space(self, space_id: str) -> None:
        """Forgets everything that came from one space."""
        for item in [i for i in self._items.values() if i.space_id == space_id]:
            self.take(item.id)

    def page(self, after: BinKey | None, limit: int) -> tuple[list[RecycleItem], BinKey | None]:
        """Up to `limit` items, the newest first, and the key to go on from (None: that was all)."""
        end = len(self._order) if after is None else bisect_left(self._order, after)
        keys = self._order[max(0, end - limit) : end][::-1]
        more = end > limit
        return [self._items[str(number)] for _, number in keys], keys[-1] if keys and more else None
