"""Counting calls: how many in this second, how many in this month.

https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.clock import Clock
from sandbox.limits import Limits


@dataclass
class Meter:
    """Calls by interface and pushes of the current month (UTC); the last second of each app and interface."""

    clock: Clock
    limits: Limits
    month: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    pushes: int = 0
    _recent: dict[tuple[str, str], deque[float]] = field(default_factory=dict)

    def too_fast(self, client_id: str, route: str) -> bool:
        """Whether this call is one too many within a second; one that is refused does not count."""
        now = self.clock.now()
        recent = self._recent.setdefault((client_id, route), deque())
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if not self.limits.permit_unlimited and len(recent) >= self.limits.calls_per_second:
            return True
        recent.append(now)
        return False

    def spend_call(self, route: str) -> bool:
        """Takes one call off the monthly quota; False when it is used up."""
        self.turn_month()
        if not self.limits.permit_unlimited and self.calls.total() >= self.limits.monthly_quota:
            return False
        self.calls[route] += 1
        return True

    def spend_push(self) -> bool:
        """Takes one push or webhook call off its monthly quota; False when it is used up."""
        self.turn_month()
        self.pushes += 1
        return self.limits.permit_unlimited or self.pushes <= self.limits.push_quota

    def turn_month(self) -> None:
        """Begins to count from nothing when a new month has begun."""
        month = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m")
        if month != self.month:
            self.month = month
            self.calls.clear()
            self.pushes = 0

    def read(self) -> dict[str, Any]:
        """What it shows: `{month, counted, calls: {route: n}, pushes}`."""
        counted = self.calls.total()
        return {"month": self.month, "counted": counted, "calls": dict(self.calls), "pushes": self.pushes}

    def put(self, shown: Mapping[str, Any]) -> None:
        """Goes on from what it once showed. Raises KeyError or ValueError when it never showed that."""
        month, pushes, calls = shown["month"], shown["pushes"], shown["calls"]
        if not isinstance(month, str) or not isinstance(calls, Mapping):
            raise ValueError("a meter shows a month and calls by route")
        if any(type(number) is not int or number < 0 for number in (pushes, *calls.values())):
            raise ValueError("a meter shows whole numbers")
        self.reset()
        self.month, self.pushes = month, pushes
        self.calls.update(calls)

    def reset(self) -> None:
        """Starts counting from nothing."""
        self.month = ""
        self.calls.clear()
        self.pushes = 0
        self._recent.clear()
