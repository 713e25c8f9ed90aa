"""Who may approve: from the words a rule uses to people, as the contacts have them at this moment.

Nothing here costs quota. What was answered is kept for a minute at most, so that somebody who left, or lost a
role, decides nothing a minute later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from bot.dingtalk import DingTalk
from bot.dingtalk.contact import User
from bot.dingtalk.errors import DingTalkError, NotFound
from bot.fresh import Fresh
from bot.models import Operator, Ruling

log = structlog.get_logger()

KEPT = timedelta(seconds=60)
MAX_ASKED = 20
"""People asked for one request. All others in a set may decide as well; they are not disturbed."""


class Approvers:
    """Looks people up in the contacts of one organisation."""

    def __init__(self, dingtalk: DingTalk, clock: Callable[[], datetime]) -> None:
        self._contact = dingtalk.contact
        self._users: Fresh[User] = Fresh(KEPT, clock)
        self._sets: Fresh[list[str]] = Fresh(KEPT, clock)

    async def person(self, corp_id: str, user_id: str) -> Operator:
        """Somebody who is a member now. Raises NotFound for anybody else, DingTalkError when it cannot be told."""
        user = await self._user(user_id)
        return Operator(corp_id=corp_id, user_id=user_id, union_id=user.unionid, name=user.name)

    async def entitled(self, ruling: Ruling, requester: Operator, *, escalated: bool = False) -> list[str]:
        """The userIds of all who may decide now, each once. Raises DingTalkError when it cannot be told."""
        found = dict.fromkeys(await self._of(ruling.approvers, ruling, requester))
        if len(found) < ruling.needed:  # a manager who heads the department, too, is one person
            found |= dict.fromkeys(await self._of(ruling.fallback, ruling, requester))
        if escalated:
            found |= dict.fromkeys(await self._of(ruling.escalate_to, ruling, requester))
        return list(found)

    async def to_ask(self, ruling: Ruling, requester: Operator, *, escalated: bool = False) -> list[Operator]:
        """The first of those who may decide now, as many as are asked. Raises DingTalkError when it cannot be told."""
        return await self._people(
            requester.corp_id, await self.entitled(ruling, requester, escalated=escalated)
        )

    async def _people(self, corp_id: str, user_ids: Iterable[str]) -> list[Operator]:
        """The first of these who are members now, as many as are asked."""
        found: list[Operator] = []
        for user_id in user_ids:
            if len(found) == MAX_ASKED:
                break
            try:
                found.append(await self.person(corp_id, user_id))
            except NotFound:
                log.info("approver.left", user_id=user_id)
        return found

    async def standing(self, user_id: str) -> tuple[frozenset[str], frozenset[str]]:
        """The departments of somebody with all above them, and their roles, by id."""
        user = await self._user(user_id)
        above = await self._sets.get(f"above:{user_id}", lambda: self._above(user_id))
        return frozenset({*user.dept_id_list, *above}), frozenset(role.id for role in user.role_list)

    async def _of(self, words: Iterable[str], ruling: Ruling, requester: Operator) -> list[str]:
        found: list[str] = []
        for word in words:
            found += await self._named(word, requester.user_id)
        return [each for each in found if ruling.self_approval or each != requester.user_id]

    async def _named(self, word: str, requester_id: str) -> list[str]:
        kind, _, which = word.partition(":")
        match kind:
            case "user":
                return await self._members([which])
            case "manager":
                manager = (await self._user(requester_id)).manager_userid
                return await self._members([manager] if manager else [])
            case "heads":
                return await self._heads(requester_id)
            case "role":
                return await self._sets.get(word, lambda: self._role(which))
            case "admins":
                return await self._sets.get(word, self._contact.admins)
            case _:
                raise ValueError(f"no such set of people: {word}")

    async def _members(self, user_ids: Iterable[str]) -> list[str]:
        """Those of them who are still there: a manager may have left, and a rule may name anybody."""
        found = []
        for user_id in user_ids:
            try:
                await self._user(user_id)
            except NotFound:
                log.warning("approver.unknown", user_id=user_id)
            else:
                found.append(user_id)
        return found

    async def _heads(self, requester_id: str) -> list[str]:
        departments = (await self._user(requester_id)).dept_id_list
        return [head for dept in departments for head in await self._department_heads(dept)]

    async def _department_heads(self, dept_id: str) -> list[str]:
        async def ask() -> list[str]:
            return list((await self._contact.department(dept_id)).dept_manager_userid_list)

        return await self._sets.get(f"heads:{dept_id}", ask)

    async def _role(self, role_id: str) -> list[str]:
        try:
            return [member.userid for member in await self._contact.role_members(role_id)]
        except DingTalkError as exc:
            log.error("approvers.role_unknown", role_id=role_id, error=exc)
            raise

    async def _above(self, user_id: str) -> list[str]:
        return [dept for path in await self._contact.departments_above(user_id) for dept in path]

    async def _user(self, user_id: str) -> User:
        return await self._users.get(user_id, lambda: self._contact.user(user_id))
