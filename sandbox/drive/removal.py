"""Deleting: to the recycle bin or for ever, at once or (what has children) as a task.

https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.drive.changes import ChangeKind
from sandbox.drive.dentry import Dentry
from sandbox.drive.drive import Drive
from sandbox.drive.failing import doomed
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator, Role, allows, passed_down, role_on
from sandbox.drive.space import Space
from sandbox.drive.task import Task


@dataclass(frozen=True, slots=True)
class Removed:
    """What became of one dentryId: deleted (neither is set), refused with a code, or left to a task."""

    dentry_id: str
    error: str = ""
    task: Task | None = None


@dataclass(frozen=True, slots=True)
class _Order:
    """One request to delete in one space."""

    drive: Drive
    space: Space
    operator: Operator
    to_bin: bool


def remove(
    drive: Drive, space: Space, dentry_ids: Sequence[str], operator: Operator, *, to_bin: bool
) -> list[Removed]:
    """Deletes what can be deleted and says for each id what became of it.

    Nothing is deleted and the whole call refused with recycleBinNotSupportForSpace,
    operationConcurrentControl (a task works on one of them) or permissionDenied (the operator has no part
    in this space at all).
    """
    if to_bin and not space.recycles:
        raise refusal("recycleBinNotSupportForSpace", space.id)
    for dentry in filter(None, map(space.tree.get, dentry_ids)):
        drive.require_unlocked(space, dentry)
    _require_part_in(space, dentry_ids, operator)
    order = _Order(drive, space, operator, to_bin)
    return [_remove_one(order, dentry_id) for dentry_id in dentry_ids]


def _require_part_in(space: Space, dentry_ids: Sequence[str], operator: Operator) -> None:
    """A stranger is refused as a whole, unless one of the dentries is shared with them."""
    found = list(filter(None, map(space.tree.get, dentry_ids)))
    if space.role(operator) is Role.NONE and all(space.role_on(d, operator) is Role.NONE for d in found):
        raise refusal("permissionDenied", f"space {space.id}")


def _remove_one(order: _Order, dentry_id: str) -> Removed:
    drive, space, operator = order.drive, order.space, order.operator
    dentry = space.tree.get(dentry_id)
    if dentry is None:
        return Removed(dentry_id, "dentryNotExist")
    if drive.locked(space, dentry):
        return Removed(dentry_id, "operationConcurrentControl")
    if not allows(space.role_on(dentry, operator), "DELETE"):
        return Removed(dentry_id, "permissionDenied")
    if order.to_bin and not dentry.recyclable:
        return Removed(dentry_id, "operationNotSupported")
    if space.tree.child_count(dentry_id):
        return Removed(dentry_id, task=drive.start(_plan(order, dentry)))
    names = space.tree.names(dentry)
    drive.take(space, dentry_id)
    if order.to_bin:
        drive.recycle(space, [dentry], names, operator.union_id)
    kind: ChangeKind = "recycled" if order.to_bin else "gone"
    drive.changes.note(kind, space, dentry, operator.union_id, names=names)
    drive.publish("storage_dentry_delete", space, dentry, operator.union_id)
    return Removed(dentry_id)


def _plan(order: _Order, root: Dentry) -> Task:
    """The task that deletes a folder: its contents first; what may not go stays, with its folders.

    One that was made to fail stops short: the last entries it would come to stay.
    """
    tree = order.space.tree
    below = tree.subtree(root)
    spared = _spared(order, root, below)
    failed, why = doomed(len(below))
    kept = {*spared, *(d.id for d in below[:failed])}
    for dentry in reversed(below):
        if dentry.id in kept and dentry is not root:
            kept.add(dentry.parent_id)
    going = [d for d in below if d.id not in kept]
    units = {d.id: tree.names(d) for d in going if d is root or d.parent_id in kept}
    return Task(
        id=order.drive.new_id(),
        kind="remove",
        corp_id=order.space.corp_id,
        space_id=order.space.id,
        root_id=root.id,
        operator_id=order.operator.union_id,
        begin_ms=order.drive.clock.now_ms(),
        total=len(below),
        failed=len(kept),
        fail_message=next(iter(spared.values()), why),
        to_bin=order.to_bin,
        waiting=_unit_by_unit(order.space, [d for d in going if d.id in units]),
        units=units,
    )


def _unit_by_unit(space: Space, roots: list[Dentry]) -> list[str]:
    """The ids of whole subtrees, one subtree after the other; popped from the end, children come first."""
    return [d.id for root in roots for d in space.tree.subtree(root)]


def _spared(order: _Order, root: Dentry, below: list[Dentry]) -> dict[str, str]:
    """dentryId → error code of everything below `root` that the operator may not delete this way."""
    tree_parent = order.space.tree.get(root.parent_id)
    roles = {root.parent_id: order.space.role_inside(tree_parent, order.operator)}
    spared: dict[str, str] = {}
    for dentry in below:
        above = roles[dentry.parent_id]
        roles[dentry.id] = passed_down(above, dentry, order.operator)
        if not allows(role_on(above, dentry, order.operator), "DELETE"):
            spared[dentry.id] = "permissionDenied"
        elif order.to_bin and not dentry.recyclable:
            spared[dentry.id] = "operationNotSupported"
    return spared
