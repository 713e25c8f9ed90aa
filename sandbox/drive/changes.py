"""What became of what: the drive's own account of every change, for whoever watches it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.clock import Clock
from sandbox.drive.dentry import Dentry
from sandbox.drive.space import Space
from sandbox.log import Log

CHANGES_KEPT = 5000

ChangeKind = Literal["created", "recycled", "gone", "restored", "renamed", "moved", "changed", "purged"]


@dataclass(slots=True)
class Change:
    """One change of a file, or of a folder with all in it (`count` entries, itself among them).

    `gone`: deleted for ever from a space; `purged`: from the recycle bin. `path` is where it is now or was last,
    `old_path` where it was before it was renamed or moved, `item_id` the recycle item that left the bin by it.
    `by` is a unionId, `at` ms of the sandbox clock.
    """

    at: int
    kind: ChangeKind
    space_id: str
    dentry_id: str
    parent_id: str
    name: str
    path: str
    type: str
    by: str
    count: int = 1
    task_id: str = ""
    old_path: str = ""
    item_id: str = ""
    seq: int = 0


class Changes(Log[Change]):
    """The newest changes. The bell rings with them, and when a task comes on or a space is new."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(CHANGES_KEPT)
        self._clock = clock

    def note(
        self,
        kind: ChangeKind,
        space: Space,
        dentry: Dentry,
        by: str,
        *,
        names: Sequence[str] = (),
        count: int = 1,
        task_id: str = "",
        old_path: str = "",
        item_id: str = "",
    ) -> None:
        """Writes down a change by this unionId; `names` are those of its path when it is in no tree now."""
        self.add(
            Change(
                at=self._clock.now_ms(),
                kind=kind,
                space_id=space.id,
                dentry_id=dentry.id,
                parent_id=dentry.parent_id,
                name=dentry.name,
                path="/" + "/".join(names or space.tree.names(dentry)),
                type=dentry.type,
                by=by,
                count=count,
                task_id=task_id,
                old_path=old_path,
                item_id=item_id,
            )
        )
