"""Control of what shall go wrong: faults ordered, taken back, and the catalogue of those there are."""

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.endpoints import ENDPOINTS
from sandbox.faults.documented import errors_of
from sandbox.faults.form import fault_fields, fault_json
from sandbox.faults.kinds import KINDS, Kind, expand
from sandbox.paper import to_json
from sandbox.stream.frames import TOPICS
from sandbox.talk import MisuseError


async def faults(order: Order) -> JsonObject:
    """The faults ordered, how often each struck, and of how many chances."""
    return {"faults": [fault_json(f) for f in order.world.faults.ordered.values()]}


async def order_fault(order: Order) -> JsonObject:
    """Orders a fault by its fields, by its kind or by both; returns its id and its seed."""
    if not order.body.get("kind"):
        order.need("route")
    raw = expand(order.body)
    kind = raw.pop("kind", None) or ""
    fault = order.world.faults.order(kind=kind, **fault_fields(raw))
    order.world.stream.befall()
    return {"id": fault.id, "seed": fault.when.seed}


async def fault_kinds(_: Order) -> JsonObject:
    """The catalogue: what can be ordered by name, and the routes there are with the errors they document."""
    served = [e for e in ENDPOINTS if e.method != "*"]
    return {
        "kinds": [{"kind": name, **_described(kind)} for name, kind in KINDS.items()],
        "routes": [
            {"route": e.route, "doc": e.doc, "items": e.items is not None, "errors": errors_of(e.route)}
            for e in served
        ],
        "topics": [*TOPICS],
    }


def _described(kind: Kind) -> JsonObject:
    return {key: value for key, value in to_json(kind).items() if key != "name"}


async def cancel_fault(order: Order) -> JsonObject:
    """Takes one fault back."""
    if not order.world.faults.cancel(order.path["faultId"]):
        raise MisuseError(f"there is no fault {order.path['faultId']}")
    return {}


async def cancel_faults(order: Order) -> JsonObject:
    """Takes all faults back."""
    order.world.faults.replace()
    return {}


ROUTES: tuple[Route, ...] = (
    ("GET", "/faults", faults),
    ("POST", "/faults", order_fault),
    ("GET", "/faults/kinds", fault_kinds),
    ("DELETE", "/faults", cancel_faults),
    ("DELETE", "/faults/{faultId}", cancel_fault),
)
