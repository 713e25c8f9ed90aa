"""Which topics of the live feed an order may change that nothing else rings for."""

from sandbox.ticks import TOPICS

_TOUCHED: dict[str, tuple[str, ...]] = {
    "apps": ("people",),
    "calls": ("calls",),
    "clock": ("clock",),
    "drive": ("drive",),
    "limits": ("limits",),
    "people": ("people",),
    "state": TOPICS,
    "templates": ("people",),
}
"""By the first part of its path."""


def touched(method: str, path: str) -> tuple[str, ...]:
    """The topics an order given this way may have changed; none for one that only looks (GET)."""
    return () if method == "GET" else _TOUCHED.get(path.split("/")[1], ())
