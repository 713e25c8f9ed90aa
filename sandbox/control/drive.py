"""Control of the drive: spaces and what lies in them; and changing it behind the robot's back."""

from typing import Any

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.drive import plant
from sandbox.drive.changes import ChangeKind
from sandbox.drive.dentry import ROOT, Dentry
from sandbox.drive.space import Space
from sandbox.talk import MisuseError
from sandbox.world import World


async def spaces(order: Order) -> JsonObject:
    """Every space."""
    order.world.drive.settle()
    return {"spaces": [_space(s) for s in order.world.drive.spaces.values()]}


def _space(space: Space) -> JsonObject:
    return {
        "spaceId": space.id,
        "name": space.name,
        "corpId": space.corp_id,
        "kind": space.kind,
        "recycles": space.recycles,
        "conversationId": space.conversation_id or None,
        "ownerId": space.owner_id,
        "grants": space.grants,
        "dentryCount": len(space.tree),
        "usedBytes": space.tree.used,
    }


async def make_space(order: Order) -> JsonObject:
    """Makes a space `{name, creator, corpId?, kind?, recycles?, conversationId?, grants?, create?}`."""
    world, body = order.world, order.body
    creator = _union_id(world, order.need("creator"))
    person = world.person_by_union(creator)
    now = world.clock.now_ms()
    space = Space(
        id=world.drive.new_id(),
        corp_id=body.get("corpId") or (person.corp_id if person else ""),
        name=order.need("name"),
        kind=body.get("kind", "org"),
        creator_id=creator,
        created_ms=now,
        modified_ms=now,
        modifier_id=creator,
        owner_id=creator,
        recycles=body.get("recycles", True),
        conversation_id=body.get("conversationId", ""),
        grants=body.get("grants") or {f"USER:{creator}": "OWNER"},
    )
    world.drive.add_space(space)
    if space.conversation_id in world.conversations:
        world.conversations[space.conversation_id].space_id = space.id
    _create(world, space, body.get("create") or [])
    return _space(space)


async def entries(order: Order) -> JsonObject:
    """Everything in a space, flat, by path; with `deleted=1` also what of it lies in the recycle bin."""
    world, space = order.world, _find(order)
    listed = [_entry(space, d) for d in space.tree]
    if order.query.get("deleted") == "1":
        listed += [_recycled(item, d) for item in _items(world, space) for d in item.contents]
    return {**_space(space), "dentries": sorted(listed, key=lambda e: e["path"])}


def _find(order: Order) -> Space:
    order.world.drive.settle()
    space = order.world.drive.spaces.get(order.path["spaceId"])
    if space is None:
        raise MisuseError(f"there is no space {order.path['spaceId']}")
    return space


def _entry(space: Space, dentry: Dentry) -> JsonObject:
    return {
        "path": space.tree.path(dentry),
        "children": space.tree.child_count(dentry.id),
        "deleted": False,
        **plain(dentry),
    }


def plain(dentry: Dentry) -> JsonObject:
    """A dentry by itself."""
    return {
        "id": dentry.id,
        "uuid": dentry.uuid,
        "parentId": dentry.parent_id,
        "type": dentry.type,
        "name": dentry.name,
        "size": dentry.size,
        "version": dentry.version,
        "creatorId": dentry.creator_id,
        "modifierId": dentry.modifier_id,
        "modifiedMs": dentry.modified_ms,
        "grants": dentry.grants,
        "inheritance": dentry.inheritance,
    }


def _items(world: World, space: Space) -> list[Any]:
    return [i for b in world.drive.bins.values() for i in b.items() if i.space_id == space.id]


def _recycled(item: Any, dentry: Dentry) -> JsonObject:
    path = item.original_path if dentry is item.root else f"{item.original_path}/…/{dentry.name}"
    return {"path": path, "children": 0, "deleted": True, "recycleItemId": item.id, **plain(dentry)}


async def change(order: Order) -> JsonObject:
    """Changes a space as if somebody did it in the client, asking nobody for rights.

    `{create: [{path, size?, creator?}], remove: [{path, toBin?, by?}], rename: [{path, name}],
    move: [{path, to}], touch: [{path, size?, by?}], setRights: [{path, grants?, inheritance?}]}`;
    `path` may also be a dentryId, people are userIds or unionIds, `path: "/"` sets the rights of the space.
    """
    world, space = order.world, _find(order)
    unknown = order.body.keys() - CHANGES.keys()
    if unknown:
        raise MisuseError(f"a space cannot {', '.join(sorted(unknown))}")
    made: list[Dentry] = []
    for name, wishes in order.body.items():
        made += CHANGES[name](world, space, wishes) or []
    return {"created": [_entry(space, d) for d in made]}


def _create(world: World, space: Space, wishes: list[JsonObject]) -> list[Dentry]:
    people = {"creator", "modifier"}
    named = [{k: _union_id(world, v) if k in people else v for k, v in w.items()} for w in wishes]
    made = plant(world.drive, space, named)
    for dentry in made:
        world.drive.changes.note("created", space, dentry, dentry.creator_id)
    return made


def _remove(world: World, space: Space, wishes: list[JsonObject]) -> None:
    for wish in wishes:
        dentry = _at(space, wish["path"])
        names = space.tree.names(dentry)
        contents = world.drive.take_all(space, dentry)
        by = _union_id(world, wish.get("by", dentry.creator_id))
        if wish.get("toBin"):
            world.drive.recycle(space, contents, names, by)
        kind: ChangeKind = "recycled" if wish.get("toBin") else "gone"
        world.drive.changes.note(kind, space, dentry, by, names=names, count=len(contents))


def _rename(world: World, space: Space, wishes: list[JsonObject]) -> None:
    for wish in wishes:
        dentry = _at(space, wish["path"])
        old_path = space.tree.path(dentry)
        space.tree.change(dentry, name=wish["name"], modified_ms=world.clock.now_ms())
        world.drive.changes.note("renamed", space, dentry, dentry.modifier_id, old_path=old_path)


def _move(world: World, space: Space, wishes: list[JsonObject]) -> None:
    for wish in wishes:
        parent = ROOT if wish["to"] == "/" else _at(space, wish["to"]).id
        dentry = _at(space, wish["path"])
        old_path, count = space.tree.path(dentry), len(space.tree.subtree(dentry))
        space.tree.change(dentry, parent_id=parent, modified_ms=world.clock.now_ms())
        world.drive.changes.note("moved", space, dentry, dentry.modifier_id, count=count, old_path=old_path)


def _touch(world: World, space: Space, wishes: list[JsonObject]) -> None:
    for wish in wishes:
        dentry = _at(space, wish["path"])
        by = _union_id(world, wish.get("by", dentry.modifier_id))
        later = max(world.clock.now_ms(), dentry.modified_ms + 60_000)
        space.tree.change(
            dentry,
            version=dentry.version + 1,
            size=wish.get("size", dentry.size),
            modified_ms=later,
            modifier_id=by,
        )
        world.drive.changes.note("changed", space, dentry, by)


def _set_rights(world: World, space: Space, wishes: list[JsonObject]) -> None:
    for wish in wishes:
        target: Any = space if wish["path"] == "/" else _at(space, wish["path"])
        if "grants" in wish:
            target.grants = {_member(world, m): role for m, role in wish["grants"].items()}
        if "inheritance" in wish and target is not space:
            target.inheritance = wish["inheritance"]


CHANGES: dict[str, Any] = {
    "create": _create,
    "remove": _remove,
    "rename": _rename,
    "move": _move,
    "touch": _touch,
    "setRights": _set_rights,
}


def _member(world: World, given: str) -> str:
    """A member key: `USER:unionId`, `ORG:corpId`, …; a userId stands for its person."""
    person = world.people.get(given)
    return f"USER:{person.union_id}" if person else given


def _at(space: Space, path: str) -> Dentry:
    found = space.tree.get(path) or (space.tree.at(path) if path.startswith("/") else None)
    if found is None:
        raise MisuseError(f"there is no {path} in {space.name}")
    return found


def _union_id(world: World, given: str) -> str:
    person = world.people.get(given)
    return person.union_id if person else given


ROUTES: tuple[Route, ...] = (
    ("GET", "/drive", spaces),
    ("POST", "/drive", make_space),
    ("GET", "/drive/{spaceId}", entries),
    ("POST", "/drive/{spaceId}", change),
)
