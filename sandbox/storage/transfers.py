"""Making folders, renaming, moving and copying."""

from collections.abc import Callable

from sandbox.drive.conflict import Target
from sandbox.drive.dentry import Dentry
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator
from sandbox.drive.space import Space
from sandbox.drive.transfer import Arrived, add, copy, move, rename
from sandbox.errors import ApiError
from sandbox.storage.arguments import (
    DOC,
    flag,
    folder_id,
    id_list,
    number_id,
    operator,
    option,
    strategy,
    text,
)
from sandbox.storage.dentries import WRITE, dentry_of, space_of
from sandbox.storage.views import dentry_view
from sandbox.wire import Call, Endpoint, Items, JsonObject, Writes

MOVE_LIMIT = 30
COPY_LIMIT = 3

Verb = Callable[[Space, Dentry, Target], Arrived]


async def add_folder(call: Call) -> JsonObject:
    """A new folder, or (RETURN_DENTRY_IF_EXISTS) the one that is there. It is shown without a version."""
    who = operator(call)
    name = text(call.body, "name", "dentryNameIllegal")
    wanted = strategy(call)
    parent_id = folder_id(call.path["parentId"], "parentId")
    space = space_of(call)
    made = add(Target(call.world.drive, space, parent_id, who, wanted), name, "FOLDER")
    view = dentry_view(space, made)
    del view["version"]
    return {"dentry": view}


async def rename_dentry(call: Call) -> JsonObject:
    """Another name for a file or folder."""
    who = operator(call)
    name = text(call.body, "newName", "paramError.name")
    space = space_of(call, "paramError.spaceId")
    dentry = dentry_of(call, space, "paramError.dentryId")
    return {"dentry": dentry_view(space, rename(call.world.drive, space, dentry, name, who))}


async def move_dentry(call: Call) -> JsonObject:
    """Moves one."""
    flag(option(call), "presevePermissions")
    return _transfer_one(call, move)


async def copy_dentry(call: Call) -> JsonObject:
    """Copies one."""
    return _transfer_one(call, copy)


def _transfer_one(call: Call, verb: Verb) -> JsonObject:
    who = operator(call)
    target = _target(call, who)
    space = space_of(call, "paramError.spaceId")
    arrived = verb(space, dentry_of(call, space, "paramError.dentryId"), target)
    answer: JsonObject = {
        "dentry": dentry_view(target.space, arrived.dentry),
        "async": arrived.task is not None,
    }
    return answer | ({"taskId": arrived.task.id} if arrived.task else {})


async def move_dentries(call: Call) -> JsonObject:
    """Moves up to 30; each its own success or errorCode."""
    flag(option(call), "preservePermissions")
    return _transfer_many(call, move, MOVE_LIMIT)


async def copy_dentries(call: Call) -> JsonObject:
    """Copies up to 3; each its own success or errorCode."""
    return _transfer_many(call, copy, COPY_LIMIT)


def _transfer_many(call: Call, verb: Verb, limit: int) -> JsonObject:
    who = operator(call)
    ids = id_list(call.body, "dentryIds", limit, "paramError.dentryIds")
    target = _target(call, who)
    space = space_of(call, "paramError.spaceId")
    return {"resultItems": [_tried(space, dentry_id, target, verb) for dentry_id in ids]}


def _tried(space: Space, dentry_id: str, target: Target, verb: Verb) -> JsonObject:
    item: JsonObject = {"spaceId": space.id, "dentryId": dentry_id}
    try:
        arrived = verb(space, target.drive.dentry(space, dentry_id), target)
    except ApiError as exc:
        return item | {"async": False, "success": False, "errorCode": exc.code}
    item |= {"targetSpaceId": target.space.id, "targetDentryId": arrived.dentry.id}
    if arrived.task is None:
        return item | {"async": False, "success": True}
    return item | {"async": True, "taskId": arrived.task.id}


def _target(call: Call, who: Operator) -> Target:
    """The folder the body names. A target that is not there refuses the whole call."""
    space_id = number_id(call.body.get("targetSpaceId"), "targetSpaceId", "paramError.targetSpaceId")
    parent_id = folder_id(call.body.get("targetFolderId"), "targetFolderId", "paramError.targetFolderId")
    wanted = strategy(call)
    space = call.world.drive.space(call.corp_id, space_id)
    if parent_id != "0" and space.tree.get(parent_id) is None:
        raise refusal("dentryNotExist", parent_id)
    return Target(call.world.drive, space, parent_id, who, wanted)


_BASE = "/v1.0/storage/spaces/{spaceId}/dentries"
_ONE = f"{_BASE}/{{dentryId}}"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        f"{_BASE}/{{parentId}}/folders",
        add_folder,
        WRITE,
        writes=Writes(folder="parentId"),
        doc=f"{DOC}add-folder",
    ),
    Endpoint(
        "POST",
        f"{_ONE}/rename",
        rename_dentry,
        WRITE,
        writes=Writes(entries="dentryId"),
        doc=f"{DOC}rename-a-file-or-folder",
    ),
    Endpoint(
        "POST",
        f"{_ONE}/move",
        move_dentry,
        WRITE,
        writes=Writes(entries="dentryId", target=True),
        tasks=True,
        doc=f"{DOC}move-a-file-or-folder",
    ),
    Endpoint(
        "POST",
        f"{_ONE}/copy",
        copy_dentry,
        WRITE,
        writes=Writes(target=True),
        tasks=True,
        doc=f"{DOC}copy-an-object",
    ),
    Endpoint(
        "POST",
        f"{_BASE}/batchMove",
        move_dentries,
        WRITE,
        items=Items("dentryIds", "dentryId", MOVE_LIMIT),
        writes=Writes(entries="dentryIds", target=True),
        tasks=True,
        doc=f"{DOC}bulk-move-files-or-folders",
    ),
    Endpoint(
        "POST",
        f"{_BASE}/batchCopy",
        copy_dentries,
        WRITE,
        items=Items("dentryIds", "dentryId", COPY_LIMIT),
        writes=Writes(target=True),
        tasks=True,
        doc=f"{DOC}copy-files-or-folders-in-bulk",
    ),
)
