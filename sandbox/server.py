"""The sandbox as one aiohttp application on one port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from email.utils import formatdate
from types import TracebackType
from typing import Any

from aiohttp import web

from sandbox import control
from sandbox.endpoints import ENDPOINTS
from sandbox.gate import Gate
from sandbox.guard import Guard
from sandbox.page import serving
from sandbox.seed import new_world
from sandbox.stream import gateway
from sandbox.world import World

__all__ = ["ENDPOINTS", "Server", "create_app"]

BODY_BYTES = 32 * 1024 * 1024
PATIENCE_S = 0.25
"""How long a call that is being answered may delay the end, twice: before it is cancelled, and after."""


def create_app(world: World, *, allow_remote: bool = False) -> web.Application:
    """All interfaces of DingTalk that the sandbox has, the websocket, the control API and the page.

    While it runs, the drive's tasks end in their time although nobody asks about them.
    """
    guard = Guard(allow_remote=allow_remote)
    app = web.Application(client_max_size=BODY_BYTES, middlewares=[guard.serve])
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, endpoint.path, Gate(world, endpoint).serve)
    app.router.add_get("/connect", gateway.Connect(world).serve)
    control.add_routes(app, world)
    serving.add_routes(app)

    async def date(_: web.Request, response: web.StreamResponse) -> None:
        """Every answer says what time it is here."""
        response.headers["Date"] = formatdate(world.clock.now(), usegmt=True)

    async def work(_: web.Application) -> AsyncIterator[None]:
        working = asyncio.create_task(world.drive.work())
        yield
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    async def close(_: web.Application) -> None:
        world.ticks.close()
        await world.run.close()
        await world.screens.close()
        await world.stream.close()

    app.on_response_prepare.append(date)
    app.cleanup_ctx.append(work)
    app.on_shutdown.append(close)
    return app


class Server:
    """A running sandbox: `async with Server() as s: s.url`. Port 0 is any free port.

    `allow_remote`: its control API may be asked under other names than those of this machine.
    """

    def __init__(
        self,
        world: World | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        allow_remote: bool = False,
    ) -> None:
        self.world = world or new_world()
        self.host = host
        self.port = port
        app = create_app(self.world, allow_remote=allow_remote)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=PATIENCE_S)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104  compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    async def __aenter__(self) -> "Server":
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self.host, self.port).start()
        except BaseException:
            await self._runner.cleanup()
            raise
        addresses: list[Any] = self._runner.addresses
        self.port = addresses[0][1]
        self.world.base_url = self.url
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
