"""Dynamic data sources of cards: what a configuration must say.

https://open.dingtalk.com/document/development/dynamic-data-source
"""

import re
from typing import Any

from sandbox.errors import ApiError

STRATEGIES = {"NONE", "ONCE", "INTERVAL", "RENDER"}
UNITS = {"SECONDS", "MINUTES", "HOURS", "DAYS"}
SHORTEST_S = 6
_NUMBER = re.compile("[0-9]{1,9}")


def checked_sources(config: Any) -> list[dict[str, Any]]:
    """The data sources in an `openDynamicDataConfig`. Raises ApiError with the documented code for one not sound."""
    listed = config.get("dynamicDataSourceConfigs") if isinstance(config, dict) else config
    sources: list[dict[str, Any]] = listed if isinstance(listed, list) else [listed] if listed else []
    for source in sources:
        _check(source)
    return sources


def _check(source: Any) -> None:
    named = source.get("dynamicDataSourceId") if isinstance(source, dict) else None
    if not named or not isinstance(named, str):
        raise _error("param.dynamicSourceIdEmpty")
    pull = source.get("pullConfig")
    if not pull or not isinstance(pull, dict):
        raise _error("param.dynamicDataPullConfigEmpty")
    if str(pull.get("pullStrategy")) not in STRATEGIES:
        raise _error("param.dynamicDataSourcePullStrategyEmpty")
    if pull["pullStrategy"] == "INTERVAL":
        _check_interval(pull)


def _check_interval(pull: dict[str, Any]) -> None:
    if str(pull.get("timeUnit")) not in UNITS:
        raise _error("param.dynamicDataPullIntervalTimeUnitInvalid")
    interval = str(pull.get("interval", ""))
    shortest = SHORTEST_S if pull["timeUnit"] == "SECONDS" else 1
    if not _NUMBER.fullmatch(interval) or int(interval) < shortest:
        raise _error("param.dynamicDataPullIntervalInvalid")


def _error(code: str) -> ApiError:
    return ApiError(400, code, code)
