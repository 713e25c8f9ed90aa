"""How spaces, dentries, tasks and recycle items look on the wire."""

from datetime import UTC, datetime

from sandbox.drive.dentry import Dentry
from sandbox.drive.drive import ORG_QUOTA, Drive
from sandbox.drive.recyclebin import RecycleItem
from sandbox.drive.space import Space
from sandbox.drive.task import Task
from sandbox.wire import JsonObject

PARTITION = "PUBLIC_OSS_PARTITION"


def iso(ms: int) -> str:
    """A time as the examples of the storage pages show it: `2022-01-01T10:00:00Z`."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dentry_view(space: Space, dentry: Dentry) -> JsonObject:
    """A dentry; folders have no size and no extension.

    https://open.dingtalk.com/document/development/obtain-file-or-folder-information
    """
    view = {
        "id": dentry.id,
        "spaceId": space.id,
        "parentId": dentry.parent_id,
        "type": dentry.type,
        "name": dentry.name,
        "path": space.tree.path(dentry),
        "version": dentry.version,
        "status": "NORMAL",
        "creatorId": dentry.creator_id,
        "modifierId": dentry.modifier_id,
        "createTime": iso(dentry.created_ms),
        "modifiedTime": iso(dentry.modified_ms),
        "properties": {"readOnly": dentry.read_only},
        "uuid": dentry.uuid,
        "partitionType": PARTITION,
        "storageDriver": dentry.driver,
    }
    if not dentry.is_folder:
        view |= {"size": dentry.size, "extension": dentry.extension}
    return view


def space_view(drive: Drive, space: Space) -> JsonObject:
    """A space. https://open.dingtalk.com/document/development/get-space-information"""
    abilities = ("canSearch", "canRename", "canRecordRecentFile")
    quota = {"used": space.tree.used, "type": "SHARE"}
    if space.quota is not None:
        quota |= {"max": space.quota, "type": "PRIVATE"}
    view = {
        "id": space.id,
        "corpId": space.corp_id,
        "creatorId": space.creator_id,
        "ownerType": space.owner_type,
        "ownerId": space.owner_id,
        "modifierId": space.modifier_id,
        "usedQuota": space.tree.used,
        "quota": room(space),
        "status": "NORMAL",
        "createTime": iso(space.created_ms),
        "modifiedTime": iso(space.modified_ms),
        "scene": space.scene,
        "sceneId": space.scene_id,
        "capabilities": {name: space.capabilities.get(name, False) for name in abilities},
        "name": space.name,
        "partitions": [{"partitionType": PARTITION, "quota": quota}],
    }
    return view | ({"appId": space.app_id} if space.app_id else {})


def drive_space_view(space: Space) -> JsonObject:
    """A space as the older drive pages show it: https://open.dingtalk.com/document/development/queries-a-space-list"""
    return {
        "spaceId": space.id,
        "spaceName": space.name,
        "spaceType": "org",
        "quota": -1 if space.quota is None else space.quota,
        "usedQuota": space.tree.used,
        "permissionMode": "acl",
        "createTime": iso(space.created_ms),
        "modifyTime": iso(space.modified_ms),
    }


def room(space: Space) -> int:
    """The bytes a space may hold: its own quota, or the organisation's."""
    return ORG_QUOTA if space.quota is None else space.quota


def task_view(task: Task) -> JsonObject:
    """A task: https://open.dingtalk.com/document/development/get-the-asynchronous-task-information-in-storage"""
    view = {
        "id": task.id,
        "status": task.status,
        "totalCount": task.total,
        "successCount": task.done,
        "failCount": task.failed,
        "beginTime": iso(task.begin_ms),
    }
    if task.failed:
        view["failMessage"] = task.fail_message
    if task.end_ms is not None:
        view["endTime"] = iso(task.end_ms)
    return view


def item_view(item: RecycleItem) -> JsonObject:
    """A recycle item: https://open.dingtalk.com/document/development/gets-the-list-of-recycle-items"""
    return {
        "id": item.id,
        "spaceId": item.space_id,
        "dentryId": item.root.id,
        "size": item.size,
        "type": item.root.type,
        "originalName": item.root.name,
        "originalPath": item.original_path,
        "operatorId": item.operator_id,
        "operatorTime": iso(item.operator_ms),
    }
