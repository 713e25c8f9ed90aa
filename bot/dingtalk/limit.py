"""Keeps our own speed: at most N calls in any second, for each API by itself, in all processes of the app.

DingTalk counts calls per app and API; `bot.dingtalk.pace` says how one lane learns what it allows. What else a
throttled answer asks for is kept here too: the API, or after an IP ban every API of this process, is held.
https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import structlog

from bot.dingtalk.errors import Scope, Throttled
from bot.dingtalk.pace import Pace, Turn

log = structlog.get_logger()

PATIENCE_S = 10.0
"""A hold longer than this is told to the caller at once instead of being waited for."""
AHEAD_S = 0.25
"""How long before it leaves a call may have its turn in lanes that are shared: so one look is enough for most, and
few are on their way when everybody must slow down."""

T = TypeVar("T")
Kept = dict[str, Any]
Step = Callable[[Kept | None, float], tuple[Kept | None, T]]


class Lanes(Protocol):
    """Keeps the pace of each API where all processes of the app find it."""

    async def change(self, api: str, step: Step[T]) -> T:
        """Give `step` what is kept of this API (plain JSON, None at first) and the time, in seconds of one clock
        for all, while nobody else does; keep the first half of its answer, unless it is None, and return the other.
        """
        ...


class OwnLanes:
    """Lanes for an app that is one process."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._kept: dict[str, Kept] = {}
        self._now = now

    async def change(self, api: str, step: Step[T]) -> T:
        changed, answer = step(self._kept.get(api), self._now())
        if changed is not None:
            self._kept[api] = changed
        return answer


class Limits:
    """All lanes of one app. `now` and `sleep` are the clock, in seconds; `lanes` are those shared with others."""

    def __init__(
        self,
        calls_per_second: int = 20,
        lanes: Lanes | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.ceiling = calls_per_second
        self._lanes = lanes or OwnLanes(now)
        self._ahead_s = AHEAD_S if lanes else 0.0
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._naps: dict[str, asyncio.Future[None]] = {}
        self._banned_until = 0.0
        self._now = now
        self._sleep = sleep

    async def turn(self, api: str) -> Turn:
        """Return when a call of this API may leave; raises Throttled when that is too far away."""
        async with self._queues[api]:  # lets the calls go in the order they came
            while True:
                if turn := await self._waited(api):
                    return turn

    async def _waited(self, api: str) -> Turn | None:
        """Wait as long as is known to be needed; None when it must be looked at again then."""
        turn: Turn | None = None
        scope: Scope = "ip"
        wait_s = self._banned_until - self._now()
        if wait_s <= 0:
            scope, (turn, wait_s) = "app", await self._lanes.change(api, self._take)
        if wait_s > PATIENCE_S:
            raise _held(api, scope, wait_s)
        if turn and wait_s > 0:
            await self._sleep(wait_s)
        elif wait_s > 0:
            await self._nap(api, wait_s)
        return turn

    async def _nap(self, api: str, seconds: float) -> None:
        """Sleep, but no longer than until this API may be called faster."""
        nap = self._naps[api] = asyncio.ensure_future(self._sleep(seconds))
        try:
            await asyncio.wait([nap])
        finally:
            nap.cancel()
            del self._naps[api]

    def _take(self, kept: Kept | None, now: float) -> tuple[Kept | None, tuple[Turn | None, float]]:
        """Take the next turn, unless it is too far ahead for that; and how long to wait for it, or to look again."""
        pace = Pace.read(kept, self.ceiling, now).probing(now)
        wait_s = max(0.0, pace.free_at - now)
        if wait_s > self._ahead_s:
            return None, (None, wait_s - self._ahead_s)
        pace, turn = pace.taken(now)
        return pace.kept(), (turn, wait_s)

    async def answered(self, api: str, turn: Turn) -> None:
        """Tell that DingTalk took the call; most of the time there is nothing to learn from that."""
        if turn.proves or turn.strikes:
            await self._learn(api, lambda pace, _: pace.answered(turn))

    async def throttled(self, error: Throttled, turn: Turn) -> None:
        """Slow down, or hold, what the error is about; while the whole platform is too busy, hold twice as long
        each time.

        A robot's limits are about one conversation, so they hold no other.
        """
        match error.scope:
            case "ip":
                self._banned_until = max(self._banned_until, self._now() + error.retry_after_s)
            case "platform":
                error.retry_after_s = hold_s = error.retry_after_s * 2**turn.strikes
                await self._learn(error.api, lambda pace, now: pace.struck(turn).held(now + hold_s))
            case "app":
                hold_s = error.retry_after_s
                await self._learn(error.api, lambda pace, now: pace.refused(turn, now, hold_s))

    async def _learn(self, api: str, lesson: Callable[[Pace, float], Pace]) -> None:
        """Change what is known of an API's pace. What the call itself brought matters more than a lesson missed."""

        def step(kept: Kept | None, now: float) -> tuple[Kept, tuple[int, int]]:
            before = Pace.read(kept, self.ceiling, now)
            after = lesson(before, now)
            return after.kept(), (before.rate, after.rate)

        try:
            before, after = await self._lanes.change(api, step)
        except Exception:
            log.exception("dingtalk.lane.failed", api=api)
        else:
            if after != before:
                log.info("dingtalk.pace", api=api, calls_per_second=after)
            if after > before and (nap := self._naps.get(api)):
                nap.cancel()


def _held(api: str, scope: Scope, wait_s: float) -> Throttled:
    error = Throttled(api, "held", "not sent: DingTalk asked us to wait")
    error.scope, error.retry_after_s = scope, wait_s
    return error
