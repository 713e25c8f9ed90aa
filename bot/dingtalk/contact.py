"""People: users, departments, roles. These calls are free of the monthly quota.

https://open.dingtalk.com/document/development/query-user-details
https://open.dingtalk.com/document/development/query-a-user-by-the-union-id
https://open.dingtalk.com/document/development/query-department-details0-v2
https://open.dingtalk.com/document/development/obtain-the-list-of-employees-of-a-role
https://open.dingtalk.com/document/development/query-the-administrator-list
https://open.dingtalk.com/document/development/queries-the-list-of-all-parent-departments-of-a-user
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from pydantic import Field

from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Listed, Wired, WiredSnake

USER = Api("POST", "/topapi/v2/user/get", counted=False)
BY_UNION_ID = Api("POST", "/topapi/user/getbyunionid", counted=False)
DEPARTMENT = Api("POST", "/topapi/v2/department/get", counted=False)
ROLE_MEMBERS = Api("POST", "/topapi/role/simplelist", counted=False)
ADMINS = Api("POST", "/topapi/user/listadmin", counted=False)
DEPARTMENTS_ABOVE = Api("POST", "/topapi/v2/department/listparentbyuser", counted=False)
PAGE = 100


class Role(WiredSnake):
    id: str = ""
    name: str = ""
    group_name: str = ""


class Leading(WiredSnake):
    """Whether the user leads one of their departments."""

    dept_id: str = ""
    leader: bool = False


class User(WiredSnake):
    """A member of the organisation. `unionid` is who they are for the storage calls."""

    userid: str
    unionid: str
    name: str = ""
    title: str = ""
    manager_userid: str = ""
    dept_id_list: Annotated[tuple[str, ...], Listed] = ()
    leader_in_dept: Annotated[tuple[Leading, ...], Listed] = ()
    role_list: Annotated[tuple[Role, ...], Listed] = ()
    active: bool = True
    admin: bool = False
    boss: bool = False
    senior: bool = False


class Department(WiredSnake):
    dept_id: str
    name: str = ""
    parent_id: str = ""
    dept_manager_userid_list: Annotated[tuple[str, ...], Listed] = ()


class RoleMember(WiredSnake):
    userid: str
    name: str = ""


class _UserAnswer(Wired):
    result: User


class _UserId(WiredSnake):
    userid: str


class _UserIdAnswer(Wired):
    result: _UserId


class _DepartmentAnswer(Wired):
    result: Department


class _MemberPage(Wired):
    has_more: bool = False
    list: Annotated[tuple[RoleMember, ...], Listed] = Field(default=())


class _MemberAnswer(Wired):
    result: _MemberPage = _MemberPage()


class _AdminsAnswer(Wired):
    result: Annotated[tuple[_UserId, ...], Listed] = ()


class _Above(WiredSnake):
    parent_dept_id_list: Annotated[tuple[str, ...], Listed] = ()


class _AboveList(WiredSnake):
    parent_list: Annotated[tuple[_Above, ...], Listed] = ()


class _AboveAnswer(Wired):
    result: _AboveList = _AboveList()


class Contact:
    """The contact calls of one app. All raise DingTalkError; unknown ids raise NotFound."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def user(self, user_id: str) -> User:
        answer = await self._wire.ask(USER, _UserAnswer, body={"userid": user_id})
        return answer.result

    async def user_id(self, union_id: str) -> str:
        """The userId of a member by their unionId."""
        answer = await self._wire.ask(BY_UNION_ID, _UserIdAnswer, body={"unionid": union_id})
        return answer.result.userid

    async def department(self, dept_id: str) -> Department:
        answer = await self._wire.ask(DEPARTMENT, _DepartmentAnswer, body={"dept_id": dept_id})
        return answer.result

    async def admins(self) -> list[str]:
        """The userIds of the organisation's administrators, main and sub; each once."""
        answer = await self._wire.ask(ADMINS, _AdminsAnswer)
        return list(dict.fromkeys(admin.userid for admin in answer.result))

    async def departments_above(self, user_id: str) -> list[list[str]]:
        """For each department of this member, the deptIds from it upwards to the root, itself first."""
        answer = await self._wire.ask(DEPARTMENTS_ABOVE, _AboveAnswer, body={"userid": user_id})
        return [list(above.parent_dept_id_list) for above in answer.result.parent_list]

    async def role_members(self, role_id: str) -> list[RoleMember]:
        """Everybody with this role."""
        return [member async for page in self._member_pages(role_id) for member in page]

    async def _member_pages(self, role_id: str) -> AsyncIterator[tuple[RoleMember, ...]]:
        offset = 0
        while True:
            body = {"role_id": role_id, "offset": offset, "size": PAGE}
            page = (await self._wire.ask(ROLE_MEMBERS, _MemberAnswer, body=body)).result
            yield page.list
            if not page.has_more or not page.list:
                return
            offset += len(page.list)
