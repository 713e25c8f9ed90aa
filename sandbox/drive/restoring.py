"""Bringing things back from the recycle bin, and clearing it.

https://open.dingtalk.com/document/development/restore-recycle-items
https://open.dingtalk.com/document/development/batch-restore-recycled-items
https://open.dingtalk.com/document/development/batch-delete-recycle-items
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.drive.conflict import Landing, Target, clear, landing
from sandbox.drive.dentry import ROOT, Dentry, undivided
from sandbox.drive.drive import Drive
from sandbox.drive.failing import doomed
from sandbox.drive.recyclebin import RecycleBin, RecycleItem
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator, Role, allows, role_on
from sandbox.drive.space import Space
from sandbox.drive.task import Task
from sandbox.drive.transfer import follow


@dataclass(frozen=True, slots=True)
class Restored:
    """Where the root of a recycle item is now; its contents may still follow, by `task`."""

    space_id: str
    dentry_id: str
    task: Task | None = None


def require_item(drive: Drive, recycle_bin: RecycleBin, item_id: str) -> RecycleItem:
    """An item of this bin; recycleItemNotExist."""
    item = recycle_bin.get(item_id)
    if item is None or item.space_id not in drive.spaces:
        raise refusal("recycleItemNotExist", item_id)
    return item


def require_right(drive: Drive, item: RecycleItem, operator: Operator, privilege: str) -> None:
    """Raises permissionDenied unless the operator holds the privilege on what was deleted."""
    space = drive.spaces[item.space_id]
    if not allows(_role(space, item, operator), privilege):
        raise refusal("permissionDenied", f"{privilege} on {item.original_path}")


def restore(
    drive: Drive, recycle_bin: RecycleBin, item_id: str, operator: Operator, strategy: str
) -> Restored:
    """Puts an item back where it was; folders of its path that are gone are made anew.

    It comes back under new dentryIds and with its old uuids. With RETURN_DENTRY_IF_EXISTS and something of that
    name in place, that one is returned and the item stays in the bin. What a task that was made to fail does
    not bring back stays in the bin too, as items of their own. Errors: recycleItemNotExist, permissionDenied,
    dentryAlreadyExist, operationConcurrentControl.
    """
    item = require_item(drive, recycle_bin, item_id)
    require_right(drive, item, operator, "DELETE")
    space = drive.spaces[item.space_id]
    parent_id, missing = _way_back(space, item)
    target = Target(drive, space, parent_id, operator, strategy)
    _require_quiet(target)
    if missing:
        place = Landing(_make_folders(target, missing), item.root.name)
    else:
        place = landing(target, item.root.name, folder=item.root.is_folder)
    if place.existing is not None:
        return Restored(space.id, place.existing.id)
    clear(target, place)
    recycle_bin.take(item_id)
    placed, failed, why = _coming(drive, item, place)
    drive.put(space, placed[0])
    count = len(placed)
    drive.changes.note("restored", space, placed[0], operator.union_id, count=count, item_id=item_id)
    drive.publish("storage_dentry_create", space, placed[0], operator.union_id)
    return Restored(space.id, placed[0].id, follow(target, placed, failed, why))


def forget(drive: Drive, recycle_bin: RecycleBin, item_ids: Sequence[str], operator: Operator) -> None:
    """Deletes items for ever: all of them, or none when one is unknown (recycleItemNotExist) or not the
    operator's to manage (permissionDenied)."""
    for item_id in item_ids:
        require_right(drive, require_item(drive, recycle_bin, item_id), operator, "DELETE")
    for item_id in dict.fromkeys(item_ids):
        _purge(drive, recycle_bin, item_id, operator)


def empty(drive: Drive, recycle_bin: RecycleBin, operator: Operator) -> None:
    """Deletes everything in the bin for ever."""
    for item in recycle_bin.items():
        _purge(drive, recycle_bin, item.id, operator)


def _purge(drive: Drive, recycle_bin: RecycleBin, item_id: str, operator: Operator) -> None:
    item = recycle_bin.take(item_id)
    space, count = drive.spaces[item.space_id], len(item.contents)
    drive.changes.note(
        "purged", space, item.root, operator.union_id, names=item.names, count=count, item_id=item_id
    )


def _role(space: Space, item: RecycleItem, operator: Operator) -> Role:
    """The operator's role on a deleted dentry: its own grants, and what reaches the folder it lay in."""
    return role_on(space.role_inside(_parent(space, item), operator), item.root, operator)


def _parent(space: Space, item: RecycleItem) -> Dentry | None:
    """The folder it lay in, wherever that is now; None: it lay at the top, or the folder is gone."""
    parent = space.tree.get(item.root.parent_id)
    return parent if parent is not None and parent.is_folder else None


def _way_back(space: Space, item: RecycleItem) -> tuple[str, list[str]]:
    """The id of the folder to restore into, or of the nearest one left on the path and the names missing."""
    parent = _parent(space, item)
    if parent is not None:
        return parent.id, []
    missing, here = item.names[:-1], ROOT
    while missing:
        step = space.tree.named(here, missing[0])
        if step is None or not step.is_folder:
            break
        here, missing = step.id, missing[1:]
    return here, missing


def _make_folders(target: Target, names: list[str]) -> str:
    """Makes folders one inside the other under the target; the id of the innermost."""
    parent_id = target.parent_id
    for name in names:
        place = landing(replace(target, parent_id=parent_id, strategy="AUTO_RENAME"), name, folder=True)
        by = target.operator.union_id
        made = target.drive.make(target.space, parent_id, place.name, "FOLDER", by)
        target.drive.changes.note("created", target.space, made, by)
        parent_id = made.id
    return parent_id


def _require_quiet(target: Target) -> None:
    folder = target.space.tree.get(target.parent_id)
    if folder is not None:
        target.drive.require_unlocked(target.space, folder)


def _coming(drive: Drive, item: RecycleItem, place: Landing) -> tuple[list[Dentry], int, str]:
    """What of an item comes back, at its new place; how many stay in the bin, and why."""
    contents = item.contents
    failed, why = doomed(len(contents) - 1) if len(contents) > 1 else (0, "")
    coming = contents[: len(contents) - failed]
    by_old_id = {d.id: d for d in coming}
    left = _left(item, contents[len(coming) :])
    placed = _renumbered(drive, coming, place)
    for names, tree in left:
        tree[0].parent_id = by_old_id[tree[0].parent_id].id
        drive.recycle(drive.spaces[item.space_id], tree, names, item.operator_id)
    return placed, failed, why


def _left(item: RecycleItem, staying: list[Dentry]) -> list[tuple[list[str], list[Dentry]]]:
    """The whole trees among what stays in the bin, each with its original path."""
    names = {item.root.id: item.names}
    for dentry in item.contents[1:]:
        names[dentry.id] = [*names[dentry.parent_id], dentry.name]
    return [(names[tree[0].id], tree) for tree in undivided(staying)]


def _renumbered(drive: Drive, contents: list[Dentry], place: Landing) -> list[Dentry]:
    """The dentries of an item with new ids, at their new place."""
    new_ids = {contents[0].parent_id: place.parent_id}
    for dentry in contents:
        dentry.parent_id = new_ids[dentry.parent_id]
        new_ids[dentry.id] = dentry.id = drive.new_id()
    contents[0].name = place.name
    return contents
