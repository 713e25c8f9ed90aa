"""Control of what somebody sees who watches the drive: a folder by portions, what changed, what is at work."""

from collections.abc import Mapping
from typing import Any

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.drive.changes import Change
from sandbox.drive.dentry import ROOT, Dentry
from sandbox.drive.drive import Drive
from sandbox.drive.space import Space
from sandbox.drive.task import Task
from sandbox.drive.tree import SHELVES
from sandbox.paper import to_json
from sandbox.people import Person
from sandbox.talk import MisuseError
from sandbox.world import World

PORTION, MOST = 200, 500


async def children(order: Order) -> JsonObject:
    """What lies in one folder (`parent`, the top unless given), folders first: `offset`, `limit` ≤ 500.

    `order` is name, modified or size, `descending=1` turns it round. A folder that is not there (any more: who
    watches one that is being deleted comes too late once) is `gone`.
    """
    drive = order.world.drive
    running = drive.running()
    space = find_space(order.world, order.path["spaceId"])
    parent_id, by = order.query.get("parent", ROOT), order.query.get("order", "name")
    parent = space.tree.get(parent_id)
    if parent_id != ROOT and parent is None:
        return {"total": 0, "offset": 0, "items": [], "gone": True}
    if parent is not None and not parent.is_folder:
        raise MisuseError(f"{parent_id} in {space.name} is no folder")
    if by not in SHELVES:
        raise MisuseError(f"order is none of {', '.join(sorted(SHELVES))}")
    offset, limit = order.portion(PORTION, MOST)
    descending = order.query.get("descending") == "1"
    found = space.tree.shelf(parent_id, by, descending=descending, offset=offset, limit=limit)
    people = by_union(order.world)
    going = {t.root_id for t in running if t.kind == "remove" and t.space_id == space.id}
    inside = parent is not None and not going.isdisjoint(
        {parent_id, *(d.id for d in space.tree.ancestors(parent))}
    )
    return {
        "total": space.tree.child_count(parent_id),
        "offset": offset,
        "items": [_child(space, d, people, deleting=inside or d.id in going) for d in found],
    }


def find_space(world: World, space_id: str) -> Space:
    """A space of any organisation. Raises MisuseError."""
    space = world.drive.spaces.get(space_id)
    if space is None:
        raise MisuseError(f"there is no space {space_id}")
    return space


def by_union(world: World) -> Mapping[str, Person]:
    """Everybody by unionId."""
    return {p.union_id: p for p in world.people.values()}


def name_of(people: Mapping[str, Person], union_id: str) -> str:
    """A person's name; empty for nobody."""
    person = people.get(union_id)
    return person.name if person else ""


def _child(space: Space, dentry: Dentry, people: Mapping[str, Person], *, deleting: bool) -> JsonObject:
    return {
        "id": dentry.id,
        "uuid": dentry.uuid,
        "name": dentry.name,
        "type": dentry.type,
        "size": dentry.size,
        "modifiedMs": dentry.modified_ms,
        "creatorId": dentry.creator_id,
        "creatorName": name_of(people, dentry.creator_id),
        "children": space.tree.child_count(dentry.id),
        "state": "deleting" if deleting else "normal",
    }


async def changes(order: Order) -> JsonObject:
    """What became of what after a number; `limit` leaves the newest, `before` those numbered below."""
    log, after = order.world.drive.changes, order.number("after")
    order.world.drive.settle()

    def fits(change: Change) -> bool:
        return change.space_id == order.query.get("spaceId", change.space_id)

    if order.wait_s:
        await log.wait(after, order.wait_s, fits)
    found, more = order.newest(log, fits)
    people = by_union(order.world)
    last = max((c.seq for c in found), default=after)
    return {"changes": [_change(c, people) for c in found], "lastSeq": last, "more": more}


def _change(change: Change, people: Mapping[str, Person]) -> JsonObject:
    """A change; `by` is a userId where the person is known."""
    person = people.get(change.by)
    return {**to_json(change), "by": person.user_id if person else change.by}


async def tasks(order: Order) -> JsonObject:
    """The storage tasks, the newest first; `running=1`: those that have not ended. Looking is not asking."""
    drive = order.world.drive
    drive.settle()
    listed = [t for t in drive.tasks.values() if order.query.get("running") != "1" or t.end_ms is None]
    people = by_union(order.world)
    return {"tasks": [_task(drive, t, people) for t in listed[::-1][: order.limit]]}


def _task(drive: Drive, task: Task, people: Mapping[str, Person]) -> JsonObject:
    about: dict[str, Any] = {
        "taskId": task.id,
        "kind": task.kind,
        "spaceId": task.space_id,
        "rootId": task.root_id,
        "rootPath": _root_path(drive, task),
        "total": task.total,
        "done": task.done,
        "failed": task.failed,
        "toBin": task.to_bin,
        "operatorId": task.operator_id,
        "operatorName": name_of(people, task.operator_id),
    }
    times = {"beginMs": task.begin_ms, "endMs": task.end_ms}
    return {**about, **times, "status": task.status, "failMessage": task.fail_message}


def _root_path(drive: Drive, task: Task) -> str:
    """Where its root lies, or lay before it was deleted; empty when it went in another way."""
    space = drive.spaces.get(task.space_id)
    root = space.tree.get(task.root_id) if space else None
    if space is not None and root is not None:
        return space.tree.path(root)
    names = task.units.get(task.root_id)
    return "/" + "/".join(names) if names else ""


ROUTES: tuple[Route, ...] = (
    ("GET", "/drive/changes", changes),
    ("GET", "/drive/{spaceId}/children", children),
    ("GET", "/tasks", tasks),
)
