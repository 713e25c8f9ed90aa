"""The live feed tells which topics have changed, and no more than that."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from sandbox.server import Server
from sandbox.ticks import TOPICS
from tests.conformance.control import CLIENT_ID, Control
from tests.unit.sandbox_listener import card, listening

GROUP = "cidMarketing=="
SPACE = "24010001"
PATIENCE_S = 10
AT_ONCE_S = 2.0
Json = Any


class Watcher:
    """Somebody who watches the feed."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.ticks: dict[str, int] = {}

    async def next(self) -> set[str]:
        """The topics that differ in the next message."""
        async with asyncio.timeout(PATIENCE_S):
            message: Json = await self.socket.receive_json()
        assert message.keys() == {"ticks"}
        before, self.ticks = self.ticks, message["ticks"]
        assert all(self.ticks[topic] >= number for topic, number in before.items())
        return {topic for topic in self.ticks if before.get(topic) != self.ticks[topic]}

    async def until(self, *topics: str) -> set[str]:
        """Reads until all these have changed; whatever has."""
        changed: set[str] = set()
        while not changed.issuperset(topics):
            changed |= await self.next()
        return changed


@asynccontextmanager
async def watching(sandbox: Control) -> AsyncIterator[Watcher]:
    async with sandbox.http.ws_connect(f"{sandbox.url}/sandbox/live") as socket:
        watcher = Watcher(socket)
        assert await watcher.next() == set(TOPICS)
        yield watcher


ORDERS: list[tuple[str, str, Json, str]] = [
    ("POST", "say", {"as": "wang", "conversation": GROUP, "text": "hello"}, "chat"),
    ("POST", "faults", {"route": "GET /", "status": 500, "code": "x", "message": ""}, "faults"),
    ("DELETE", "faults", None, "faults"),
    ("PUT", "limits", {"latencyMs": 0}, "limits"),
    ("POST", "clock", {"advanceS": 1}, "clock"),
    ("PUT", f"apps/{CLIENT_ID}", {"scopes": None}, "people"),
    ("POST", "templates", {"templateId": "t"}, "people"),
    ("POST", "people/wang", {"title": "new"}, "people"),
    ("DELETE", "calls", None, "calls"),
    ("POST", "drive", {"name": "new", "creator": "li"}, "drive"),
    ("POST", f"drive/{SPACE}", {"setRights": [{"path": "/", "grants": {}}]}, "drive"),
]


@pytest.mark.parametrize(("method", "path", "body", "topic"), ORDERS)
async def test_an_order_ticks_its_topic_and_no_other(
    sandbox: Control, method: str, path: str, body: Json, topic: str
) -> None:
    async with watching(sandbox) as watcher:
        await sandbox.ask(method, path, body)
        assert await watcher.next() == {topic}


@pytest.mark.parametrize("order", [("POST", "state/reseed", None), ("PUT", "state", {"limits": {}})])
async def test_another_state_ticks_everything(sandbox: Control, order: tuple[str, str, Json]) -> None:
    async with watching(sandbox) as watcher:
        await sandbox.ask(*order)
        assert await watcher.until(*TOPICS) == set(TOPICS)


async def test_what_a_robot_does_ticks(sandbox: Control) -> None:
    async with watching(sandbox) as watcher:
        await card(sandbox)
        assert await watcher.until("chat", "calls") == {"chat", "calls"}
        async with listening(sandbox):
            await watcher.until("stream", "calls")
            await sandbox.say("wang", GROUP, "hello")
            assert await watcher.until("chat", "frames") <= {"chat", "frames", "stream", "calls"}
            await sandbox.ask("POST", "stream", {"action": "silence"})
            await watcher.until("stream")
        await watcher.until("stream")


async def test_looking_ticks_nothing(sandbox: Control) -> None:
    async with watching(sandbox) as watcher:
        for path in ("people", "conversations", "drive", "calls", "frames", "limits", "clock", "apps", "bin"):
            await sandbox.ask("GET", path)
        await sandbox.ask("POST", "clock", {"advanceS": 1})
        assert await watcher.next() == {"clock"}


async def test_many_changes_are_told_in_few_messages(sandbox: Control) -> None:
    async with watching(sandbox) as watcher:
        before, started = watcher.ticks["chat"], time.perf_counter()
        for _ in range(100):
            await sandbox.say("wang", GROUP, "hello")
        told = 0
        while watcher.ticks["chat"] < before + 100:
            await watcher.next()
            told += 1
        assert told <= (time.perf_counter() - started) / 0.05 + 2


async def test_what_a_watcher_says_is_not_heard(sandbox: Control) -> None:
    async with watching(sandbox) as watcher:
        for words in ("", "hello", '{"ticks": {"chat": 9}}', "\x00" * 1000):
            await watcher.socket.send_str(words)
        await watcher.socket.send_bytes(b"\xff")
        await sandbox.ask("POST", "clock", {"advanceS": 1})
        assert await watcher.next() == {"clock"}


@pytest.mark.parametrize("reads", [True, False])
async def test_watchers_do_not_keep_it_from_ending(reads: bool) -> None:
    before = len(asyncio.all_tasks())
    async with aiohttp.ClientSession() as http:
        server = await Server().__aenter__()
        sockets = [await http.ws_connect(f"{server.url}/sandbox/live") for _ in range(20)]
        readers = [asyncio.create_task(last_word(socket)) for socket in sockets if reads]
        started = time.perf_counter()
        await server.__aexit__(None, None, None)
        assert time.perf_counter() - started < AT_ONCE_S
        for reader in readers:
            assert await reader in {1000, 1001, 1006}
        await asyncio.gather(*(socket.close() for socket in sockets))
    async with asyncio.timeout(PATIENCE_S):
        await nothing_but(before)


async def last_word(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    async for _ in socket:
        pass
    return socket.close_code


async def nothing_but(tasks: int) -> None:
    """Returns once no more tasks than these are there."""
    loop = asyncio.get_running_loop()
    while len(asyncio.all_tasks()) > tasks:
        turn = loop.create_future()
        loop.call_later(0.01, turn.set_result, None)
        await turn


async def test_a_watcher_that_leaves_leaves_nothing() -> None:
    async with Server() as server, aiohttp.ClientSession() as http:
        quiet = len(asyncio.all_tasks())
        for _ in range(5):
            async with watching(Control(http, server.url)):
                pass
        async with asyncio.timeout(PATIENCE_S):
            await nothing_but(quiet)
