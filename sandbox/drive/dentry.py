"""A dentry: one file or folder inside a space, and the rules for its name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

ROOT = "0"
"""The parentId of what lies at the top of a space."""

DentryType = Literal["FILE", "FOLDER"]
_FORBIDDEN = frozenset('\t*"<>|/')


@dataclass(slots=True)
class Dentry:
    """One file or folder. Times are milliseconds since 1970, `size` bytes (folders: 0), people unionIds.

    `grants` maps a member (`USER:unionId`, `ORG:corpId`, `DEPT:id`, `CONVERSATION:id`) to a role;
    `inheritance` is PASS_ON or BREAK. `uuid` stays the same through renaming, moving, recycling and restoring.
    """

    id: str
    space_id: str
    parent_id: str
    type: DentryType
    name: str
    creator_id: str
    modifier_id: str
    created_ms: int
    modified_ms: int
    uuid: str
    size: int = 0
    version: int = 1
    driver: str = "DINGTALK"
    read_only: bool = False
    inheritance: str = "PASS_ON"
    grants: dict[str, str] = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        """Whether it can have children."""
        return self.type == "FOLDER"

    @property
    def extension(self) -> str:
        """The suffix without its dot; empty for folders and names without one."""
        stem, dot, suffix = self.name.rpartition(".")
        return suffix if dot and stem and not self.is_folder else ""

    @property
    def recyclable(self) -> bool:
        """Whether a recycle bin takes it: flash notes (SHANJI) and unknown drivers are not kept in one."""
        return self.driver in {"DINGTALK", "ALIDOC"}


def clean_name(name: str) -> str | None:
    """The name as DingTalk would store it (outer spaces removed), or None when it refuses it.

    https://open.dingtalk.com/document/development/add-folder
    """
    name = name.strip()
    illegal = not name or name.endswith(".") or not _FORBIDDEN.isdisjoint(name) or not _is_text(name)
    return None if illegal else name


def _is_text(name: str) -> bool:
    """Whether it can be written down at all: no half of a surrogate pair."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def numbered_name(name: str, number: int, *, folder: bool) -> str:
    """`report.pdf`, 2 → `report(2).pdf`: what the AUTO_RENAME strategy makes of a taken name."""
    stem, dot, suffix = name.rpartition(".")
    if folder or not dot or not stem:
        return f"{name}({number})"
    return f"{stem}({number}).{suffix}"


def undivided(dentries: Iterable[Dentry]) -> list[list[Dentry]]:
    """Dentries (parents before children) tree by tree: what hangs together without those that are not given."""
    trees: dict[str, list[Dentry]] = {}
    for dentry in dentries:
        tree = trees.get(dentry.parent_id, [])
        tree.append(dentry)
        trees[dentry.id] = tree
    return list({id(tree): tree for tree in trees.values()}.values())
