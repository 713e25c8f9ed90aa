"""A stream gateway in the hand of a test: it refuses, falls silent, cuts, and notes how each connection ended.

Protocol: https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web

from bot.stream import Event, NotTaken, Stream
from tests.integration.office import PATIENCE_S

Frame = dict[str, Any]
TICKET = "a/b+c=&d?#e"


class Line:
    """One connection as the gateway sees it."""

    def __init__(self, gateway: Gateway, socket: web.WebSocketResponse) -> None:
        self._gateway = gateway
        self.socket = socket
        self.answers: list[Frame] = []
        self.pings = 0

    async def send(self, *frames: Frame | str) -> None:
        for frame in frames:
            await self.socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def answer(self, message_id: str) -> Frame:
        """The answer to a frame, waited for."""
        await self._gateway.until(lambda: any(self._is(a, message_id) for a in self.answers))
        return next(a for a in self.answers if self._is(a, message_id))

    async def closed(self) -> int | None:
        """How the robot closed it: 1000 is a clean end, None a cut."""
        await self._gateway.until(lambda: self.socket.closed)
        return self.socket.close_code

    def _is(self, answer: Frame, message_id: str) -> bool:
        return bool(answer["headers"]["messageId"] == message_id)


class Gateway:
    """Answers `connections/open` with `refusals` first, a status and a body each, then with tickets."""

    def __init__(self) -> None:
        self.url = ""
        self.lines: list[Line] = []
        self.opened: list[Frame] = []
        self.refusals: list[tuple[int, str]] = []
        self.pongs = True
        self._happened = asyncio.Condition()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self._happened:
            await self._happened.wait_for(holds)

    async def line(self, number: int = 1) -> Line:
        """The connection of this number, waited for."""
        await self.until(lambda: len(self.lines) >= number)
        return self.lines[number - 1]

    async def _open(self, request: web.Request) -> web.Response:
        self.opened.append(await request.json())
        await self._notify()
        if self.refusals:
            status, text = self.refusals.pop(0)
            return web.Response(status=status, text=text, content_type="application/json")
        return web.json_response({"endpoint": f"{self.url}/connect", "ticket": TICKET})

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("ticket") != TICKET:
            return web.Response(status=401)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        line = Line(self, socket)
        self.lines.append(line)
        await self._notify()
        async for message in socket:
            if message.type is WSMsgType.PING:
                line.pings += 1
                if self.pongs:
                    await socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                line.answers.append(json.loads(message.data))
            await self._notify()
        await self._notify()
        return socket

    async def _notify(self) -> None:
        async with self._happened:
            self._happened.notify_all()


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway on a free port of this machine."""
    made = Gateway()
    app = web.Application()
    app.router.add_post("/v1.0/gateway/connections/open", made._open)
    app.router.add_get("/connect", made._connect)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()


class Notes:
    """A receiver that notes what it is told, and answers when the test lets it."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.breaks = False
        self.keeps = True

    async def message(self, data: dict[str, Any]) -> None:
        await self._take(data)

    async def click(self, data: dict[str, Any]) -> dict[str, Any]:
        await self._take(data)
        return {"cardData": {"cardParamMap": {"title": data["title"]}}}

    async def event(self, event: Event) -> None:
        await self._take((event.type, event.data))

    async def _take(self, data: Any) -> None:
        self.told.append(data)
        await self.go_on.wait()
        if not self.keeps:
            raise NotTaken
        if self.breaks:
            raise RuntimeError("a secret detail")


@asynccontextmanager
async def streaming(
    made: Gateway, notes: Notes, **options: Any
) -> AsyncIterator[tuple[Stream, asyncio.Task[None]]]:
    """The robot's stream on this gateway, running; it is stopped at the end."""
    async with aiohttp.ClientSession() as session:
        stream = Stream(
            client_id="ding1",
            client_secret="s3cret",
            api_base_url=made.url,
            receiver=notes,
            session=session,
            **options,
        )
        running = asyncio.create_task(stream.run())
        try:
            yield stream, running
        finally:
            await stream.stop()
            running.cancel()
            await asyncio.wait([running])


def frame(message_id: str, topic: str, data: Any, kind: str = "CALLBACK", **headers: str) -> Frame:
    return {
        "specVersion": "1.0",
        "type": kind,
        "headers": {"messageId": message_id, "topic": topic, "contentType": "application/json", **headers},
        "data": json.dumps(data),
    }
