"""The recycle bin's interfaces: looking into it, restoring from it, deleting from it, emptying it."""

from collections.abc import Callable

from sandbox.drive.recyclebin import RecycleBin
from sandbox.drive.refusals import refusal
from sandbox.drive.restoring import Restored, empty, forget, require_item, require_right, restore
from sandbox.errors import ApiError
from sandbox.storage.arguments import (
    DOC,
    PAGE_LIMIT,
    id_list,
    number_id,
    operator,
    page_size,
    read_token,
    strategy,
    text,
    write_token,
)
from sandbox.storage.views import item_view
from sandbox.wire import Call, Endpoint, Items, JsonObject, Writes

RESTORE_LIMIT = 30
READ = "Storage.RecycleBin.Read"
WRITE = "Storage.RecycleBin.Write"


async def get_bin(call: Call) -> JsonObject:
    """The organisation's recycle bin. Of another organisation, or for its people: recycleBinNotExist."""
    who = operator(call)
    if text(call.query, "recycleBinScope", "paramError.recycleBinScope") != "ORG":
        raise refusal("paramError.recycleBinScope", "only ORG is known")
    corp_id = text(call.query, "scopeId")
    if corp_id != call.corp_id or who.corp_id != corp_id:
        raise refusal("recycleBinNotExist", corp_id)
    recycle_bin = call.world.drive.recycle_bin(corp_id)
    return {"recycleBin": {"id": recycle_bin.id, "scope": "ORG", "scopeId": corp_id}}


def _bin(call: Call) -> RecycleBin:
    """The bin the path names, if it is that of the caller's organisation."""
    recycle_bin = call.world.drive.recycle_bin(call.corp_id)
    if recycle_bin.id != call.path["recycleBinId"]:
        raise refusal("recycleBinNotExist", call.path["recycleBinId"])
    return recycle_bin


async def list_items(call: Call) -> JsonObject:
    """Everything in the bin, the newest first; people of another organisation find no bin."""
    who = operator(call)
    size = page_size(call.query, "paramError.maxResults")
    recycle_bin = _bin(call)
    if who.corp_id != call.corp_id:
        raise refusal("recycleBinNotExist", recycle_bin.id)
    items, after = recycle_bin.page(read_token(call.query), size)
    page: JsonObject = {"recycleItems": [item_view(item) for item in items]}
    return page if after is None else {**page, "nextToken": write_token(after)}


async def get_item(call: Call) -> JsonObject:
    """One item; needs the right to see what was deleted."""
    who = operator(call)
    item_id = number_id(call.path["recycleItemId"], "recycleItemId")
    item = require_item(call.world.drive, _bin(call), item_id)
    require_right(call.world.drive, item, who, "INFO")
    return {"item": item_view(item)}


async def restore_item(call: Call) -> JsonObject:
    """Puts one item back."""
    who = operator(call)
    item_id = number_id(call.path["recycleItemId"], "recycleItemId", "paramError.recycleItemId")
    wanted = strategy(call)
    done = restore(call.world.drive, _bin(call), item_id, who, wanted)
    return _restored(done)


async def restore_items(call: Call) -> JsonObject:
    """Puts up to 30 items back; each its own success or errorCode."""
    who = operator(call)
    ids = id_list(call.body, "recycleItemIds", RESTORE_LIMIT, "paramError.recycleItemIds")
    wanted = strategy(call)
    recycle_bin = _bin(call)

    def put_back(item_id: str) -> JsonObject:
        done = restore(call.world.drive, recycle_bin, item_id, who, wanted)
        return _restored(done) | ({} if done.task else {"success": True})

    return {"resultItems": [_tried(recycle_bin, item_id, put_back) for item_id in ids]}


def _tried(recycle_bin: RecycleBin, item_id: str, put_back: Callable[[str], JsonObject]) -> JsonObject:
    item = {"recycleBinId": recycle_bin.id, "recycleItemId": item_id}
    try:
        return item | put_back(item_id)
    except ApiError as exc:
        return item | {"async": False, "success": False, "errorCode": exc.code}


def _restored(done: Restored) -> JsonObject:
    where: JsonObject = {"async": done.task is not None, "spaceId": done.space_id, "dentryId": done.dentry_id}
    return where | ({"taskId": done.task.id} if done.task else {})


async def delete_item(call: Call) -> JsonObject:
    """Deletes one item for ever."""
    who = operator(call)
    item_id = number_id(call.path["recycleItemId"], "recycleItemId")
    forget(call.world.drive, _bin(call), [item_id], who)
    return {"success": True}


async def delete_items(call: Call) -> JsonObject:
    """Deletes up to 50 items for ever, all or none."""
    who = operator(call)
    ids = id_list(call.body, "recycleItemIds", PAGE_LIMIT, "paramError.recycleItemIds")
    forget(call.world.drive, _bin(call), ids, who)
    return {"success": True}


async def clear_bin(call: Call) -> JsonObject:
    """Empties the bin. The page knows neither a 403 nor a 404: an unknown bin is paramError.recycleBinId."""
    who = operator(call)
    recycle_bin = call.world.drive.recycle_bin(call.corp_id)
    if recycle_bin.id != call.path["recycleBinId"] or who.corp_id != call.corp_id:
        raise refusal("paramError.recycleBinId", call.path["recycleBinId"])
    empty(call.world.drive, recycle_bin, who)
    return {"success": True}


_BASE = "/v1.0/storage/recycleBins"
_ITEMS = f"{_BASE}/{{recycleBinId}}/recycleItems"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("GET", _BASE, get_bin, READ, doc=f"{DOC}obtain-information-about-the-recycle-bin"),
    Endpoint("GET", _ITEMS, list_items, READ, doc=f"{DOC}gets-the-list-of-recycle-items"),
    Endpoint(
        "GET", f"{_ITEMS}/{{recycleItemId}}", get_item, READ, doc=f"{DOC}obtain-recycling-item-information"
    ),
    Endpoint(
        "POST",
        f"{_ITEMS}/{{recycleItemId}}/restore",
        restore_item,
        WRITE,
        writes=Writes(items="recycleItemId"),
        tasks=True,
        doc=f"{DOC}restore-recycle-items",
    ),
    Endpoint(
        "POST",
        f"{_ITEMS}/batchRestore",
        restore_items,
        WRITE,
        items=Items("recycleItemIds", "recycleItemId", RESTORE_LIMIT),
        writes=Writes(items="recycleItemIds"),
        tasks=True,
        doc=f"{DOC}batch-restore-recycled-items",
    ),
    Endpoint("DELETE", f"{_ITEMS}/{{recycleItemId}}", delete_item, WRITE, doc=f"{DOC}delete-recycle-item"),
    Endpoint("POST", f"{_ITEMS}/batchRemove", delete_items, WRITE, doc=f"{DOC}batch-delete-recycle-items"),
    Endpoint("POST", f"{_BASE}/{{recycleBinId}}/clear", clear_bin, WRITE, doc=f"{DOC}empty-the-recycle-bin"),
)
