"""Keeps our own speed: at most N calls in any second, for each API by itself.

DingTalk counts calls per app and API. Token buckets let twice the rate through in the first second, so each
API has the list of its last N departures, and the next call leaves one window after the oldest of them.
What a throttled answer asks for is kept too: the API, or after an IP ban every API, is held that long.
https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable

from bot.dingtalk.errors import Throttled

WINDOW_S = 1.05
"""One second, and a little for calls that overtake each other on the way."""
PATIENCE_S = 10.0
"""A hold longer than this is told to the caller at once instead of being waited for."""
_MOST_STRIKES = 5


class Lane:
    """The calls of one API."""

    def __init__(self, calls_per_second: int) -> None:
        self.lock = asyncio.Lock()  # lets the calls go in the order they came
        self.departures: deque[float] = deque(maxlen=calls_per_second)
        self.held_until = 0.0
        self.strikes = 0

    def free_at(self) -> float:
        """When the next call may leave as far as the rate is concerned."""
        is_full = len(self.departures) == self.departures.maxlen
        return self.departures[0] + WINDOW_S if is_full else 0.0


class Limits:
    """All lanes of one app. `now` and `sleep` are the clock, in seconds."""

    def __init__(
        self,
        calls_per_second: int = 20,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._lanes: defaultdict[str, Lane] = defaultdict(lambda: Lane(calls_per_second))
        self._banned_until = 0.0
        self._now = now
        self._sleep = sleep

    async def turn(self, api: str) -> None:
        """Return when a call of this API may leave; raises Throttled when that is too far away."""
        lane = self._lanes[api]
        async with lane.lock:
            while (wait_s := self._wait_s(api, lane)) > 0:
                await self._sleep(wait_s)
            lane.departures.append(self._now())

    def throttled(self, error: Throttled) -> None:
        """Hold what the error is about; while the whole platform is too busy, twice as long each time.

        A robot's limits are about one conversation, so they hold no other.
        """
        lane = self._lanes[error.api]
        if error.scope == "platform":
            error.retry_after_s *= 2**lane.strikes
            lane.strikes = min(lane.strikes + 1, _MOST_STRIKES)
        until = self._now() + error.retry_after_s
        if error.scope == "ip":
            self._banned_until = max(self._banned_until, until)
        elif error.scope != "robot":
            lane.held_until = max(lane.held_until, until)

    def answered(self, api: str) -> None:
        """An answer that was no throttle: the platform has room again."""
        self._lanes[api].strikes = 0

    def _wait_s(self, api: str, lane: Lane) -> float:
        now = self._now()
        hold_s = max(lane.held_until, self._banned_until) - now
        if hold_s > PATIENCE_S:
            error = Throttled(api, "held", "not sent: DingTalk asked us to wait")
            error.retry_after_s = hold_s
            error.scope = "ip" if self._banned_until > lane.held_until else "app"
            raise error
        return max(lane.free_at() - now, hold_s)
