"""The live feed: which topics have changed, told to whoever watches. What has changed is asked for by other routes."""

import asyncio
from contextlib import suppress

from aiohttp import web

from sandbox.world import World

PAUSE_S = 0.05
"""Between two messages at least; what changes meanwhile is told in one."""
CLOSE_S = 0.2
"""How long a watcher may take to answer a close."""
HEARTBEAT_S = 30.0
WATCH_S = 3600.0


class Live:
    """Serves `GET /sandbox/live` to aiohttp."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Sends `{"ticks": {topic: number}}` at once and after every change, until either side ends."""
        socket = web.WebSocketResponse(compress=False, timeout=CLOSE_S, heartbeat=HEARTBEAT_S)
        await socket.prepare(request)
        telling = asyncio.create_task(self._tell(socket))
        try:
            async for _ in socket:
                continue  # a watcher has nothing to say
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
        return socket

    async def _tell(self, socket: web.WebSocketResponse) -> None:
        ticks = self.world.ticks
        with suppress(ConnectionError):
            while not ticks.any.closed:
                told = ticks.now()
                await socket.send_json({"ticks": told})
                await asyncio.sleep(PAUSE_S)
                await self._news(told)
            await socket.close()

    async def _news(self, told: dict[str, int]) -> None:
        """Returns when something has changed since, when the sandbox ends, and now and then."""
        ticks = self.world.ticks
        await ticks.any.until(lambda: ticks.now() != told, WATCH_S)
