"""People, departments and roles. None of these calls uses up the monthly quota.

https://open.dingtalk.com/document/development/query-user-details
https://open.dingtalk.com/document/development/query-department-details0-v2
https://open.dingtalk.com/document/development/obtain-the-list-of-employees-of-a-role
https://open.dingtalk.com/document/development/query-the-administrator-list
https://open.dingtalk.com/document/development/queries-the-list-of-all-parent-departments-of-a-user
"""

from typing import Any

from sandbox.errors import OldApiError
from sandbox.people import Department, Person
from sandbox.wire import Call, Endpoint, JsonObject
from sandbox.world import World

DOC = "https://open.dingtalk.com/document/development/"
ROLE_PAGE = 20
ROLE_PAGE_MAX = 100
MAIN_ADMIN = 1
SUB_ADMIN = 2


async def user_get(call: Call) -> JsonObject:
    """Everything about one person of the organisation."""
    return {"result": _details(call.world, _asked_about(call))}


def _asked_about(call: Call) -> Person:
    """The person of the organisation whose `userid` is given."""
    user_id = call.body.get("userid")
    if not isinstance(user_id, str) or not user_id:
        raise OldApiError(400002, "无效的参数")
    person = call.world.colleague(user_id, call.corp_id)
    if person is None:
        raise OldApiError(33012, "无效的USERID")
    return person


async def user_by_union_id(call: Call) -> JsonObject:
    """The userId that belongs to a unionId."""
    union_id = call.body.get("unionid")
    if not isinstance(union_id, str) or not union_id:
        raise OldApiError(400002, "无效的参数")
    person = call.world.member_by_union(union_id)
    if person is None or person.corp_id != call.corp_id:
        raise OldApiError(60121, "找不到该用户")
    return {"result": {"contact_type": 0, "userid": person.user_id}}


async def department_get(call: Call) -> JsonObject:
    """Everything about one department."""
    department = call.world.departments.get(_number(call.body, "dept_id"))
    if department is None:
        raise OldApiError(60003, "部门不存在")
    return {"result": _department(call.world, department)}


async def role_members(call: Call) -> JsonObject:
    """A page of the people who have a role."""
    role = call.world.roles.get(_number(call.body, "role_id"))
    if role is None:
        raise OldApiError(33011, "无效的roleId")
    offset, size = _page(call.body)
    members = [p for p in map(call.world.member, role.members) if p]
    here = members[offset : offset + size]
    listed = [{"userid": p.user_id, "name": p.name, "manageScopes": []} for p in here]
    return {"result": {"hasMore": offset + size < len(members), "list": listed}}


async def administrators(call: Call) -> JsonObject:
    """The administrators of the organisation; the first of them is the main one."""
    here = [p for p in call.world.people.values() if call.world.colleague(p.user_id, call.corp_id)]
    admins = [p for p in here if p.admin]
    levels = [MAIN_ADMIN] + [SUB_ADMIN] * len(admins)
    listed = [{"userid": p.user_id, "sys_level": n} for p, n in zip(admins, levels, strict=False)]
    return {"result": listed}


async def parent_departments(call: Call) -> JsonObject:
    """For each department of a person the way from it up to the root."""
    person = _asked_about(call)
    ways = [{"parent_dept_id_list": _way_up(call.world, dept_id)} for dept_id in person.departments]
    return {"result": {"parent_list": ways}}


def _way_up(world: World, dept_id: int) -> list[int]:
    way: list[int] = []
    department = world.departments.get(dept_id)
    while department is not None and department.dept_id not in way:
        way.append(department.dept_id)
        department = world.departments.get(department.parent_id)
    return way


async def contact_range(call: Call) -> JsonObject:
    """Whose particulars the application may read.

    https://open.dingtalk.com/document/development/obtain-corpsecret-authorization-scope
    """
    app = call.world.apps[call.app.client_id]
    return {
        "auth_user_field": ["name", "userid", "department", "isAdmin"],
        "condition_field": [],
        "auth_org_scopes": {"authed_user": [], "authed_dept": list(app.contact_departments)},
    }


def _page(body: JsonObject) -> tuple[int, int]:
    size, offset = _number(body, "size", ROLE_PAGE), _number(body, "offset", 0)
    if not 0 < size <= ROLE_PAGE_MAX:
        raise OldApiError(40069, "无效的size")
    if offset < 0:
        raise OldApiError(40068, "无效的偏移量")
    return offset, size


def _number(body: JsonObject, key: str, default: int | None = None) -> int:
    """A number given as number or, in a form, as text."""
    value: Any = body.get(key, default)
    try:
        return int(value)
    except (TypeError, ValueError):
        raise OldApiError(400002, f"无效的参数: {key}") from None


def _details(world: World, person: Person) -> JsonObject:
    led = {d.dept_id for d in world.departments.values() if person.user_id in d.managers}
    details: JsonObject = {
        "userid": person.user_id,
        "unionid": person.union_id,
        "name": person.name,
        "title": person.title,
        "dept_id_list": person.departments,
        "dept_order_list": [{"dept_id": d, "order": 1} for d in person.departments],
        "leader_in_dept": [{"dept_id": d, "leader": d in led} for d in person.departments],
        "role_list": [
            {"id": r.role_id, "name": r.name, "group_name": r.group_name}
            for r in world.roles.values()
            if person.user_id in r.members
        ],
        "admin": person.admin,
        "boss": person.boss,
        "senior": person.senior,
        "active": True,
        "real_authed": True,
        "exclusive_account": False,
        "hide_mobile": False,
    }
    if person.manager_user_id:
        details["manager_userid"] = person.manager_user_id
    return details


def _department(world: World, department: Department) -> JsonObject:
    here = [p for p in world.people.values() if not p.left]
    members = [p for p in here if department.dept_id in p.departments]
    return {
        "dept_id": department.dept_id,
        "name": department.name,
        "parent_id": department.parent_id,
        "dept_manager_userid_list": [m for m in department.managers if world.member(m)],
        "create_dept_group": False,
        "auto_add_user": False,
        "hide_dept": False,
        "outer_dept": False,
        "order": 0,
        "member_count": len(members),
    }


def _endpoint(path: str, handler: Any, scope: str, page: str) -> Endpoint:
    return Endpoint("POST", path, handler, scope, counted=False, doc=DOC + page)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/auth/scopes",
        contact_range,
        "qyapi_base",
        doc=DOC + "obtain-corpsecret-authorization-scope",
    ),
    _endpoint("/topapi/v2/user/get", user_get, "qyapi_get_member", "query-user-details"),
    _endpoint(
        "/topapi/user/getbyunionid", user_by_union_id, "qyapi_get_member", "query-a-user-by-the-union-id"
    ),
    _endpoint(
        "/topapi/v2/department/get",
        department_get,
        "qyapi_get_department_list",
        "query-department-details0-v2",
    ),
    _endpoint(
        "/topapi/role/simplelist",
        role_members,
        "qyapi_get_department_member",
        "obtain-the-list-of-employees-of-a-role",
    ),
    _endpoint("/topapi/user/listadmin", administrators, "qyapi_get_member", "query-the-administrator-list"),
    _endpoint(
        "/topapi/v2/department/listparentbyuser",
        parent_departments,
        "qyapi_get_department_list",
        "queries-the-list-of-all-parent-departments-of-a-user",
    ),
)
