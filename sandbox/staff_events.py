"""What applications are told when people change. Internal and third-party applications hear it in other words.

Internal: https://open.dingtalk.com/document/development/address-book-user-change and its neighbours
Third-party: https://open.dingtalk.com/document/development/enterprise-modify-employee-event and its neighbours
"""

from dataclasses import dataclass
from typing import Any

from sandbox import ids
from sandbox.people import Person
from sandbox.world import World

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What applications know of somebody."""

    name: str
    title: str
    manager_user_id: str
    departments: tuple[int, ...]
    roles: frozenset[int]
    admin: bool
    left: bool

    @classmethod
    def of(cls, world: World, person: Person) -> "Told":
        """What they know now."""
        return cls(
            person.name,
            person.title,
            person.manager_user_id,
            tuple(person.departments),
            frozenset(r.role_id for r in world.roles.values() if person.user_id in r.members),
            person.admin,
            person.left,
        )

    @property
    def diff(self) -> JsonObject:
        """The part of `diffInfo` that is documented and known here."""
        manager = {"managerUserid": self.manager_user_id} if self.manager_user_id else {}
        return {"name": self.name, **manager}

    @property
    def about(self) -> tuple[object, ...]:
        """What makes an employee another one."""
        return self.name, self.title, self.manager_user_id


def tell_changes(world: World, person: Person, before: Told) -> None:
    """Tells every application of the organisation what differs from before."""
    now = Told.of(world, person)
    _tell_internal(world, person, before, now)
    _tell_suites(world, person, before, now)


def _tell_internal(world: World, person: Person, before: Told, now: Told) -> None:
    who: JsonObject = {"timeStamp": str(world.clock.now_ms()), "userId": [person.user_id]}

    def tell(event_type: str, data: JsonObject) -> None:
        _tell(world, person, event_type, data, suite=False)

    if before.left and not now.left:
        tell("user_add_org", who)
    elif not before.left and now.left:
        tell("user_leave_org", who)
    if before.left or now.left:
        return
    if (before.about, before.departments) != (now.about, now.departments):
        diff = {"prev": before.diff, "curr": now.diff, "userid": person.user_id}
        tell("user_modify_org", {**who, "diffInfo": diff})
    for action, labels in (("add", now.roles - before.roles), ("remove", before.roles - now.roles)):
        if labels:
            about = {"userIdList": [person.user_id], "action": action, "labelIdList": sorted(labels)}
            tell("label_user_change", about)
    if before.admin is not now.admin:
        tell("org_admin_add" if now.admin else "org_admin_remove", who)


def _tell_suites(world: World, person: Person, before: Told, now: Told) -> None:
    def tell(event_type: str, data: JsonObject) -> None:
        _tell(world, person, event_type, data, suite=True)

    if before.left and not now.left:
        tell("user_add_org", _employee(world, person))
    elif not before.left and now.left:
        gone = {"unionid": person.union_id, "dingId": ids.encrypted(person.user_id), "userId": person.user_id}
        tell("user_leave_org", gone)
    if before.left or now.left:
        return
    if before.about != now.about:
        tell("user_modify_org", _employee(world, person))
    if before.departments != now.departments:
        tell("user_dept_change", _employee(world, person))
    if (before.roles, before.admin) != (now.roles, now.admin):
        tell("user_role_change", _employee(world, person))


def _tell(world: World, person: Person, event_type: str, data: JsonObject, *, suite: bool) -> None:
    for app in world.apps.values():
        if app.suite is suite and person.corp_id in app.corp_ids:
            world.stream.push_event_to(app, person.corp_id, event_type, data)


def _employee(world: World, person: Person) -> JsonObject:
    led = {d.dept_id for d in world.departments.values() if person.user_id in d.managers}
    leader = ",".join(f"{d}:{str(d in led).lower()}" for d in person.departments)
    return {
        "errcode": 0,
        "errmsg": "ok",
        "unionid": person.union_id,
        "dingId": ids.encrypted(person.user_id),
        "userid": person.user_id,
        "name": person.name,
        "position": person.title,
        "department": list(person.departments),
        "orderInDepts": "{" + ",".join(f"{d}:1" for d in person.departments) + "}",
        "isLeaderInDepts": "{" + leader + "}",
        "isAdmin": person.admin,
        "isBoss": person.boss,
        "isSenior": person.senior,
        "isHide": False,
        "active": True,
        "realAuthed": True,
        "exclusiveAccount": False,
    }
