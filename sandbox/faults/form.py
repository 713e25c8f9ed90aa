"""Faults as JSON: orders read and checked, faults written, also for a saved state.

The fields of a fault's three parts lie side by side in one flat object with camelCase names.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from sandbox.faults.effects import effect_class
from sandbox.faults.faults import Fault, When, Which, make_fault
from sandbox.paper import camel, from_json, to_json

JsonObject = dict[str, Any]

REMEMBERED = frozenset({"struck", "seen", "endsAt"})
"""What a fault has become; an order does not say it."""

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def fault_json(fault: Fault[Any]) -> JsonObject:
    """All of a fault."""
    parts = (to_json(part) for part in (fault.which, fault.when, fault.what))
    return {"id": fault.id, "kind": fault.kind, **{k: v for part in parts for k, v in part.items()}}


def fault_fields(raw: Mapping[str, Any]) -> JsonObject:
    """The fields of an order by their names in the dataclasses; null stands for what a field is by itself.

    Raises ValueError for a field that a fault on this route does not have, or a value that is none for it.
    """
    route = "" if raw.get("route") is None else raw["route"]
    if not isinstance(route, str):
        raise ValueError("route is no text")  # noqa: TRY004  the fault of whoever sent it
    hints = {
        camel(name): (name, hint)
        for kind in (Which, When, effect_class(route))
        for name, hint in get_type_hints(kind).items()
        if not name.startswith("_")
    }
    unknown = raw.keys() - {key for key in hints if key not in REMEMBERED}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    return {hints[k][0]: _checked(k, v, hints[k][1]) for k, v in raw.items() if v is not None}


def read_fault(raw: JsonObject) -> Fault[Any]:
    """A fault of a saved state. Raises ValueError."""
    plain = {key: value for key, value in raw.items() if key not in REMEMBERED | {"id", "kind"}}
    memory = {f.name: raw[camel(f.name)] for f in fields(When) if camel(f.name) in REMEMBERED & raw.keys()}
    if not isinstance(raw.get("id"), str):
        raise ValueError("a fault needs an id")  # noqa: TRY004  the fault of whoever sent it
    return make_fault(raw["id"], raw.get("kind", ""), {**fault_fields(plain), **memory})


def _checked(name: str, value: Any, hint: Any) -> Any:
    """The value, if it is what the field holds; of an object in it, the dataclass."""
    if hint is Any:
        return value
    kinds = [kind for kind in get_args(hint) or (hint,) if kind is not type(None)]
    for kind in kinds:
        if is_dataclass(kind):
            return _object(name, value, kind)
        if type(value) is kind or (kind is float and type(value) is int):
            return value
    raise ValueError(f"{name} is not {' or '.join(_WORDS[kind] for kind in kinds)}")


def _object(name: str, value: Any, kind: Any) -> Any:
    try:
        return from_json(kind, value)
    except ValueError as exc:
        raise ValueError(f"{name}: {exc}") from exc
