"""Control of the interfaces: what was called, what shall fail, how strict and slow it is."""

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.faultform import fault_fields, fault_json
from sandbox.limits import Limits
from sandbox.paper import camel, to_json
from sandbox.record import CallRecord
from sandbox.talk import MisuseError


async def calls(order: Order) -> JsonObject:
    """Calls received after a number; `path` is a part of the path or the whole route, `count` how many to wait for."""
    log, wanted = order.world.calls, order.query.get("path", "")
    after, count = order.number("after"), order.number("count", 1)

    def fits(record: CallRecord) -> bool:
        return wanted in record.path or wanted == record.route

    await log.bell.until(lambda: len(log.after(after, fits)) >= count, order.wait_s)
    found = log.after(after, fits)
    return {"calls": [to_json(c) for c in found], "lastSeq": max((c.seq for c in found), default=after)}


async def forget_calls(order: Order) -> JsonObject:
    """Empties the call log; numbers go on."""
    order.world.calls.clear()
    return {"lastSeq": order.world.calls.numbers.last}


async def faults(order: Order) -> JsonObject:
    """The faults ordered, how often each struck, and of how many chances."""
    return {"faults": [fault_json(f) for f in order.world.faults.ordered.values()]}


async def order_fault(order: Order) -> JsonObject:
    """Orders a fault, see `sandbox.faults`; returns its id and its seed."""
    order.need("route")
    fault = order.world.faults.order(**fault_fields(order.body))
    order.world.stream.befall()
    return {"id": fault.id, "seed": fault.when.seed}


async def cancel_fault(order: Order) -> JsonObject:
    """Takes one fault back."""
    if not order.world.faults.cancel(order.path["faultId"]):
        raise MisuseError(f"there is no fault {order.path['faultId']}")
    return {}


async def cancel_faults(order: Order) -> JsonObject:
    """Takes all faults back."""
    order.world.faults.replace()
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
