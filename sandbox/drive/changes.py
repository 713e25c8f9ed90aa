"""What became of what: the drive's own account of every change, for whoever watches it."""

from dataclasses import dataclass
from typing import Literal

CHANGES_KEPT = 5000

ChangeKind = Literal["created", "recycled", "gone", "restored", "renamed", "moved", "changed", "purged"]


@dataclass(slots=True)
class Change:
    """One change of a file, or of a folder with all in it (`count` entries, itself among them).

    `gone`: deleted for ever from a space; `purged`: from the recycle bin. `path` is where it is now or was last,
    `old_path` where it was before it was renamed or moved. `by` is a unionId, `at` ms of the sandbox clock.
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
    seq: int = 0
