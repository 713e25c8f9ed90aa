"""Control of third-party apps: organisations authorise them, and take it back."""

from sandbox import suites
from sandbox.control.desk import JsonObject, Order, Route
from sandbox.suites import EVENTS
from sandbox.talk import MisuseError


async def act(order: Order) -> JsonObject:
    """An organisation (`corpId`) does something with the app: `action` is authorise, change, cancel, stop, restore.

    `name` is what the app is told it is called; `told`: whether the app was connected to hear of it.
    """
    suite = order.world.apps.get(order.path["clientId"])
    if suite is None or not suite.suite:
        raise MisuseError(f"there is no third-party app {order.path['clientId']}")
    action, corp_id = order.need("action"), order.need("corpId")
    if action not in EVENTS:
        raise MisuseError(f"no such action: {action}")
    told = suites.act(order.world, suite, corp_id, action, order.body.get("name") or corp_id)
    return {"corpIds": suite.corp_ids, "told": told}


ROUTES: tuple[Route, ...] = (("POST", "/apps/{clientId}/organisations", act),)
