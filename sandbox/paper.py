"""Plain dataclasses as JSON objects with camelCase names, and back."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

ThingT = TypeVar("ThingT")


def camel(name: str) -> str:
    """`out_track_id` → `outTrackId`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def to_json(thing: Any) -> dict[str, Any]:
    """The public fields of a dataclass; dataclasses inside become objects too, other values stay as they are."""
    return {
        camel(f.name): to_json(value) if is_dataclass(value) else value
        for f in fields(thing)
        if not f.name.startswith("_")
        for value in [getattr(thing, f.name)]
    }


def from_json(kind: type[ThingT], raw: dict[str, Any]) -> ThingT:
    """A dataclass of simple values out of its object.

    Raises ValueError when it is no object, for a name it does not know, and for one that is missing.
    """
    names = {camel(f.name): f.name for f in fields(kind)}  # type: ignore[arg-type]  # only used with dataclasses
    if not isinstance(raw, dict):
        raise ValueError(f"{kind.__name__} is no object")  # noqa: TRY004  the fault of whoever sent it
    unknown = raw.keys() - names.keys()
    if unknown:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    require(kind, raw)
    return kind(**fitting(kind, {names[key]: value for key, value in raw.items()}))


def fitting(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """The values as they are. Raises ValueError for one that its field does not take."""
    for name, value in values.items():
        try:
            _field(kind, name).validate_python(value, strict=True)  # type: ignore[arg-type]  # classes can be keys
        except ValidationError as exc:
            why = exc.errors()[0]["msg"].removeprefix("Input ")
            raise ValueError(f"{camel(name)} of {kind.__name__} {why}") from exc
    return values


@cache
def _field(kind: type, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(kind)[name])


def require(kind: type[Any], raw: Mapping[str, Any]) -> None:
    """Raises ValueError unless `raw` names every field that a dataclass has no default for."""
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    missing = [camel(name) for name in needed if camel(name) not in raw]
    if missing:
        raise ValueError(f"{kind.__name__} needs {', '.join(missing)}")
