"""The page's own thread and loop: the robot's loop is neither held up by who reads slowly, nor needed to say it hangs.

A connection brings one answer and is closed; one that takes longer than some seconds is cut, and so is the oldest
when there are too many. Only GET and HEAD are answered, and nothing on the page is secret.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import partial

from aiohttp import web

CUT_AFTER_S = 10.0
MOST_CONNECTIONS = 50
BACKLOG = 32
LOOK_EVERY_S = 1.0
SHUTDOWN_S = 1.0
JOIN_S = 3.0

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Page:
    """`await open()` and, at the end, `await close()`."""

    def __init__(
        self, host: str, port: int, handlers: Mapping[str, Handler], *, cut_after_s: float | None = None
    ) -> None:
        self._host = host
        self._port = port
        self._handlers = handlers
        self._cut_after_s = CUT_AFTER_S if cut_after_s is None else cut_after_s
        self._opened: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="health", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._closing: asyncio.Event

    async def open(self) -> int:
        """The port it listens on. Raises OSError."""
        self._thread.start()
        return await asyncio.wrap_future(self._opened)

    async def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            await asyncio.to_thread(self._thread.join, JOIN_S)

    async def _serve(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        app = web.Application(middlewares=[_once])
        for path, handler in self._handlers.items():
            app.router.add_get(path, handler)  # HEAD too
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        try:
            listening = await self._loop.create_server(
                partial(_taken, runner), self._host, self._port, backlog=BACKLOG
            )
        except OSError as exc:
            await runner.cleanup()
            self._opened.set_exception(exc)
            return
        self._opened.set_result(listening.sockets[0].getsockname()[1])
        watching = asyncio.create_task(self._cut_slow(runner))
        await self._closing.wait()
        watching.cancel()
        listening.close()
        await runner.cleanup()

    async def _cut_slow(self, runner: web.AppRunner) -> None:
        came_at: dict[object, float] = {}
        while runner.server:
            now = self._loop.time()
            connections = runner.server.connections
            came_at = {each: came_at.get(each, now) for each in connections}
            late = [each for each in connections if now - came_at[each] >= self._cut_after_s]
            _cut(late)
            await asyncio.sleep(min(LOOK_EVERY_S, self._cut_after_s / 2))


def _taken(runner: web.AppRunner) -> asyncio.BaseProtocol:
    """For one more connection. The oldest go at once: each keeps a file of the robot's open, and has not as many."""
    assert runner.server  # noqa: S101  it is set up
    connections = runner.server.connections
    _cut(connections[: max(0, len(connections) + 1 - MOST_CONNECTIONS)])
    return runner.server()


def _cut(connections: Iterable[web.RequestHandler]) -> None:
    for connection in connections:
        if connection.transport:
            connection.transport.abort()


@web.middleware
async def _once(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        answer = await handler(request)
    except web.HTTPException as exc:
        answer = web.Response(status=exc.status, text=f"{exc.reason}\n")
    answer.headers["Cache-Control"] = "no-store"
    answer.force_close()
    return answer
