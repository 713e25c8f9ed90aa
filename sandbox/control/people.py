"""Control of people as an administrator has it: who they are, what they may, and whether they are still there."""

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.paper import from_json, to_json
from sandbox.staff import Wish, change


async def change_person(order: Order) -> JsonObject:
    """Changes somebody: `{name?, title?, managerUserId?, departments?, roles?, admin?, left?}` → the person."""
    person = order.person(order.path["userId"])
    change(order.world, person, from_json(Wish, order.body))
    roles = [r.role_id for r in order.world.roles.values() if person.user_id in r.members]
    return {**to_json(person), "roles": roles}


ROUTES: tuple[Route, ...] = (("POST", "/people/{userId}", change_person),)
