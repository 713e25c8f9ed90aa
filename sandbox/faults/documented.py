"""The errors each interface's page names, as data: `{route: [{status, code, message}]}`."""

import json
from functools import cache
from importlib import resources
from typing import Any

JsonObject = dict[str, Any]


@cache
def _documented() -> dict[str, list[JsonObject]]:
    file = resources.files("sandbox.faults") / "documented.json"
    found: dict[str, list[JsonObject]] = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return found


def errors_of(route: str) -> list[JsonObject]:
    """The errors an interface (`METHOD /path/{pattern}`) documents; none when nobody has read its page for them."""
    return _documented().get(route, [])
