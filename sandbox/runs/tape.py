"""A recording on paper: JSON that one can read, and back."""

from typing import Any

from sandbox.paper import from_json, to_json
from sandbox.runs.names import kind_of
from sandbox.runs.progress import Seen
from sandbox.runs.run import VERSION, JsonObject, Noted, Recording

KEPT = ("atMs", "method", "path", "body", "seen")
"""Fields of an order that are written also when there is nothing in them."""


def to_paper(recording: Recording) -> JsonObject:
    """`{version, state, orders, endMs, seen}`."""
    orders = [{k: v for k, v in to_json(one).items() if v or k in KEPT} for one in recording.orders]
    end = {"endMs": recording.end_ms, "seen": to_json(recording.seen)}
    return {"version": VERSION, "state": recording.state, "orders": orders, **end}


def from_paper(raw: Any) -> Recording:
    """The recording. Raises ValueError with a sentence when it is none."""
    if not isinstance(raw, dict) or raw.get("version") != VERSION:
        raise ValueError(f"this is no recording of version {VERSION}")  # the fault of whoever sent it
    if not isinstance(raw.get("state"), dict) or not isinstance(raw.get("orders"), list):
        raise ValueError("a recording needs a state and a list of orders")  # noqa: TRY004  as above
    orders: list[Noted] = []
    for number, order in enumerate(raw["orders"]):
        try:
            orders.append(_order(order, number, orders[-1].at_ms if orders else 0))
        except ValueError as exc:
            raise ValueError(f"order {number + 1} of the recording makes no sense: {exc}") from exc
    end_ms = _time(raw.get("endMs", orders[-1].at_ms if orders else 0))
    return Recording(raw["state"], orders, end_ms, _seen(raw.get("seen", {})))


def _order(raw: Any, number: int, earliest_ms: int) -> Noted:
    if not isinstance(raw, dict):
        raise ValueError("it is no object")  # noqa: TRY004  the fault of whoever sent it
    noted = from_json(Noted, {**raw, "seen": _seen(raw.get("seen", {}))})
    if _time(noted.at_ms) < earliest_ms:
        raise ValueError("it comes before the one before it")
    for named in list[Any](noted.names.values()):
        if not isinstance(named, dict):
            raise ValueError(f"{named} names nothing")  # noqa: TRY004  as above
        kind_of(named)
    if not all(0 <= n < number for n in noted.open):
        raise ValueError("open does not name orders before it")
    return noted


def _time(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError("a time is a whole number of milliseconds")
    return value


def _seen(raw: Any) -> Seen:
    return from_json(Seen, raw)
