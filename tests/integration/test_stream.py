"""The stream: every frame is answered where it came from, and there is always a live connection."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import aiohttp
import pytest
import stamina

from bot.stream import CredentialsRefusedError
from tests.integration.deletions import until
from tests.integration.gateway import Notes, frame, gateway, streaming
from tests.integration.office import MARKETING, PATIENCE_S, Office

MESSAGE = "/v1.0/im/bot/messages/get"
CLICK = "/v1.0/card/instances/callback"
DISCONNECT = frame("bye", "disconnect", {"reason": "connection is expired"}, "SYSTEM")


@pytest.fixture
def hurry() -> Iterator[None]:
    """Tries again without a pause."""
    with stamina.set_testing(True, attempts=1000):
        yield


async def test_what_it_asks_for_when_it_opens(hurry: None) -> None:
    async with gateway() as there, streaming(there, Notes()) as (stream, _):
        await there.line()
        await asyncio.wait_for(stream.connected.wait(), PATIENCE_S)
        [asked] = there.opened
        assert (asked["clientId"], asked["clientSecret"]) == ("ding1", "s3cret")
        assert asked["subscriptions"] == [
            {"type": "EVENT", "topic": "*"},
            {"type": "CALLBACK", "topic": MESSAGE},
            {"type": "CALLBACK", "topic": CLICK},
        ]
        assert asked["ua"].startswith("dingsweep")


async def test_every_kind_of_frame_has_its_answer(hurry: None) -> None:
    notes = Notes()
    async with gateway() as there, streaming(there, notes):
        line = await there.line()
        await line.send(
            frame("m", MESSAGE, {"msgId": "1"}),
            frame("c", CLICK, {"title": "新标题"}),
            frame("e", "*", {"a": 1}, "EVENT", eventType="chat_update"),
            frame("p", "ping", {"opaque": "o-1"}, "SYSTEM"),
            frame("u", "/v1.0/unknown", {}),
        )
        answers = {name: await line.answer(name) for name in "mcepu"}
    assert {name: answer["code"] for name, answer in answers.items()} == {
        "m": 200, "c": 200, "e": 200, "p": 200, "u": 404,
    }  # fmt: skip
    data = {name: json.loads(answer["data"]) for name, answer in answers.items()}
    assert data["m"] == {"response": None}
    assert data["c"] == {"response": {"cardData": {"cardParamMap": {"title": "新标题"}}}}
    assert data["e"] == {"status": "SUCCESS"}
    assert data["p"] == {"opaque": "o-1"}
    assert all(answer["headers"]["contentType"] == "application/json" for answer in answers.values())
    assert ("chat_update", {"a": 1}) in notes.told


async def test_a_handler_that_breaks_is_an_answer_too(hurry: None) -> None:
    notes = Notes()
    notes.breaks = True
    async with gateway() as there, streaming(there, notes):
        line = await there.line()
        await line.send(
            frame("m", MESSAGE, {}), frame("c", CLICK, {"title": ""}), frame("e", "*", {}, "EVENT")
        )
        for name in "mc":
            answer = await line.answer(name)
            assert answer["code"] == 500
            assert "secret" not in json.dumps(answer)
        assert json.loads((await line.answer("e"))["data"]) == {"status": "LATER"}
        notes.breaks = False
        await line.send(frame("again", MESSAGE, {}))
        assert (await line.answer("again"))["code"] == 200


async def test_what_cannot_be_kept_is_not_acknowledged(hurry: None) -> None:
    notes = Notes()
    notes.keeps = False
    async with gateway() as there, streaming(there, notes):
        line = await there.line()
        await line.send(frame("lost", MESSAGE, {}))
        await until(lambda: _is_told(notes))
        notes.keeps = True
        await line.send(frame("kept", MESSAGE, {}))
        await line.answer("kept")
        assert [answer["headers"]["messageId"] for answer in line.answers] == ["kept"]


async def _is_told(notes: Notes) -> bool:
    return bool(notes.told)


async def test_held_it_takes_no_frames_until_it_goes_on(hurry: None) -> None:
    async with gateway() as there, streaming(there, Notes()) as (stream, _):
        line = await there.line()
        await stream.connected.wait()
        await stream.hold()
        assert await line.closed() == 1000
        assert len(there.opened) == 1
        stream.go_on()
        await (await there.line(2)).send(frame("again", MESSAGE, {}))
        await there.lines[1].answer("again")


async def test_many_frames_at_once_are_all_answered(hurry: None) -> None:
    """More than it works on at a time; none is lost, none waits for another that hangs."""
    notes = Notes()
    async with gateway() as there, streaming(there, notes):
        line = await there.line()
        notes.go_on.clear()
        await line.send(*(frame(f"m{n}", MESSAGE, {"n": n}) for n in range(300)))
        await until(lambda: _is(len(notes.told) == 200))
        notes.go_on.set()
        for number in range(300):
            assert (await line.answer(f"m{number}"))["code"] == 200
        assert [data["n"] for data in notes.told] == list(range(300))


async def test_an_announced_end_costs_nothing(hurry: None) -> None:
    """The next connection is there at once; what came by the old one is answered by the old one."""
    notes = Notes()
    async with gateway() as there, streaming(there, notes) as (stream, _):
        old = await there.line()
        notes.go_on.clear()
        await old.send(frame("before", MESSAGE, {}), DISCONNECT)
        new = await there.line(2)
        assert not old.socket.closed
        assert stream.connected.is_set()
        notes.go_on.set()
        await new.send(frame("after", MESSAGE, {}))
        assert (await new.answer("after"))["code"] == 200
        assert (await old.answer("before"))["code"] == 200
        assert not [a for a in old.answers if a["headers"]["messageId"] == "bye"], "no answer is due"
        await old.socket.close()
        await new.send(frame("later", MESSAGE, {}))
        assert (await new.answer("later"))["code"] == 200
        assert len(there.lines) == 2, "the end of the old one starts nothing"


async def test_a_cut_connection_is_replaced(hurry: None) -> None:
    async with gateway() as there, streaming(there, Notes()) as (stream, _):
        for number in (1, 2, 3):
            line = await there.line(number)
            assert line.socket._req
            assert line.socket._req.transport
            line.socket._req.transport.abort()
        line = await there.line(4)
        await line.send(frame("m", MESSAGE, {}))
        assert (await line.answer("m"))["code"] == 200
        assert stream.connected.is_set()


async def test_a_quiet_connection_is_healthy_and_a_dead_one_is_found(hurry: None) -> None:
    async with gateway() as there, streaming(there, Notes(), ping_every_s=0.05):
        line = await there.line()
        await there.until(lambda: line.pings >= 6)
        assert len(there.lines) == 1
        there.pongs = False
        await there.line(2)
        assert await line.closed() is not None


async def test_a_wall_clock_that_leaps_ends_a_connection(
    hurry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A laptop that slept: its connection is gone, though nobody told it."""
    ahead = [0.0]
    wall = time.time
    monkeypatch.setattr("bot.stream.time.time", lambda: wall() + ahead[0])
    async with gateway() as there, streaming(there, Notes(), ping_every_s=0.05):
        line = await there.line()
        await there.until(lambda: line.pings >= 2)
        ahead[0] = 3600.0
        await there.line(2)


async def test_it_keeps_trying_until_the_gateway_is_well(hurry: None) -> None:
    async with gateway() as there:
        there.refusals = [
            (500, "{}"),
            (503, "<html>busy</html>"),
            (200, "not JSON"),
            (200, "[]"),
            (200, "{}"),
            (200, json.dumps({"endpoint": "nonsense", "ticket": "t"})),
            (200, json.dumps({"endpoint": f"{there.url}/connect", "ticket": "used up"})),
            (200, json.dumps({"endpoint": "ws://127.0.0.1:1/connect", "ticket": "t"})),
            (429, json.dumps({"code": "Forbidden.AccessDenied.QpsLimitForApi"})),
        ]
        async with streaming(there, Notes()) as (stream, _):
            await there.line()
            await asyncio.wait_for(stream.connected.wait(), PATIENCE_S)
            assert len(there.opened) == 10


@pytest.mark.parametrize("status", [400, 401])
async def test_credentials_that_are_refused_end_it_only_at_the_start(hurry: None, status: int) -> None:
    refusal = (status, json.dumps({"code": "authFailed", "message": "s3cret"}))
    async with gateway() as there:
        there.refusals = [refusal]
        async with streaming(there, Notes()) as (_, running):
            await asyncio.wait([running], timeout=PATIENCE_S)
            error = running.exception()
            assert isinstance(error, CredentialsRefusedError)
            assert str(error) == "authFailed"
    async with gateway() as there, streaming(there, Notes()) as (_, running):
        line = await there.line()
        there.refusals = [refusal] * 2
        await line.send(DISCONNECT)
        await there.line(2)
        assert not running.done(), "a robot that worked does not give up over a hiccup"


async def test_the_end_is_clean(hurry: None) -> None:
    """What was taken is answered first; then both sides know that it was on purpose."""
    notes = Notes()
    async with gateway() as there:
        async with streaming(there, notes) as (stream, _):
            line = await there.line()
            notes.go_on.clear()
            await line.send(frame("m", MESSAGE, {}))
            await until(lambda: _is(bool(notes.told)))
            stopping = asyncio.create_task(stream.stop())
            asyncio.get_running_loop().call_later(0.1, notes.go_on.set)
            await stopping
            assert (await line.answer("m"))["code"] == 200
            assert await line.closed() == 1000
            await stream.stop()
        assert len(there.opened) == 1


async def test_a_robot_whose_connections_come_and_go_answers_all_along(office: Office) -> None:
    async with office.robot():
        for action in ("disconnect", "drop", "disconnect"):
            await office.control.ask("POST", "stream", {"action": action})

            async def replaced() -> bool:
                open_ = (await office.control.ask("GET", "stream"))["connections"]
                return any(not connection["draining"] for connection in open_)

            await until(replaced)
            assert (await office.say("wang", "ping", MARKETING))["text"] == "Here I am."


async def test_dingtalk_s_own_ping_is_answered_with_its_opaque(office: Office) -> None:
    await office.control.limits(pingSeconds=0.05)
    async with office.robot():
        found = await office.control.ask("GET", "frames", type="SYSTEM", acked="true", wait=PATIENCE_S)
        record = found["frames"][0]
        assert record["ack"]["code"] == 200
        assert json.loads(record["ack"]["data"])["opaque"] == record["data"]["opaque"]


async def _is(truth: bool) -> bool:
    return truth


async def test_told_to_stop_in_the_moment_a_connection_fails_it_stops(
    hurry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cancelled while what it waits for has just ended must not take that for the answer."""

    async def fails(*_: object, **__: object) -> None:
        tried.set()
        stopping.append(asyncio.create_task(stream.stop()))
        await asyncio.sleep(0)  # it is being cancelled now
        raise aiohttp.ClientError

    tried, stopping = asyncio.Event(), list[asyncio.Task[None]]()
    async with gateway() as there, streaming(there, Notes()) as (stream, _):
        await asyncio.wait_for(stream.connected.wait(), PATIENCE_S)
        monkeypatch.setattr(aiohttp.ClientSession, "ws_connect", fails)
        await (await there.line()).socket.close()
        async with asyncio.timeout(PATIENCE_S):
            await tried.wait()
            await stopping[0]
        assert len(stopping) == 1
