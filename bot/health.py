"""A page for whoever watches over the process: `/livez`, that it runs, and `/readyz`, that it can take frames.

https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import structlog
from aiohttp import web

from bot.replica import Replica
from bot.stream import Stream

log = structlog.get_logger()

SHUTDOWN_S = 1.0


class HealthError(Exception):
    """The page cannot be opened; the text is one line for the operator of the robot."""


class Health:
    """`async with`; the page answers from then on. Without an `address` ("host:port") there is none."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stream: Stream | None = None
        self._replica: Replica | None = None
        self.missing: dict[str, str] = {}
        """what the start waits for"""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/livez", self._live)
        app.router.add_get("/readyz", self._ready)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        if self._address:
            host, _, port = self._address.rpartition(":")
            await self._runner.setup()
            try:
                await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
            except OSError as exc:
                await self._runner.cleanup()
                raise HealthError(
                    f"DINGSWEEP_HEALTH: {self._address} cannot be used: {exc.strerror}"
                ) from exc
            log.info("health.open", port=self._runner.addresses[0][1])
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    @contextmanager
    def of(self, stream: Stream, replica: Replica) -> Iterator[None]:
        """What it tells about, until the block ends."""
        self._stream, self._replica = stream, replica
        try:
            yield
        finally:
            self._stream = self._replica = None

    async def _live(self, _: web.Request) -> web.Response:
        """The loop turns, or there would be no answer."""
        return web.json_response({"live": True})

    async def _ready(self, _: web.Request) -> web.Response:
        wrong = self._wrong()
        return web.json_response({"ready": not wrong, "wrong": wrong}, status=503 if wrong else 200)

    def _wrong(self) -> dict[str, str]:
        """What keeps it from taking frames, each with a sentence."""
        if self.missing:
            return dict(self.missing)
        if self._stream is None or self._replica is None:
            return {"replica": "It is starting, or stopping."}
        wrong = {}
        if self._replica.lost.is_set():
            wrong["database"] = "The database does not answer."
        if not self._replica.may_act_now:
            wrong["replica"] = "It could not say for a while that it lives, and does nothing until it has."
        if not self._stream.connected.is_set():
            wrong["stream"] = "There is no connection to DingTalk."
        return wrong
