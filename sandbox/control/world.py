"""Control of the world as a whole: time, state, applications, tokens, card templates."""

from functools import cache
from importlib.metadata import PackageNotFoundError, version

from sandbox import seed
from sandbox.cards import Template
from sandbox.control.desk import JsonObject, Order, Route
from sandbox.paper import fitting, from_json, to_json
from sandbox.people import Application
from sandbox.talk import MisuseError

PACKAGE = "dingsweep"


async def hello(order: Order) -> JsonObject:
    """Which sandbox this is, which robots live in it, and what to try first."""
    world = order.world
    connected = {c.client_id for c in world.stream.connections.values()}
    homes = [*(a.corp_id for a in world.apps.values()), *(p.corp_id for p in world.people.values())]
    return {
        "version": _version(),
        "baseUrl": world.base_url,
        "corpId": next(iter(homes), ""),
        "robots": [
            {
                "robotCode": a.robot_code,
                "name": a.robot_name,
                "clientId": a.client_id,
                "corpIds": a.corp_ids,
                "suite": a.suite,
                "connected": a.client_id in connected,
            }
            for a in world.apps.values()
        ],
        "suggestions": world.suggestions,
        "nowMs": world.clock.now_ms(),
    }


@cache
def _version() -> str:
    """The version of the package it came in; empty when it was not installed."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return ""


async def clock(order: Order) -> JsonObject:
    """What time it is."""
    return {"nowMs": order.world.clock.now_ms(), "offsetS": order.world.clock.offset_s}


async def advance(order: Order) -> JsonObject:
    """Moves the time on by `advanceS` seconds."""
    order.world.clock.advance(float(order.need("advanceS")))
    return await clock(order)


async def state(order: Order) -> JsonObject:
    """Everything."""
    return seed.dump(order.world)


async def set_state(order: Order) -> JsonObject:
    """Replaces the parts of the state that are named, all or none."""
    raw = {key: value for key, value in order.body.items() if key != "violations"}
    unknown = raw.keys() - seed.LOADERS.keys()
    if unknown:
        raise MisuseError(f"the state has no {', '.join(sorted(unknown))}")
    seed.check(raw)
    seed.load(order.world, raw)
    return {}


async def reseed(order: Order) -> JsonObject:
    """Back to the beginning; connections, tokens and time stay."""
    seed.reseed(order.world)
    return {}


async def apps(order: Order) -> JsonObject:
    """The applications (with their secrets: they are the sandbox's own)."""
    return {"apps": [to_json(a) for a in order.world.apps.values()]}


async def set_scopes(order: Order) -> JsonObject:
    """Grants an application these `scopes` only, null everything; or says which departments it may read."""
    app = order.world.apps.get(order.path["clientId"])
    if app is None:
        raise MisuseError(f"there is no application {order.path['clientId']}")
    if "contactDepartments" in order.body:
        wanted = {"contact_departments": order.body["contactDepartments"]}
        app.contact_departments = fitting(Application, wanted)["contact_departments"]
    else:
        app.scopes = fitting(Application, {"scopes": order.need("scopes")})["scopes"]
    return to_json(app)


async def revoke_tokens(order: Order) -> JsonObject:
    """Makes every access token invalid."""
    order.world.tokens.revoke_all()
    return {}


async def add_template(order: Order) -> JsonObject:
    """Adds or replaces a card template `{templateId, published?, privateKeys?, variables?}`."""
    template = from_json(Template, order.body)
    order.world.cards.templates[template.template_id] = template
    return to_json(template)


ROUTES: tuple[Route, ...] = (
    ("GET", "/hello", hello),
    ("GET", "/clock", clock),
    ("POST", "/clock", advance),
    ("GET", "/state", state),
    ("PUT", "/state", set_state),
    ("POST", "/state/reseed", reseed),
    ("GET", "/apps", apps),
    ("PUT", "/apps/{clientId}", set_scopes),
    ("DELETE", "/tokens", revoke_tokens),
    ("POST", "/templates", add_template),
)
