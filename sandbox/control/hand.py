"""Control of the drive by hand: what somebody does in DingTalk's own client, with their rights and no others.

It goes the same way as a call of an application, but costs no quota and is in no log of calls. What a person may
not do is refused with DingTalk's code, and then nothing of it is done.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.drive.conflict import Target
from sandbox.drive.dentry import ROOT, DentryType
from sandbox.drive.recyclebin import RecycleBin
from sandbox.drive.refusals import refusal
from sandbox.drive.removal import remove
from sandbox.drive.restoring import forget, restore
from sandbox.drive.rights import Operator
from sandbox.drive.space import Space
from sandbox.drive.transfer import add, move, rename
from sandbox.errors import ApiError
from sandbox.storage.arguments import operator_of
from sandbox.talk import MisuseError

Done = dict[str, Any]
Doing = Callable[[str], Done]


async def act(order: Order) -> JsonObject:
    """Does something by hand: `{as, action, …}` → `{results: [{id, ok, code?, taskId?, dentryId?}]}`.

    `delete {spaceId, dentryIds, toBin}`, `restore {itemIds}`, `purge {itemIds}`, `upload {spaceId, parentId, name,
    size}`, `folder {spaceId, parentId, name}`, `rename {spaceId, dentryId, name}`, `move {spaceId, dentryId,
    targetSpaceId?, targetFolderId}`.
    """
    person = order.person(order.need("as"))
    action = order.need("action")
    if action not in ACTIONS:
        raise MisuseError(f"nobody can {action} by hand")
    order.world.drive.settle()
    return {"results": ACTIONS[action](order, operator_of(order.world, person.union_id))}


def _delete(order: Order, who: Operator) -> list[Done]:
    space_id, ids = _text(order, "spaceId"), _ids(order, "dentryIds")
    to_bin = order.body.get("toBin", True)
    if not isinstance(to_bin, bool):
        raise MisuseError("toBin is true or false")
    try:
        removed = remove(order.world.drive, _space(order, space_id), ids, who, to_bin=to_bin)
    except ApiError as exc:
        return [_refused(one, exc.code) for one in ids]
    return [
        _refused(one.dentry_id, one.error)
        if one.error
        else {"id": one.dentry_id, "ok": True} | ({"taskId": one.task.id} if one.task else {})
        for one in removed
    ]


def _restore(order: Order, who: Operator) -> list[Done]:
    def put_back(item_id: str) -> Done:
        done = restore(order.world.drive, _bin_with(order, item_id), item_id, who, "AUTO_RENAME")
        where = {"spaceId": done.space_id, "dentryId": done.dentry_id}
        return where | ({"taskId": done.task.id} if done.task else {})

    return _each(_ids(order, "itemIds"), put_back)


def _purge(order: Order, who: Operator) -> list[Done]:
    def burn(item_id: str) -> Done:
        forget(order.world.drive, _bin_with(order, item_id), [item_id], who)
        return {}

    return _each(_ids(order, "itemIds"), burn)


def _upload(order: Order, who: Operator) -> list[Done]:
    size = order.body.get("size", 0)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise MisuseError("size is a number of bytes")
    return _add(order, who, "FILE", size)


def _folder(order: Order, who: Operator) -> list[Done]:
    return _add(order, who, "FOLDER", 0)


def _add(order: Order, who: Operator, kind: DentryType, size: int) -> list[Done]:
    space_id, parent_id = _text(order, "spaceId"), _text(order, "parentId", ROOT)

    def make(name: str) -> Done:
        target = Target(order.world.drive, _space(order, space_id), parent_id, who)
        return {"dentryId": add(target, name, kind, size).id}

    return _each([_text(order, "name")], make)


def _rename(order: Order, who: Operator) -> list[Done]:
    drive, space_id, name = order.world.drive, _text(order, "spaceId"), _text(order, "name")

    def give_name(dentry_id: str) -> Done:
        space = _space(order, space_id)
        return {"dentryId": rename(drive, space, drive.dentry(space, dentry_id), name, who).id}

    return _each([_text(order, "dentryId")], give_name)


def _move(order: Order, who: Operator) -> list[Done]:
    drive, space_id = order.world.drive, _text(order, "spaceId")
    target_id = _text(order, "targetSpaceId", space_id)
    folder_id = _text(order, "targetFolderId")

    def carry(dentry_id: str) -> Done:
        source, target_space = _space(order, space_id), _space(order, target_id)
        dentry = drive.dentry(source, dentry_id)
        if source.corp_id != target_space.corp_id:
            raise refusal("acrossOrgAccessForbidden", target_space.id)
        arrived = move(source, dentry, Target(drive, target_space, folder_id, who))
        return {"dentryId": arrived.dentry.id} | ({"taskId": arrived.task.id} if arrived.task else {})

    return _each([_text(order, "dentryId")], carry)


def _each(ids: Iterable[str], do: Doing) -> list[Done]:
    """One result for each: what came of it, or the code it was refused with."""
    results = []
    for one in ids:
        try:
            results.append({"id": one, "ok": True, **do(one)})
        except ApiError as exc:
            results.append(_refused(one, exc.code))
    return results


def _refused(one: str, code: str) -> Done:
    return {"id": one, "ok": False, "code": code}


def _space(order: Order, space_id: str) -> Space:
    """A space of whichever organisation: its rights say who may do what in it. Raises spaceNotExist."""
    space = order.world.drive.spaces.get(space_id)
    if space is None:
        raise refusal("spaceNotExist", space_id)
    return space


def _bin_with(order: Order, item_id: str) -> RecycleBin:
    """The recycle bin that holds an item. Raises recycleItemNotExist."""
    found = next((b for b in order.world.drive.bins.values() if item_id in b), None)
    if found is None:
        raise refusal("recycleItemNotExist", item_id)
    return found


def _text(order: Order, name: str, default: str | None = None) -> str:
    value = order.need(name) if default is None else order.body.get(name, default)
    if not isinstance(value, str):
        raise MisuseError(f"{name} is no text")
    return value


def _ids(order: Order, name: str) -> list[str]:
    ids = order.need(name)
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise MisuseError(f"{name} is no list of ids")
    return ids


ACTIONS: dict[str, Callable[[Order, Operator], list[Done]]] = {
    "delete": _delete,
    "restore": _restore,
    "purge": _purge,
    "upload": _upload,
    "folder": _folder,
    "rename": _rename,
    "move": _move,
}

ROUTES: tuple[Route, ...] = (("POST", "/hand", act),)
