"""Dynamic data sources of cards: what a configuration must say.

https://open.dingtalk.com/document/development/dynamic-data-source
"""

from typing import Any

from sandbox.errors import ApiError

STRATEGIES = {"NONE", "ONCE", "INTERVAL", "RENDER"}
UNITS = {"SECONDS", "MINUTES", "HOURS", "DAYS"}
SHORTEST_S = 6


def checked_sources(config: Any) -> list[dict[str, Any]]:
    """The data sources in an `openDynamicDataConfig`. Raises ApiError with the documented code for one not sound."""
    sources: list[dict[str, Any]] = (config or {}).get("dynamicDataSourceConfigs") or []
    for source in sources:
        if not source.get("dynamicDataSourceId"):
            raise _error("param.dynamicSourceIdEmpty")
        pull = source.get("pullConfig")
        if not pull:
            raise _error("param.dynamicDataPullConfigEmpty")
        if pull.get("pullStrategy") not in STRATEGIES:
            raise _error("param.dynamicDataSourcePullStrategyEmpty")
        if pull["pullStrategy"] == "INTERVAL":
            _check_interval(pull)
    return sources


def _check_interval(pull: dict[str, Any]) -> None:
    if pull.get("timeUnit") not in UNITS:
        raise _error("param.dynamicDataPullIntervalTimeUnitInvalid")
    interval = str(pull.get("interval", ""))
    shortest = SHORTEST_S if pull["timeUnit"] == "SECONDS" else 1
    if not interval.isdigit() or int(interval) < shortest:
        raise _error("param.dynamicDataPullIntervalInvalid")


def _error(code: str) -> ApiError:
    return ApiError(400, code, code)
