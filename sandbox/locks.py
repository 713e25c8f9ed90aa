"""Write locks: while a write to a place is open, another one to it is refused with operationConcurrentControl.

The documentation names the error, not the extent of the lock; `Limits.write_lock` chooses. A write is open while
its call is being answered, and as long as a task it started runs. The tree a task works on is locked by the
drive itself.
https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.drive import Drive
from sandbox.drive.dentry import Dentry
from sandbox.drive.refusals import refusal
from sandbox.drive.task import Task
from sandbox.limits import Limits
from sandbox.log import Counter
from sandbox.wire import Call, Writes

Place = tuple[str, str]
"""(spaceId, dentryId of a folder or `0`); an empty folder stands for the whole space."""

LOCKED = "operationConcurrentControl"


class WriteLocks:
    """The places that calls being answered write to, and what they keep others from."""

    def __init__(self, drive: Drive, limits: Limits) -> None:
        self.drive = drive
        self.limits = limits
        self._open: dict[int, frozenset[Place]] = {}
        self._numbers = Counter()

    @contextmanager
    def writing(self, call: Call, writes: Writes | None) -> Iterator[None]:
        """Holds the places the call writes to; raises operationConcurrentControl when one is taken."""
        if writes is None:
            yield
            return
        places = _places(call, writes)
        self._require_free(places)
        number = self._numbers.next()
        self._open[number] = places
        try:
            yield
        finally:
            self._open.pop(number, None)

    def forget(self) -> None:
        """Lets go of every place: the calls that are still being answered belong to a world that is gone."""
        self._open.clear()

    def _require_free(self, places: frozenset[Place]) -> None:
        if self.limits.write_lock not in {"parent", "space"}:
            return
        taken = [place for held in self._open.values() for place in held]
        taken += [self._place_of(task) for task in self.drive.running()]
        for mine in places:
            if any(self._same(mine, other) for other in taken):
                raise refusal(LOCKED, f"another write to {' folder '.join(filter(None, mine))} is open")

    def _same(self, one: Place, other: Place) -> bool:
        if one[0] != other[0]:
            return False
        return self.limits.write_lock == "space" or one[1] == other[1] or not (one[1] and other[1])

    def _place_of(self, task: Task) -> Place:
        space = self.drive.spaces.get(task.space_id)
        root = space.tree.get(task.root_id) if space else None
        return task.space_id, root.parent_id if root else ""


def _places(call: Call, writes: Writes) -> frozenset[Place]:
    """Where a call writes; what it names but is not there is left to its interface to refuse."""
    space_id = call.path.get("spaceId", "")
    places: set[Place] = set()
    if writes.folder:
        places.add((space_id, call.path[writes.folder]))
    if writes.target:
        places.add((str(call.body.get("targetSpaceId")), str(call.body.get("targetFolderId"))))
    space = call.world.drive.spaces.get(space_id)
    if writes.entries and space is not None:
        found = map(space.tree.get, _ids(call, writes.entries))
        places.update((space_id, d.parent_id) for d in found if d is not None)
    for item_id in _ids(call, writes.items) if writes.items else ():
        places.update(_place_left(call, item_id))
    return frozenset(places)


def _ids(call: Call, name: str) -> list[str]:
    """The id in the path, or the ids in the body, under this name."""
    given: Any = call.path.get(name) or call.body.get(name)
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]


def _place_left(call: Call, item_id: str) -> Iterator[Place]:
    """The folder that what lies in the bin was in; the space when that is gone."""
    item = call.world.drive.recycle_bin(call.corp_id).get(item_id)
    space = call.world.drive.spaces.get(item.space_id) if item else None
    if item is not None and space is not None:
        parent: Dentry | None = space.tree.get(item.root.parent_id)
        top = item.root.parent_id == "0"
        yield space.id, item.root.parent_id if top or parent is not None else ""
