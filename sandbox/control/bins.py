"""Control of the recycle bins: what lies in them."""

from collections.abc import Mapping

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.control.drive import plain
from sandbox.control.folders import by_union, name_of
from sandbox.drive.drive import Drive
from sandbox.drive.recyclebin import RecycleItem
from sandbox.drive.restoring import require_right
from sandbox.drive.rights import Operator
from sandbox.errors import ApiError
from sandbox.people import Person
from sandbox.storage.arguments import operator_of

PORTION, MOST = 200, 500


async def bins(order: Order) -> JsonObject:
    """What lies in the recycle bins, newest first.

    `spaceId`: what came from one space. `as`: what lies in the bin of that person's organisation, and whether they
    may restore it. With `limit` or `offset` a portion of it, without `contents`.
    """
    world, reader = order.world, order.query.get("as")
    world.drive.settle()
    person = order.person(reader) if reader is not None else None
    wanted = order.query.get("spaceId")
    found = [
        (b.id, item)
        for b in world.drive.bins.values()
        if person is None or b.corp_id == person.corp_id
        for item in b.items()
        if wanted in (None, item.space_id)
    ]
    total, in_full = len(found), not {"limit", "offset"} & order.query.keys()
    if not in_full:
        offset, limit = order.portion(PORTION, MOST)
        found = found[offset : offset + limit]
    who = operator_of(world, person.union_id) if person else None
    people = by_union(world)
    items = []
    for bin_id, item in found:
        shown = _item(world.drive, bin_id, item, people)
        if in_full:
            shown["contents"] = [plain(d) for d in item.contents]
        if who is not None:
            shown["mayRestore"] = _may_restore(world.drive, item, who)
        items.append(shown)
    return {"total": total, "items": items}


def _item(drive: Drive, bin_id: str, item: RecycleItem, people: Mapping[str, Person]) -> JsonObject:
    space = drive.spaces.get(item.space_id)
    return {
        "recycleBinId": bin_id,
        "id": item.id,
        "spaceId": item.space_id,
        "spaceName": space.name if space else "",
        "dentryId": item.root.id,
        "type": item.root.type,
        "name": item.root.name,
        "originalPath": item.original_path,
        "size": item.size,
        "count": len(item.contents),
        "operatorId": item.operator_id,
        "operatorName": name_of(people, item.operator_id),
        "operatorMs": item.operator_ms,
    }


def _may_restore(drive: Drive, item: RecycleItem, who: Operator) -> bool:
    if item.space_id not in drive.spaces:
        return False
    try:
        require_right(drive, item, who, "DELETE")
    except ApiError:
        return False
    return True


ROUTES: tuple[Route, ...] = (("GET", "/bin", bins),)
