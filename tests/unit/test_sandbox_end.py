"""Nothing is left behind: after much use, and when it ends whoever is still there."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from sandbox.server import Server
from tests.conformance.control import Control
from tests.unit.sandbox_listener import Listener, call, card, listening

GROUP = "cidMarketing=="
PATIENCE_S = 20
AT_ONCE_S = 2.0
Json = Any


async def answer_everything(listener: Listener) -> None:
    """A robot that only says yes."""
    while True:
        frame = await listener.next()
        await listener.answer(frame, {"response": None})


async def test_much_use_leaves_no_task_and_no_socket() -> None:
    async with Server() as server:
        server.world.limits.permit_unlimited = True
        quiet = len(asyncio.all_tasks())
        async with aiohttp.ClientSession() as http:
            control = Control(http, server.url)
            async with listening(control) as listener:
                robot = asyncio.create_task(answer_everything(listener))
                await card(control)
                for _ in range(10):
                    spoken = [control.say("wang", GROUP, "hello") for _ in range(10)]
                    pressed = [control.press("wang", "card-1", "ok") for _ in range(10)]
                    answers = await asyncio.gather(*spoken, *pressed)
                    assert all(a.get("delivered") or a.get("ok") for a in answers)
                await control.ask("GET", "frames", after=0, acked="true")
                robot.cancel()
                await asyncio.wait([robot])
            await control.ask("GET", "stream", count=0, wait=PATIENCE_S)
            assert not server.world.stream._redeliveries
            assert not server.world.stream._answers
        async with asyncio.timeout(PATIENCE_S):
            await nothing_but(quiet)


async def nothing_but(tasks: int) -> None:
    """Returns once no more tasks than these are there."""
    loop = asyncio.get_running_loop()
    while len(asyncio.all_tasks()) > tasks:
        turn = loop.create_future()
        loop.call_later(0.01, turn.set_result, None)
        await turn


async def held_up(control: Control) -> None:
    """Returns once a fault has struck a call."""
    while not any(f["struck"] for f in (await control.ask("GET", "faults"))["faults"]):
        continue


@pytest.mark.parametrize("reads", [True, False])
async def test_it_ends_at_once_whoever_waits(reads: bool) -> None:
    """Long-polls, a click nobody answered, a call that is held up, a connection that is not read."""
    before = len(asyncio.all_tasks())
    async with aiohttp.ClientSession() as http:
        server = await Server().__aenter__()
        control = Control(http, server.url)
        async with listening(control) as listener:
            await card(control)
            await control.limits(callbackSeconds=100)
            await control.ask("POST", "faults", {"route": "GET /v1.0/storage/", "delayMs": 100_000})
            path = "/v1.0/storage/spaces/24010001"
            waiting = [
                asyncio.create_task(one)
                for one in (
                    control.ask("GET", f"conversations/{GROUP}", after=10**6, wait=100),
                    control.ask("GET", "frames", after=10**6, wait=100),
                    control.ask("GET", "calls", after=10**6, wait=100),
                    control.ask("GET", "stream", count=7, wait=100),
                    control.press("wang", "card-1", "ok"),
                    call(control, "GET", path, unionId="wangUnionId"),
                )
            ]
            await control.ask("GET", "frames", type="CALLBACK", wait=PATIENCE_S)
            await held_up(control)
            if reads:
                waiting.append(asyncio.create_task(answer_nothing(listener)))
            started = time.perf_counter()
            await server.__aexit__(None, None, None)
            assert time.perf_counter() - started < AT_ONCE_S
            answers: Json = await asyncio.gather(*waiting, return_exceptions=True)
        assert [set(poll) - {"lastSeq", "recalled", "more"} for poll in answers[:4]] == [
            {"messages"},
            {"frames"},
            {"calls"},
            {"connections"},
        ]
        assert answers[4]["error"].startswith("notConnected")
    async with asyncio.timeout(PATIENCE_S):
        await nothing_but(before)


async def answer_nothing(listener: Listener) -> None:
    """A robot that reads until the connection ends."""
    async for _ in listener.socket:
        pass
