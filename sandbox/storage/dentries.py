"""Files and folders: looking, listing, deleting, and the tasks that deleting leaves behind."""

from collections.abc import Mapping
from typing import Any

from sandbox.drive.dentry import ROOT, Dentry
from sandbox.drive.refusals import refusal
from sandbox.drive.removal import Removed, remove
from sandbox.drive.rights import Operator, allows
from sandbox.drive.space import Space
from sandbox.drive.tree import ORDERS, SortKey
from sandbox.storage.arguments import (
    DOC,
    choice,
    flag,
    folder_id,
    id_list,
    number_id,
    operator,
    option,
    page_size,
    read_token,
    text,
    write_token,
)
from sandbox.storage.views import dentry_view, task_view
from sandbox.wire import Call, Endpoint, Items, JsonObject, Writes

REMOVE_LIMIT = 50
QUERY_LIMIT = 30
READ = "Storage.File.Read"
WRITE = "Storage.File.Write"
_DIRECTIONS = frozenset({"ASC", "DESC"})


def space_of(call: Call, code: str = "paramError") -> Space:
    """The space the path names; `code` when it is no id, spaceNotExist."""
    return call.world.drive.space(call.corp_id, number_id(call.path["spaceId"], "spaceId", code))


def dentry_of(call: Call, space: Space, code: str = "paramError") -> Dentry:
    """The dentry the path names; `code` when it is no id, dentryNotExist."""
    return call.world.drive.dentry(space, number_id(call.path["dentryId"], "dentryId", code))


async def get_dentry(call: Call) -> JsonObject:
    """One dentry."""
    who = operator(call)
    space = space_of(call)
    dentry = dentry_of(call, space)
    call.world.drive.require(space, dentry, who, "INFO")
    return {"dentry": dentry_view(space, dentry)}


async def get_dentries(call: Call) -> JsonObject:
    """Up to 30 dentries; each its own success or errorCode. A stranger to the space is refused as a whole."""
    who = operator(call)
    ids = id_list(call.body, "dentryIds", QUERY_LIMIT, "paramError")
    option(call)
    space = space_of(call)
    items = [_queried(space, dentry_id, who) for dentry_id in ids]
    if not allows(space.role(who), "INFO") and not any(item["success"] for item in items):
        raise refusal("permissionDenied", f"space {space.id}")
    return {"resultItems": items}


def _queried(space: Space, dentry_id: str, who: Operator) -> JsonObject:
    item: JsonObject = {"spaceId": space.id, "dentryId": dentry_id, "success": False}
    dentry = space.tree.get(dentry_id)
    if dentry is None:
        return {**item, "errorCode": "dentryNotExist"}
    if not allows(space.role_on(dentry, who), "INFO"):
        return {**item, "errorCode": "permissionDenied"}
    return {**item, "success": True, "dentry": dentry_view(space, dentry)}


async def list_dentries(call: Call) -> JsonObject:
    """One level of the tree, by default what changed last first."""
    who = operator(call)
    parent_id = folder_id(text(call.query, "parentId"), "parentId")
    size = page_size(call.query)
    order_by = choice(call.query, "orderBy", ORDERS, "MODIFIED_TIME")
    descending = choice(call.query, "order", _DIRECTIONS, "DESC") == "DESC"
    after = read_token(call.query, str if order_by == "NAME" else int)
    flag(call.query, "withThumbnail")
    space = space_of(call)
    folder = None if parent_id == ROOT else call.world.drive.dentry(space, parent_id)
    if folder is not None and not folder.is_folder:
        raise refusal("dentryNotExist", f"{parent_id} is a file")
    call.world.drive.require(space, folder, who, "LIST")
    found = space.tree.page(parent_id, order_by, descending=descending, after=after, limit=size)
    return _page(space, who, *found)


async def list_all(call: Call) -> JsonObject:
    """The whole space, flat, by modified time; by default what changed first first."""
    who = operator(call)
    chosen = option(call)
    size = page_size(chosen)
    descending = choice(chosen, "order", _DIRECTIONS, "ASC") == "DESC"
    after = read_token(chosen)
    flag(chosen, "withThumbnail")
    space = space_of(call)
    call.world.drive.require(space, None, who, "LIST")
    found = space.tree.page(None, "MODIFIED_TIME", descending=descending, after=after, limit=size)
    return _page(space, who, *found)


def _page(space: Space, who: Operator, found: list[Dentry], after: SortKey | None) -> JsonObject:
    """A page without what the operator may not see (so it may be shorter than asked for)."""
    seen = [d for d in found if allows(space.role_on(d, who), "INFO")]
    page: JsonObject = {"dentries": [dentry_view(space, d) for d in seen]}
    return page if after is None else {**page, "nextToken": write_token(after)}


async def batch_remove(call: Call) -> JsonObject:
    """Deletes up to 50; for ever unless option.toRecycleBin. What has children becomes a task."""
    who = operator(call)
    space_id = number_id(call.path["spaceId"], "spaceId", "paramError.spaceId")
    ids = id_list(call.body, "dentryIds", REMOVE_LIMIT, "paramError.dentryIds")
    to_bin = flag(option(call), "toRecycleBin")
    space = call.world.drive.space(call.corp_id, space_id)
    removed = remove(call.world.drive, space, ids, who, to_bin=to_bin)
    return {"resultItems": [{"spaceId": space.id, **_removed(one)} for one in removed]}


def _removed(one: Removed) -> JsonObject:
    if one.task is not None:
        return {"dentryId": one.dentry_id, "async": True, "taskId": one.task.id}
    item: JsonObject = {"dentryId": one.dentry_id, "async": False, "success": not one.error}
    return {**item, "errorCode": one.error} if one.error else item


async def delete_dentry(call: Call) -> JsonObject:
    """Deletes one; for ever unless toRecycleBin=true."""
    who = operator(call)
    space = space_of(call)
    dentry_id = number_id(call.path["dentryId"], "dentryId")
    to_bin = flag(call.query, "toRecycleBin")
    (one,) = remove(call.world.drive, space, [dentry_id], who, to_bin=to_bin)
    if one.error:
        raise refusal(one.error, dentry_id)
    return {"async": True, "taskId": one.task.id} if one.task else {"async": False}


async def get_task(call: Call) -> JsonObject:
    """How far an asynchronous task is; asking counts as a poll."""
    operator(call)
    task_id = number_id(call.path["taskId"], "taskId", "paramError.taskId")
    drive = call.world.drive
    task = drive.tasks.get(task_id)
    if task is None or task.corp_id != call.corp_id:
        raise refusal("taskNotExist", task_id)
    return {"task": task_view(drive.poll(task_id))}


async def subscribe(call: Call) -> JsonObject:
    """From now on file changes in this scope are pushed as events."""
    call.world.drive.subscriptions.add(_subscription(call))
    return {"success": True}


async def unsubscribe(call: Call) -> JsonObject:
    """No more events for this scope."""
    call.world.drive.subscriptions.discard(_subscription(call))
    return {"success": True}


def _subscription(call: Call) -> tuple[str, str, str]:
    who = operator(call)
    scope = choice(call.body, "scope", frozenset({"ORG", "SPACE"}), "", "paramError.scope")
    if not scope:
        raise refusal("paramError.scope", "scope is required")
    scope_id = text(call.body, "scopeId", "paramError.scopeId")
    _require_scope(call, scope, scope_id, who)
    return call.corp_id, scope, scope_id


def _require_scope(call: Call, scope: str, scope_id: str, who: Operator) -> None:
    if scope == "ORG":
        known, allowed = scope_id == call.corp_id, who.corp_id == call.corp_id
    else:
        space = _known_spaces(call).get(scope_id)
        known, allowed = space is not None, space is not None and allows(space.role(who), "LIST")
    if not known:
        raise refusal("paramError.scopeId", scope_id)
    if not allowed:
        raise refusal("permissionDenied", scope_id)


def _known_spaces(call: Call) -> Mapping[str, Space]:
    return {s.id: s for s in call.world.drive.spaces.values() if s.corp_id == call.corp_id}


_BASE = "/v1.0/storage/spaces/{spaceId}/dentries"
_EVENTS: dict[str, Any] = {"scope": "Storage.Event.Write"}

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        f"{_BASE}/batchRemove",
        batch_remove,
        WRITE,
        items=Items("dentryIds", "dentryId", REMOVE_LIMIT),
        writes=Writes(entries="dentryIds"),
        tasks=True,
        doc=f"{DOC}delete-files-or-folders-in-bulk",
    ),
    Endpoint(
        "DELETE",
        f"{_BASE}/{{dentryId}}",
        delete_dentry,
        WRITE,
        writes=Writes(entries="dentryId"),
        tasks=True,
        doc=f"{DOC}delete-a-file-or-folder",
    ),
    Endpoint(
        "POST",
        f"{_BASE}/query",
        get_dentries,
        READ,
        items=Items("dentryIds", "dentryId", QUERY_LIMIT, may_wait=False),
        doc=f"{DOC}get-file-or-folder-information-in-bulk",
    ),
    Endpoint(
        "POST", f"{_BASE}/{{dentryId}}/query", get_dentry, READ, doc=f"{DOC}obtain-file-or-folder-information"
    ),
    Endpoint("GET", _BASE, list_dentries, READ, doc=f"{DOC}get-a-list-of-files-or-folders"),
    Endpoint(
        "POST", f"{_BASE}/listAll", list_all, READ, doc=f"{DOC}get-a-list-of-all-files-or-folders-under-a"
    ),
    Endpoint(
        "GET",
        "/v1.0/storage/tasks/{taskId}",
        get_task,
        "Storage.Task.Read",
        doc=f"{DOC}get-the-asynchronous-task-information-in-storage",
    ),
    Endpoint(
        "POST",
        "/v1.0/storage/events/subscribe",
        subscribe,
        **_EVENTS,
        doc=f"{DOC}subscribe-to-file-change-events",
    ),
    Endpoint(
        "POST",
        "/v1.0/storage/events/unsubscribe",
        unsubscribe,
        **_EVENTS,
        doc=f"{DOC}unsubscribe-from-file-change-events",
    ),
)
