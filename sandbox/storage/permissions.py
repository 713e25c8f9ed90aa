"""Who holds which role on a file or folder: granting, taking back, listing, and how roles are inherited.

https://open.dingtalk.com/document/development/add-permissions-file
"""

import re

from sandbox.drive.dentry import Dentry
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import MEMBER_TYPES, Operator, Role, allows
from sandbox.drive.space import Space
from sandbox.storage.arguments import DOC, choice, operator, option, page_size, read_offset, text_list
from sandbox.wire import Call, Endpoint, JsonObject
from sandbox.world import World

READ = "Storage.Permission.Read"
WRITE = "Storage.Permission.Write"
MEMBER_LIMIT = 30
_UUID = re.compile("[A-Za-z0-9]{1,64}")
_ROLES = frozenset(role.name for role in Role if role)


async def add_permission(call: Call) -> JsonObject:
    """Grants a role to members; whoever already has one there keeps the stronger."""
    dentry, role, members = _grant(call)
    for member in members:
        dentry.grants[member] = max(Role[dentry.grants.get(member, "NONE")], Role[role]).name
    return {"success": True}


async def update_permission(call: Call) -> JsonObject:
    """Sets the role of members."""
    dentry, role, members = _grant(call)
    dentry.grants.update(dict.fromkeys(members, role))
    return {"success": True}


async def remove_permission(call: Call) -> JsonObject:
    """Takes a role back from members who have exactly that one."""
    dentry, role, members = _grant(call)
    for member in members:
        if dentry.grants.get(member) == role:
            del dentry.grants[member]
    return {"success": True}


def _grant(call: Call) -> tuple[Dentry, str, list[str]]:
    who = operator(call)
    role = choice(call.body, "roleId", _ROLES, "", "paramError.roleId")
    if not role:
        raise refusal("paramError.roleId", "roleId is required")
    members = _members(call)
    space, dentry = _named(call)
    call.world.drive.require(space, dentry, who, "ASSIGN" if role == "OWNER" else "WRITE_PERMISSION")
    return dentry, role, members


def _members(call: Call) -> list[str]:
    members = call.body.get("members")
    if not isinstance(members, list) or not 1 <= len(members) <= MEMBER_LIMIT:
        raise refusal("paramError", f"members must be 1 to {MEMBER_LIMIT}")
    return [_member(call, member) for member in members]


def _member(call: Call, member: object) -> str:
    """The key a grant names the member by; these pages name people by userId."""
    if not isinstance(member, dict) or not isinstance(member.get("id"), str):
        raise refusal("paramError", "a member needs type and id")
    if member.get("type") not in MEMBER_TYPES:
        raise refusal("paramError.permissionMemberType", str(member.get("type")))
    if member["type"] != "USER":
        return f"{member['type']}:{member['id']}"
    person = call.world.member(member["id"])
    if person is None:
        raise refusal("paramError", f"no user {member['id']}")
    return f"USER:{person.union_id}"


def _named(call: Call) -> tuple[Space, Dentry]:
    """The dentry the path names; paramError.dentryUuid when nothing could be called that, dentryNotExist."""
    uuid = call.path["dentryUuid"]
    found = call.world.drive.by_uuid(call.corp_id, uuid)
    if found is None:
        raise refusal("dentryNotExist" if _UUID.fullmatch(uuid) else "paramError.dentryUuid", uuid)
    return found


async def list_permissions(call: Call) -> JsonObject:
    """The roles granted on a dentry itself and on what it inherits from, the strongest first."""
    who = operator(call)
    chosen = option(call)
    size = page_size(chosen, limit=MEMBER_LIMIT)
    space, dentry = _named(call)
    call.world.drive.require(space, dentry, who, "READ_PERMISSION")
    roles = sorted(_roles(space, dentry).items(), key=lambda pair: (-pair[1], pair[0]))
    if wanted := text_list(chosen, "filterRoleIds", "paramError.roleId"):
        if not wanted <= _ROLES:
            raise refusal("paramError.roleId", ", ".join(sorted(wanted - _ROLES)))
        roles = [pair for pair in roles if pair[1].name in wanted]
    start = read_offset(chosen)
    shown = [_permission(call.world, dentry, *pair) for pair in roles[start : start + size]]
    more = {"nextToken": str(start + size)} if len(roles) > start + size else {}
    return {"permissions": shown, **more}


def _roles(space: Space, dentry: Dentry) -> dict[str, Role]:
    """member → role reaching this dentry."""
    reaching = {member: Role[role] for member, role in space.grants.items()}
    for step in [*reversed(space.tree.ancestors(dentry)), dentry]:
        if step.inheritance == "BREAK":
            reaching = {m: r for m, r in reaching.items() if r >= Role.MANAGER}
        for member, role in step.grants.items():
            reaching[member] = max(reaching.get(member, Role.NONE), Role[role])
    owner = f"USER:{dentry.creator_id}"
    return {**reaching, owner: Role.OWNER}


def _permission(world: World, dentry: Dentry, member: str, role: Role) -> JsonObject:
    kind, _, key = member.partition(":")
    person = world.person_by_union(key) if kind == "USER" else None
    about = {"type": kind, "id": person.user_id if person else key}
    about |= {"name": person.name, "corpId": person.corp_id} if person else {}
    return {"dentryUuid": dentry.uuid, "member": about, "role": {"id": role.name, "name": role.name}}


async def get_inheritance(call: Call) -> JsonObject:
    """PASS_ON or BREAK."""
    operator(call)
    return {"inheritance": _named(call)[1].inheritance}


async def set_inheritance(call: Call) -> JsonObject:
    """Sets PASS_ON or BREAK. The page knows no 403: without the right nothing happens and success is false."""
    who = operator(call)
    mode = choice(
        call.body, "inheritance", frozenset({"PASS_ON", "BREAK"}), "", "paramError.permissionInheritance"
    )
    if not mode:
        raise refusal("paramError.permissionInheritance", "inheritance is required")
    space, dentry = _named(call)
    allowed = _may_set(space, dentry, who)
    if allowed:
        dentry.inheritance = mode
    return {"success": allowed}


def _may_set(space: Space, dentry: Dentry, who: Operator) -> bool:
    return allows(space.role_on(dentry, who), "WRITE_PERMISSION")


_BASE = "/v2.0/storage/spaces/dentries/{dentryUuid}/permissions"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("POST", _BASE, add_permission, WRITE, doc=f"{DOC}add-permissions-file"),
    Endpoint("PUT", _BASE, update_permission, WRITE, doc=f"{DOC}modify-permissions-file"),
    Endpoint("POST", f"{_BASE}/remove", remove_permission, WRITE, doc=f"{DOC}delete-permissions-file"),
    Endpoint("POST", f"{_BASE}/query", list_permissions, READ, doc=f"{DOC}get-permission-list"),
    Endpoint(
        "GET", f"{_BASE}/inheritances", get_inheritance, READ, doc=f"{DOC}get-permission-inheritance-mode"
    ),
    Endpoint(
        "PUT", f"{_BASE}/inheritances", set_inheritance, WRITE, doc=f"{DOC}set-permission-inheritance-mode"
    ),
)
