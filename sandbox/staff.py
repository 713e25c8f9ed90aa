"""People who change: another name or manager, other departments and roles; who leaves, and who comes back."""

from dataclasses import dataclass

from sandbox.people import Person
from sandbox.staff_events import Told, tell_changes
from sandbox.talk import MisuseError
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Wish:
    """What becomes of somebody; None stays as it is. `roles` are the roleIds they have afterwards."""

    name: str | None = None
    title: str | None = None
    manager_user_id: str | None = None
    departments: list[int] | None = None
    roles: list[int] | None = None
    admin: bool | None = None
    left: bool | None = None


def change(world: World, person: Person, wish: Wish) -> None:
    """Does all of it and tells the applications of the organisation, or nothing. Raises MisuseError.

    Of somebody who has left nothing is told but that they are back.
    """
    _check(world, wish)
    before = Told.of(world, person)
    for name in ("name", "title", "manager_user_id", "departments", "admin"):
        if (value := getattr(wish, name)) is not None:
            setattr(person, name, value)
    if wish.roles is not None:
        _give_roles(world, person, wish.roles)
    if wish.left is not None and wish.left is not person.left:
        (_leave if wish.left else _return)(world, person)
    tell_changes(world, person, before)


def _check(world: World, wish: Wish) -> None:
    unknown: list[object] = [d for d in wish.departments or () if d not in world.departments]
    if unknown:
        raise MisuseError(f"there is no department {', '.join(map(str, unknown))}")
    unknown = [r for r in wish.roles or () if r not in world.roles]
    if unknown:
        raise MisuseError(f"there is no role {', '.join(map(str, unknown))}")
    if wish.manager_user_id and wish.manager_user_id not in world.people:
        raise MisuseError(f"nobody is called {wish.manager_user_id}")


def _give_roles(world: World, person: Person, role_ids: list[int]) -> None:
    for role in world.roles.values():
        has, should = person.user_id in role.members, role.role_id in role_ids
        if should and not has:
            role.members.append(person.user_id)
        elif has and not should:
            role.members.remove(person.user_id)


def _leave(world: World, person: Person) -> None:
    """They are out of every group at once; roles, departments and files stay in their name."""
    groups = [c for c in world.chat.groups() if person.user_id in c.members]
    for group in groups:
        group.members.remove(person.user_id)
    person.left, person.was_in = True, [g.conversation_id for g in groups]


def _return(world: World, person: Person) -> None:
    for group in world.chat.groups():
        if group.conversation_id in person.was_in and person.user_id not in group.members:
            group.members.append(person.user_id)
    person.left, person.was_in = False, []
