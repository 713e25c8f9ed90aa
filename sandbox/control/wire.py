"""Control of the interfaces: what was called, what shall fail, how strict and slow it is."""

from dataclasses import fields

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.faults import Fault, ItemFault
from sandbox.limits import Limits
from sandbox.paper import camel, from_json, to_json
from sandbox.record import CallRecord
from sandbox.talk import MisuseError


async def calls(order: Order) -> JsonObject:
    """Calls received after a number; `path` is a part of the path or the whole route, `count` how many to wait for.

    `limit` leaves the newest, `before` those numbered below; `more` says whether others would fit.
    """
    log, wanted = order.world.calls, order.query.get("path", "")
    after, count = order.number("after"), order.number("count", 1)

    def fits(record: CallRecord) -> bool:
        return wanted in record.path or wanted == record.route

    if order.wait_s:
        await log.bell.until(lambda: len(log.after(after, fits, limit=count)) >= count, order.wait_s)
    found, more = order.newest(log, fits)
    last = max((c.seq for c in found), default=after)
    return {"calls": [to_json(c) for c in found], "lastSeq": last, "more": more}


async def forget_calls(order: Order) -> JsonObject:
    """Empties the call log; numbers go on."""
    order.world.calls.clear()
    return {"lastSeq": order.world.calls.numbers.last}


async def faults(order: Order) -> JsonObject:
    """The faults ordered and how often each struck."""
    return {"faults": [_fault(f) for f in order.world.faults.ordered.values()]}


def _fault(fault: Fault) -> JsonObject:
    return {camel(f.name): getattr(fault, f.name) for f in fields(fault) if f.name not in {"rng", "item"}} | {
        "item": to_json(fault.item) if fault.item else None
    }


async def order_fault(order: Order) -> JsonObject:
    """Orders a fault, see `Fault`; returns its id."""
    raw = dict(order.body)
    names = {camel(f.name): f.name for f in fields(Fault) if f.name not in {"id", "rng", "struck"}}
    unknown = raw.keys() - names.keys() - {"seed"}
    if unknown:
        raise MisuseError(f"a fault has no {', '.join(sorted(unknown))}")
    if raw.get("item"):
        raw["item"] = from_json(ItemFault, raw["item"])
    order.need("route")
    fault = order.world.faults.order(**{names.get(key, key): value for key, value in raw.items()})
    return {"id": fault.id}


async def cancel_fault(order: Order) -> JsonObject:
    """Takes one fault back."""
    if order.world.faults.ordered.pop(order.path["faultId"], None) is None:
        raise MisuseError(f"there is no fault {order.path['faultId']}")
    return {}


async def cancel_faults(order: Order) -> JsonObject:
    """Takes all faults back."""
    order.world.faults.ordered.clear()
    return {}


async def limits(order: Order) -> JsonObject:
    """The knobs."""
    return to_json(order.world.limits)


async def set_limits(order: Order) -> JsonObject:
    """Turns the knobs named; the others stay."""
    names = {camel(name): name for name in Limits.__slots__}
    unknown = order.body.keys() - names.keys()
    if unknown:
        raise MisuseError(f"there is no limit {', '.join(sorted(unknown))}")
    for key, value in order.body.items():
        setattr(order.world.limits, names[key], value)
    order.world.clock.wake()
    return to_json(order.world.limits)


ROUTES: tuple[Route, ...] = (
    ("GET", "/calls", calls),
    ("DELETE", "/calls", forget_calls),
    ("GET", "/faults", faults),
    ("POST", "/faults", order_fault),
    ("DELETE", "/faults", cancel_faults),
    ("DELETE", "/faults/{faultId}", cancel_fault),
    ("GET", "/limits", limits),
    ("PUT", "/limits", set_limits),
)
