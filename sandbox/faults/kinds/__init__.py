"""The catalogue of faults: what can go wrong, by name, in words, with what it is ordered with."""

from collections.abc import Mapping
from typing import Any

from sandbox.faults.kinds.calls import CALL_KINDS
from sandbox.faults.kinds.kind import Kind
from sandbox.faults.kinds.stream import STREAM_KINDS

__all__ = ["KINDS", "Kind", "expand"]

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*CALL_KINDS, *STREAM_KINDS)}


def expand(order: Mapping[str, Any]) -> dict[str, Any]:
    """An order with the defaults of its `kind` filled in, where it does not say otherwise (null says so, too).

    Raises ValueError for a kind there is none of.
    """
    name = order.get("kind") or ""
    if name and name not in KINDS:
        raise ValueError(f"there is no kind {name}")
    return {**(KINDS[name].defaults if name else {}), **order}
