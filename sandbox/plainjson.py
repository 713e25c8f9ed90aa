"""JSON as the control API takes and gives it: numbers that are numbers, and no deeper than a stack is.

Python reads and writes `NaN` and `Infinity`, which no browser understands and no clock survives, and values nested
so deeply that it cannot write (or copy) them again.
"""

import json
import math
from typing import Any

DEEPEST = 100
"""How many lists and objects may lie in each other."""


def read(text: str) -> Any:
    """The value in `text`. Raises ValueError, also for a number that is none and for what is nested too deeply."""
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError(f"it is nested more than {DEEPEST} deep") from None
    if text.count("[") + text.count("{") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError(f"it is nested more than {DEEPEST} deep")
    return value


def write(value: Any) -> str:
    """`value` as JSON that can be read everywhere, whatever an application has sent to be in it.

    A number that is none becomes its name, what lies too deep becomes `…`.
    """
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return json.dumps(_printable(value, 0), ensure_ascii=False)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _depth(value: Any) -> int:
    """How many lists and objects lie in each other; level by level, because recursion has an end."""
    depth, level = 0, _holders([value])
    while level:
        depth += 1
        level = [inner for outer in level for inner in _holders(outer)]
    return depth


def _holders(value: Any) -> list[Any]:
    """The lists and objects right inside a list or an object."""
    inside = value.values() if isinstance(value, dict) else value
    return [one for one in inside if isinstance(one, dict | list)]


def _printable(value: Any, depth: int) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if not isinstance(value, dict | list | tuple):
        return value
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        return {key: _printable(inner, depth + 1) for key, inner in value.items()}
    return [_printable(inner, depth + 1) for inner in value]
