"""`/livez`: whether it lives. `/readyz`: whether it can work. `/metrics`: what it counts, for Prometheus.

https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Generic, Self, TypeVar

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot import logs, metrics
from bot.health.page import Page
from bot.health.part import Part
from bot.health.readiness import STARTING, WITHIN_S, Readiness, Watched
from bot.health.state import State
from bot.replica import Replica
from bot.settings import OFF
from bot.store import Store
from bot.stream import Stream

log = structlog.get_logger()

T = TypeVar("T")

BEAT_S = 1.0
STUCK_S = 10.0
"""So long the loop may not turn: nothing the robot does keeps it from that for a tenth of the time."""
KEEP_READY_S, KEEP_METRICS_S = 1.0, 5.0
"""However often the page is asked, the database is not asked more often."""
_STUCK = "The loop has not turned for {age_s:.0f} s."


class HealthError(Exception):
    """The page cannot be opened; the text is one line for the operator of the robot."""


class Health:
    """`async with`; the page answers from then on. Where its `address` ("host:port") is "off" there is none."""

    def __init__(
        self,
        address: str,
        *,
        is_default: bool = False,
        stuck_s: float = STUCK_S,
        keep_ready_s: float = KEEP_READY_S,
        keep_metrics_s: float = KEEP_METRICS_S,
    ) -> None:
        """`is_default`: nobody asked for this address, so that the robot runs without a page where it is taken."""
        self._address = address
        self._is_default = is_default
        self._stuck_s = stuck_s
        self._readiness: Readiness | None = None
        self._watched: Watched | None = None
        self._page: Page | None = None
        self._beat_at = time.monotonic()
        self._beating: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop
        self._wrong = _Kept(self._found_wrong, keep_ready_s)
        self._text = _Kept(self._written, keep_metrics_s)
        self.port = 0
        self.missing: dict[str, str] = {}
        """what the start waits for, by name, with a sentence each"""

    async def __aenter__(self) -> Self:
        """Raises HealthError."""
        if self._address == OFF:
            return self
        self._loop = asyncio.get_running_loop()
        host, _, port = self._address.rpartition(":")
        handlers = {"/livez": self._live, "/readyz": self._ready, "/metrics": self._metrics}
        page = Page(host.strip("[]"), int(port), handlers)
        try:
            self.port = await page.open()
        except OSError as exc:
            if not self._is_default:
                why = os.strerror(exc.errno) if exc.errno and exc.errno > 0 else exc.strerror
                raise HealthError(
                    f"DINGSWEEP_HEALTH: {self._address} cannot be used ({why}): write another host and port, or off."
                ) from exc
            log.warning("health.not_open", address=self._address, error=exc)
            return self
        self._page = page
        self._beating = asyncio.create_task(self._beat())
        log.info("health.open", port=self.port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._page:
            await self._page.close()
        if self._beating:
            self._beating.cancel()

    @contextmanager
    def of(
        self, stream: Stream, replica: Replica, store: Store, parts: Callable[[], Sequence[Part]]
    ) -> Iterator[None]:
        """What it tells about, until the block ends. `store` is the main one, `parts` those who are served."""
        self._watched = Watched(stream, replica, store, parts)
        self._readiness = Readiness(self._watched)
        try:
            yield
        finally:
            self._readiness = self._watched = None

    async def _beat(self) -> None:
        while True:
            due = time.monotonic() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self._beat_at = time.monotonic()
            metrics.loop_lag.observe(max(0.0, self._beat_at - due))
            logs.tick()

    # What follows runs on the page's loop, but for what `_asked` takes to the robot's.

    async def _live(self, _: web.Request) -> web.Response:
        age_s = time.monotonic() - self._beat_at
        if age_s <= self._stuck_s:
            return web.json_response({"live": True})
        wrong = {"loop": _STUCK.format(age_s=age_s)}
        return web.json_response({"live": False, "wrong": wrong}, status=503)

    async def _ready(self, _: web.Request) -> web.Response:
        wrong = await self._wrong.get()
        return web.json_response({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=await self._text.get(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _found_wrong(self) -> dict[str, str]:
        if self.missing:
            return dict(self.missing)
        readiness = self._readiness
        if readiness is None:
            return {"replica": STARTING}
        found = await self._asked(readiness.wrong())
        return {"loop": "It did not answer in time."} if found is None else found

    async def _written(self) -> bytes:
        wrong, watched = await self._wrong.get(), self._watched
        state = None
        if watched and "database" not in wrong:
            state = await self._asked(State.found(wrong, watched.parts, datetime.now(UTC)))
        return generate_latest(metrics.registry) + generate_latest(state or State(wrong, None))

    async def _asked(self, question: Coroutine[Any, Any, T]) -> T | None:
        """The answer of the robot's loop; None where there is none in time."""
        asking = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(asking), 2 * WITHIN_S)
        except Exception as exc:  # also whatever a database may say: there is an answer to that, too
            log.debug("health.unanswered", error=exc)
            return None


class _Kept(Generic[T]):
    """An answer that is good for a while; who asks while it is being found waits for it."""

    def __init__(self, find: Callable[[], Coroutine[Any, Any, T]], keep_s: float) -> None:
        self._find = find
        self._keep_s = keep_s
        self._lock = asyncio.Lock()
        self._found: T
        self._found_at = float("-inf")

    async def get(self) -> T:
        async with self._lock:
            if time.monotonic() - self._found_at >= self._keep_s:
                self._found = await self._find()
                self._found_at = time.monotonic()
            return self._found
