"""Control of the interfaces: what was called, how strict and slow they are."""

from dataclasses import asdict

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.limits import Limits
from sandbox.paper import camel, to_json
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


async def limits(order: Order) -> JsonObject:
    """The knobs."""
    return to_json(order.world.limits)


async def set_limits(order: Order) -> JsonObject:
    """Turns the knobs named; the others stay."""
    names = {camel(name): name for name in Limits.__slots__}
    unknown = order.body.keys() - names.keys()
    if unknown:
        raise MisuseError(f"there is no limit {', '.join(sorted(unknown))}")
    order.world.limits.change(**{names[key]: value for key, value in order.body.items()})
    order.world.clock.wake()
    return to_json(order.world.limits)


async def reset_limits(order: Order) -> JsonObject:
    """All knobs back to where a new sandbox has them."""
    order.world.limits.change(**asdict(Limits()))
    order.world.clock.wake()
    return to_json(order.world.limits)


async def meter(order: Order) -> JsonObject:
    """What is used of this month's quotas, by interface, and what an application did although it is forbidden."""
    world, used = order.world, order.world.meter
    used.turn_month()
    return {
        "month": used.month,
        "callsUsed": used.calls.total(),
        "callsQuota": world.limits.monthly_quota,
        "pushesUsed": used.pushes,
        "pushesQuota": world.limits.push_quota,
        "byRoute": dict(used.calls.most_common()),
        "violations": list(world.violations),
    }


ROUTES: tuple[Route, ...] = (
    ("GET", "/calls", calls),
    ("DELETE", "/calls", forget_calls),
    ("GET", "/limits", limits),
    ("PUT", "/limits", set_limits),
    ("DELETE", "/limits", reset_limits),
    ("GET", "/meter", meter),
)
