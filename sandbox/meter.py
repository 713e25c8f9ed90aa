"""Counting calls: how many in this second, how many in this month.

https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.clock import Clock
from sandbox.limits import Limits


@dataclass
class Meter:
    """Calls by interface and pushes of the current month (UTC); the per-second windows of each app and interface."""

    clock: Clock
    limits: Limits
    month: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    pushes: int = 0
    _second: int = 0
    _in_second: Counter[tuple[str, str]] = field(default_factory=Counter)

    def too_fast(self, client_id: str, route: str) -> bool:
        """Counts a call in the current second; whether it is one too many."""
        second = int(self.clock.now())
        if second != self._second:
            self._second = second
            self._in_second.clear()
        self._in_second[client_id, route] += 1
        allowed = self.limits.calls_per_second
        return not self.limits.permit_unlimited and self._in_second[client_id, route] > allowed

    def spend_call(self, route: str) -> bool:
        """Takes one call off the monthly quota; False when it is used up."""
        self._turn_month()
        if not self.limits.permit_unlimited and self.calls.total() >= self.limits.monthly_quota:
            return False
        self.calls[route] += 1
        return True

    def spend_push(self) -> bool:
        """Takes one push or webhook call off its monthly quota; False when it is used up."""
        self._turn_month()
        self.pushes += 1
        return self.limits.permit_unlimited or self.pushes <= self.limits.push_quota

    def _turn_month(self) -> None:
        month = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y-%m")
        if month != self.month:
            self.reset()
            self.month = month

    def reset(self) -> None:
        """Starts counting from nothing."""
        self.month = ""
        self.calls.clear()
        self.pushes = 0
        self._in_second.clear()
