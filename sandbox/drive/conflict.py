"""What happens when a name is taken where something is to be put: the four conflict strategies.

https://open.dingtalk.com/document/development/batch-restore-recycled-items
"""

from dataclasses import dataclass
from itertools import count

from sandbox.drive.dentry import Dentry, numbered_name
from sandbox.drive.drive import Drive
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator
from sandbox.drive.space import Space

STRATEGIES = frozenset({"AUTO_RENAME", "OVERWRITE", "RETURN_DENTRY_IF_EXISTS", "RETURN_ERROR_IF_EXISTS"})


@dataclass(frozen=True, slots=True)
class Landing:
    """Where something may be put: under `name`, unless `existing` is to be returned instead.

    `replaces` must be cleared away first (`clear`).
    """

    parent_id: str
    name: str
    existing: Dentry | None = None
    replaces: Dentry | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A folder (or `0`, the top) of a space, the operator who puts something there, and the strategy."""

    drive: Drive
    space: Space
    parent_id: str
    operator: Operator
    strategy: str = "AUTO_RENAME"


def landing(target: Target, name: str, *, folder: bool) -> Landing:
    """Decides the place; raises dentryAlreadyExist, or permissionDenied and operationConcurrentControl when
    something is in the way that the operator may not or cannot overwrite now. Changes nothing."""
    tree = target.space.tree
    taken = tree.named(target.parent_id, name)
    if taken is None:
        return Landing(target.parent_id, name)
    if target.strategy == "AUTO_RENAME":
        names = (numbered_name(name, n, folder=folder) for n in count(1))
        return Landing(target.parent_id, next(n for n in names if tree.named(target.parent_id, n) is None))
    if target.strategy == "RETURN_ERROR_IF_EXISTS" or taken.is_folder != folder:
        raise refusal("dentryAlreadyExist", tree.path(taken))
    if target.strategy == "RETURN_DENTRY_IF_EXISTS":
        return Landing(target.parent_id, name, existing=taken)
    target.drive.require(target.space, taken, target.operator, "DELETE")
    target.drive.require_unlocked(target.space, taken)
    return Landing(target.parent_id, name, replaces=taken)


def clear(target: Target, place: Landing) -> None:
    """Deletes for ever what OVERWRITE replaces."""
    if place.replaces is not None:
        names = target.space.tree.names(place.replaces)
        count, by = len(target.drive.take_all(target.space, place.replaces)), target.operator.union_id
        target.drive.changes.note("gone", target.space, place.replaces, by, names=names, count=count)
        target.drive.publish("storage_dentry_delete", target.space, place.replaces, by)


def require_folder(target: Target) -> None:
    """Raises unless the target folder exists, may be added to and is in no task's hands."""
    if target.parent_id == "0":
        target.drive.require(target.space, None, target.operator, "ADD")
        return
    folder = target.drive.dentry(target.space, target.parent_id)
    if not folder.is_folder:
        raise refusal("dentryNotExist", f"{folder.id} is a file")
    target.drive.require(target.space, folder, target.operator, "ADD")
    target.drive.require_unlocked(target.space, folder)
