"""Spaces: those of the storage interfaces, the organisation's shared ones, and those of conversations."""

from typing import Any

from sandbox.drive.dentry import clean_name
from sandbox.drive.drive import ORG_QUOTA, Drive
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator, Role, allows
from sandbox.drive.space import Space
from sandbox.errors import ApiError
from sandbox.storage.arguments import DOC, PAGE_LIMIT, flag, operator, operator_of, option, text
from sandbox.storage.dentries import space_of
from sandbox.storage.views import PARTITION, drive_space_view, iso, space_view
from sandbox.wire import Call, Endpoint, JsonObject

_ABILITIES = ("canSearch", "canRename", "canRecordRecentFile")
_NAMED_LIMIT = 30


# -- the storage interfaces ---------------------------------------------------------------------------------


async def add_space(call: Call) -> JsonObject:
    """A new space without a recycle bin, or the one that already exists for this scene and sceneId."""
    who = _colleague(call)
    wanted = _wanted(call)
    drive = call.world.drive
    identity = (call.corp_id, call.app.client_id, wanted["scene"], wanted["scene_id"])
    for space in drive.spaces.values():
        if (space.corp_id, space.app_id, space.scene, space.scene_id) == identity:
            return {"space": space_view(drive, space)}
    space = _new_space(call, who, kind="app", app_id=call.app.client_id, **wanted)
    if option(call).get("ownerType") == "APP":
        space.owner_type, space.owner_id = "APP", space.app_id
    return {"space": space_view(drive, space)}


def _wanted(call: Call) -> dict[str, Any]:
    """What the options say about the new space."""
    wanted = option(call)
    quota = wanted.get("quota")
    if quota is not None and (not isinstance(quota, int) or isinstance(quota, bool) or quota < 0):
        raise refusal("paramError", "quota is no size")
    for name in ("name", "scene", "sceneId"):
        if not isinstance(wanted.get(name, ""), str | None):
            raise refusal(f"paramError.{name}", f"{name} is no text")
    abilities = wanted.get("capabilities") or {}
    if not isinstance(abilities, dict):
        raise refusal("paramError", "capabilities is no object")
    return {
        "name": wanted.get("name") or "",
        "scene": wanted.get("scene") or "default",
        "scene_id": wanted.get("sceneId") or "0",
        "quota": quota,
        "capabilities": {name: flag(abilities, name) for name in _ABILITIES},
    }


async def get_space(call: Call) -> JsonObject:
    """One space."""
    who = operator(call)
    space = space_of(call)
    if not _sees(space, who):
        raise refusal("permissionDenied", space.id)
    return {"space": space_view(call.world.drive, space)}


async def get_org(call: Call) -> JsonObject:
    """How much of its quota the organisation uses."""
    who = operator(call)
    if call.path["corpId"] != call.corp_id:
        raise refusal("paramError", "corpId is another organisation's")
    if who.corp_id != call.corp_id:
        raise refusal("permissionDenied", call.corp_id)
    return {"org": {"corpId": call.corp_id, "partitions": [_partition(call.world.drive.used(call.corp_id))]}}


async def get_current_app(call: Call) -> JsonObject:
    """How much the calling application stores in spaces of its own."""
    _colleague(call)
    own = [
        s
        for s in call.world.drive.spaces.values()
        if s.app_id == call.app.client_id and s.corp_id == call.corp_id
    ]
    if not own:
        raise refusal("appNotExist", call.app.client_id)
    application = call.world.apps.get(call.app.client_id)
    about = {
        "corpId": call.corp_id,
        "appId": call.app.client_id,
        "name": application.robot_name if application else call.app.client_id,
        "createTime": iso(min(s.created_ms for s in own)),
        "modifiedTime": iso(max(s.modified_ms for s in own)),
    }
    return {"app": {**about, "partitions": [_partition(sum(s.tree.used for s in own))]}}


def _partition(used: int) -> JsonObject:
    return {"partitionType": PARTITION, "quota": {"used": used, "max": ORG_QUOTA, "type": "SHARE"}}


def _colleague(call: Call) -> Operator:
    """The operator, who must belong to the organisation; permissionDenied."""
    who = operator(call)
    if who.corp_id != call.corp_id:
        raise refusal("permissionDenied", "the operator belongs to another organisation")
    return who


def _sees(space: Space, who: Operator) -> bool:
    return allows(space.role(who), "INFO")


def _new_space(call: Call, who: Operator, **about: Any) -> Space:
    """A space of the operator's, who owns it."""
    drive = call.world.drive
    now = drive.clock.now_ms()
    space = Space(
        id=drive.new_id(),
        corp_id=call.corp_id,
        creator_id=who.union_id,
        created_ms=now,
        modified_ms=now,
        modifier_id=who.union_id,
        owner_id=who.union_id,
        **{"grants": {f"USER:{who.union_id}": "OWNER"}, **about},
    )
    return drive.add_space(space)


# -- the drive interfaces, which have error codes of their own ----------------------------------------------


def _no(code: str, message: str) -> ApiError:
    return ApiError(400, code, message)


def _drive_operator(call: Call, union_id: object) -> Operator:
    if not isinstance(union_id, str) or call.world.member_by_union(union_id) is None:
        raise _no("param.error", "Invalid Param")
    who = operator_of(call.world, union_id)
    if who.corp_id != call.corp_id:
        raise _no("no.priviledge", "You are not authorized to perform this operation.")
    return who


async def create_drive_space(call: Call) -> JsonObject:
    """A new shared space of the organisation, with the recycle bin."""
    who = _drive_operator(call, call.body.get("unionId"))
    name = call.body.get("name")
    if not isinstance(name, str):
        raise _no("param.error", "Invalid Param")
    cleaned = clean_name(name)
    if cleaned is None:
        raise _no("name.invalid", "Space name is invalid.")
    able = dict.fromkeys(_ABILITIES, True)
    return drive_space_view(_new_space(call, who, name=cleaned, kind="org", recycles=True, capabilities=able))


async def list_drive_spaces(call: Call) -> JsonObject:
    """The shared spaces of the organisation the operator may see, the oldest first."""
    who = _drive_operator(call, call.query.get("unionId"))
    if call.query.get("spaceType") != "org":
        raise _no("param.error", "Invalid Param")
    size, after = _drive_page(call)
    spaces = sorted(_org_spaces(call.world.drive, call.corp_id, who), key=lambda s: int(s.id))
    found = [s for s in spaces if int(s.id) > after]
    more = len(found) > size
    found = found[:size]
    return {"spaces": [drive_space_view(s) for s in found], "nextToken": found[-1].id if more else ""}


def _drive_page(call: Call) -> tuple[int, int]:
    size, token = call.query.get("maxResults", ""), call.query.get("nextToken", "") or "0"
    if not all(part.isascii() and part.isdigit() for part in (size, token)) or int(size) < 1:
        raise _no("param.error", "Invalid Param")
    if int(size) > PAGE_LIMIT:
        raise _no("param.error.maxresults", "Too Large MaxResults")
    return int(size), int(token)


def _org_spaces(drive: Drive, corp_id: str, who: Operator) -> list[Space]:
    return [s for s in drive.spaces.values() if s.kind == "org" and s.corp_id == corp_id and _sees(s, who)]


async def delete_drive_space(call: Call) -> JsonObject:
    """Deletes a shared space with all that is in it and all that came from it into the bin."""
    who = _drive_operator(call, call.query.get("unionId"))
    drive = call.world.drive
    space = drive.spaces.get(call.path["spaceId"])
    if space is None or space.corp_id != call.corp_id:
        raise _no("param.error", "Invalid Param")
    if space.kind != "org":
        raise _no("unsupported.operation", "Does not support the operation")
    if space.role(who) is not Role.OWNER:
        raise _no("no.priviledge", "You are not authorized to perform this operation.")
    drive.drop_space(space)
    return {}


async def query_drive_spaces(call: Call) -> JsonObject:
    """Spaces by id, for administrators. This page reports missing rights as HTTP 500."""
    union_id, ids = call.body.get("unionId"), call.body.get("spaceIds")
    person = call.world.member_by_union(union_id) if isinstance(union_id, str) else None
    if (
        person is None
        or not isinstance(ids, list)
        or not 1 <= len(ids) <= _NAMED_LIMIT
        or not all(isinstance(i, str) for i in ids)
    ):
        raise _no("param.error", "Invalid Param")
    if person.corp_id != call.corp_id or not person.admin:
        raise ApiError(500, "no.priviledge", "You are not authorized to perform this operation.")
    known = [call.world.drive.spaces[i] for i in ids if i in call.world.drive.spaces]
    return {"spaces": [drive_space_view(s) for s in known if s.corp_id == call.corp_id]}


# -- the space of a conversation ----------------------------------------------------------------------------


async def get_conversation_space(call: Call) -> JsonObject:
    """The space that holds a group's files; made at the first question, then without a recycle bin."""
    who = operator(call)
    conversation_id = text(call.body, "openConversationId", "paramError.conversationId")
    conversation = call.world.conversations.get(conversation_id)
    if conversation is None:
        raise refusal("conversationNotExist", conversation_id)
    if call.corp_id != conversation.corp_id or who.corp_id != conversation.corp_id:
        raise refusal("acrossOrgAccessForbidden", conversation_id)
    if f"CONVERSATION:{conversation_id}" not in who.members:
        raise refusal("permissionDenied", conversation_id)
    space = call.world.drive.spaces.get(conversation.space_id or "")
    if space is None:
        space = _conversation_space(call, who, conversation_id, conversation.title)
        conversation.space_id = space.id
    times = {"createTime": iso(space.created_ms), "modifiedTime": iso(space.modified_ms)}
    return {"space": {"spaceId": space.id, "corpId": space.corp_id, **times}}


def _conversation_space(call: Call, who: Operator, conversation_id: str, title: str) -> Space:
    return _new_space(
        call,
        who,
        name=title,
        kind="group",
        conversation_id=conversation_id,
        grants={f"CONVERSATION:{conversation_id}": "EDITOR"},
        capabilities=dict.fromkeys(_ABILITIES, True),
    )


_SPACE = "/v1.0/storage/spaces"
_DRIVE = "/v1.0/drive"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("POST", _SPACE, add_space, "Storage.Space.Write", doc=f"{DOC}add-space"),
    Endpoint(
        "GET", f"{_SPACE}/{{spaceId}}", get_space, "Storage.Space.Read", doc=f"{DOC}get-space-information"
    ),
    Endpoint(
        "GET",
        "/v1.0/storage/orgs/{corpId}",
        get_org,
        "Storage.Org.Read",
        doc=f"{DOC}obtain-enterprise-storage-related-information",
    ),
    Endpoint(
        "POST",
        "/v1.0/storage/currentApps/query",
        get_current_app,
        "Storage.App.Read",
        doc=f"{DOC}obtains-the-information-about-the-current-application",
    ),
    Endpoint("POST", f"{_DRIVE}/spaces", create_drive_space, "Drive.Space.Write", doc=f"{DOC}new-space"),
    Endpoint(
        "GET", f"{_DRIVE}/spaces", list_drive_spaces, "Drive.Space.Read", doc=f"{DOC}queries-a-space-list"
    ),
    Endpoint(
        "DELETE",
        f"{_DRIVE}/spaces/{{spaceId}}",
        delete_drive_space,
        "Drive.Space.Write",
        doc=f"{DOC}delete-a-space",
    ),
    Endpoint(
        "POST",
        f"{_DRIVE}/managements/spaces/query",
        query_drive_spaces,
        "Drive.SpaceManage.Read",
        doc=f"{DOC}retrieves-the-space-list-on-the-management-side",
    ),
    Endpoint(
        "POST",
        "/v1.0/convFile/conversations/spaces/query",
        get_conversation_space,
        "ConvFile.Space.Read",
        doc=f"{DOC}obtain-group-storage-space-information",
    ),
)
