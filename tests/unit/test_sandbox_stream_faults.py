"""Faults on pushes and connections, by kind and by field, and how they go together with answers and each other."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from sandbox.faults.kinds import KINDS
from tests.conformance.control import Control
from tests.unit.sandbox_listener import CARD, PATIENCE_S, ROBOT, Listener, card, listening, order, ticket

GROUP = "cidMarketing=="
Json = Any


async def struck(sandbox: Control) -> list[int]:
    return [fault["struck"] for fault in (await sandbox.ask("GET", "faults"))["faults"]]


async def out(sandbox: Control, **query: Json) -> list[Json]:
    """The frames that were sent, but for pings."""
    frames = (await sandbox.ask("GET", "frames", direction="out", **query))["frames"]
    return [frame for frame in frames if frame["type"] != "SYSTEM"]


async def opened(sandbox: Control) -> list[Json]:
    connections: list[Json] = (await sandbox.ask("GET", "stream"))["connections"]
    return connections


def title(words: str) -> Json:
    """The answer to a click that gives the card a new title."""
    options = {"updateCardDataByKey": True}
    return {"response": {"cardData": {"cardParamMap": {"title": words}}, "cardUpdateOptions": options}}


async def shown(sandbox: Control) -> str:
    """The title the card has in the group."""
    (message,) = await sandbox.read("wang", GROUP)
    words: str = message["params"]["title"]
    return words


@asynccontextmanager
async def pressing(sandbox: Control, *who: str) -> AsyncIterator[list[asyncio.Task[Json]]]:
    """People press the card's button one after the other; each callback is at least on its way when the next does."""
    async with asyncio.TaskGroup() as tasks:
        presses = []
        for number, user_id in enumerate(who, 1):
            presses.append(tasks.create_task(sandbox.press(user_id, "card-1", "ok")))
            async with asyncio.timeout(PATIENCE_S):
                while (await sandbox.ask("GET", "state"))["cards"][0]["openCallbacks"] < number:
                    pass
        yield presses


async def test_a_click_is_delivered_twice_and_the_first_answer_counts(sandbox: Control) -> None:
    await card(sandbox)
    fault = await order(sandbox, kind="callbackTwice", count=1)
    async with listening(sandbox) as robot, pressing(sandbox, "wang") as (press,):
        first, second = await robot.next(), await robot.next()
        assert first["headers"]["messageId"] != second["headers"]["messageId"]
        assert first["data"] == second["data"]
        await robot.answer(second, title("from the second"))
        await robot.answer(first, title("from the first"))
        assert (await press)["response"] == title("from the second")["response"]
        frames = await out(sandbox, acked="true", wait=PATIENCE_S)
    assert await shown(sandbox) == "from the second"
    assert {(f["faultId"], f["note"]) for f in frames} <= {
        (fault, "delivery 1 of 2"),
        (fault, "delivery 2 of 2"),
    }
    async with listening(sandbox) as robot, pressing(sandbox, "wang") as (press,):
        await robot.answered(title("once"))
        assert (await press)["ok"]


async def test_the_copy_of_a_click_comes_through_the_other_connection(sandbox: Control) -> None:
    await card(sandbox)
    await order(sandbox, kind="callbackTwice", other=True)
    async with listening(sandbox) as one, listening(sandbox) as other, pressing(sandbox, "wang") as (press,):
        frames = [await one.next(), await other.next()]
        assert frames[0]["data"] == frames[1]["data"]
        await other.answer(frames[1], title("A"))
        assert (await press)["ok"]


async def test_a_click_that_is_held_back_comes_after_the_next_and_its_time_runs(sandbox: Control) -> None:
    await card(sandbox)
    await order(sandbox, kind="callbackOutOfOrder", count=1)
    async with listening(sandbox) as robot, pressing(sandbox, "wang", "li") as (first, second):
        frames = [await robot.next() for _ in range(2)]
        assert [json.loads(frame["data"])["userId"] for frame in frames] == ["li", "wang"]
        for frame in frames:
            await robot.answer(frame, title("A"))
        assert (await first)["ok"]
        assert (await second)["ok"]
    assert [frame["note"] for frame in await out(sandbox)] == [
        "",
        "held back until 1 later went out, at most 5 s",
    ]


async def test_a_click_that_is_held_back_alone_has_failed_before_it_comes(sandbox: Control) -> None:
    await card(sandbox)
    await sandbox.limits(callbackSeconds=0.05)
    await order(sandbox, kind="callbackOutOfOrder")
    async with listening(sandbox) as robot:
        assert (await sandbox.press("wang", "card-1", "ok"))["error"].startswith("timeout")
        assert await out(sandbox) == []
        await sandbox.advance(5)
        await robot.answered(title("too late"))
        await out(sandbox, acked="true", wait=PATIENCE_S)
    assert await shown(sandbox) == "A"


async def test_messages_are_held_back_one_at_a_time(sandbox: Control) -> None:
    await order(sandbox, route=f"PUSH {ROBOT}", hold=2, count=2)
    async with listening(sandbox) as robot:
        said = [await sandbox.say("wang", GROUP, str(number)) for number in range(6)]
        heard = [json.loads((await robot.next())["data"])["text"]["content"].strip() for _ in said]
    assert heard == ["1", "2", "0", "4", "5", "3"]
    assert [one["delivered"] for one in said] == [False, True, True, False, True, True]


async def test_a_click_comes_through_another_connection_than_the_push_before(sandbox: Control) -> None:
    await card(sandbox)
    await order(sandbox, kind="callbackElsewhere")
    async with listening(sandbox):
        await sandbox.say("wang", GROUP, "hello")
        async with listening(sandbox):
            for _ in range(4):
                await sandbox.limits(callbackSeconds=0.01)
                await sandbox.press("wang", "card-1", "ok")
            hit = [frame["connectionId"] for frame in await out(sandbox)]
            assert all(before != after for before, after in itertools.pairwise(hit))


async def test_with_one_connection_there_is_no_other(sandbox: Control) -> None:
    await order(sandbox, route=f"PUSH {ROBOT}", other=True, count=1, probability=0.5, seed=1)
    async with listening(sandbox):
        for _ in range(4):
            await sandbox.say("wang", GROUP, "hello")
    (fault,) = (await sandbox.ask("GET", "faults"))["faults"]
    assert (fault["struck"], fault["seen"]) == (0, 0)


async def test_a_click_that_is_lost_fails(sandbox: Control) -> None:
    await card(sandbox)
    await sandbox.limits(callbackSeconds=0.05)
    fault = await order(sandbox, kind="callbackLost")
    async with listening(sandbox):
        assert (await sandbox.press("wang", "card-1", "ok"))["error"].startswith("timeout")
    (frame,) = await out(sandbox)
    assert (frame["lost"], frame["faultId"], frame["note"]) == (True, fault, "lost: it never left")


async def test_a_message_that_is_lost_does_not_come_later(sandbox: Control) -> None:
    await order(sandbox, kind="messageLost", count=1)
    async with listening(sandbox) as robot:
        await sandbox.say("wang", GROUP, "lost")
        await sandbox.advance(120)
        await sandbox.say("wang", GROUP, "heard")
        assert json.loads((await robot.next())["data"])["text"]["content"] == " heard"


async def test_a_message_comes_again_although_acknowledged(sandbox: Control) -> None:
    await order(sandbox, kind="messageAgain")
    async with listening(sandbox) as robot:
        said = await sandbox.say("wang", GROUP, "hello")
        ids = []
        for seconds in (16.5, 44, 600):
            frame = await robot.next()
            assert json.loads(frame["data"])["msgId"] == said["msgId"]
            ids.append(frame["headers"]["messageId"])
            await robot.answer(frame, {"response": None})
            await sandbox.ask("GET", "frames", messageId=ids[-1], acked="true", wait=PATIENCE_S)
            await sandbox.advance(seconds)
    assert len(set(ids)) == 3
    notes = [frame["note"] for frame in await out(sandbox)]
    assert notes == [
        "will come again although acknowledged",
        "again after 16 s: acknowledged or not",
        "again after 60 s: acknowledged or not",
    ]


async def test_an_event_is_pushed_twice(sandbox: Control) -> None:
    await order(sandbox, route="PUSH *", copies=2)
    async with listening(sandbox) as robot:
        event = {"action": "event", "eventType": "user_add_org", "data": {"userId": ["new"]}}
        await sandbox.ask("POST", "stream", event)
        first, second = await robot.next(), await robot.next()
    assert first["headers"]["eventId"] == second["headers"]["eventId"]
    assert first["headers"]["messageId"] != second["headers"]["messageId"]


@pytest.mark.parametrize(
    ("route", "twice"), [(f"PUSH {ROBOT}", True), ("PUSH /v1.0", True), (f"PUSH {CARD}", False)]
)
async def test_a_fault_is_for_its_topic(sandbox: Control, route: str, twice: bool) -> None:
    await order(sandbox, route=route, copies=2)
    async with listening(sandbox):
        await sandbox.say("wang", GROUP, "hello")
    assert len(await out(sandbox)) == 1 + twice


async def test_a_fault_is_for_its_person(sandbox: Control) -> None:
    await card(sandbox)
    await sandbox.limits(callbackSeconds=0.01)
    await order(sandbox, kind="callbackLost", person="li")
    await order(sandbox, kind="messageLost", person="li")
    async with listening(sandbox):
        for who in ("wang", "li"):
            await sandbox.say(who, GROUP, "hello")
            await sandbox.press(who, "card-1", "ok")
    assert [frame["lost"] for frame in await out(sandbox)] == [False, False, True, True]


async def test_the_same_seed_loses_the_same_messages(sandbox: Control) -> None:
    fates = []
    for _ in range(2):
        await order(sandbox, kind="messageLost", probability=0.5, seed=11)
        async with listening(sandbox):
            after = (await sandbox.ask("GET", "frames"))["lastSeq"]
            for _ in range(12):
                await sandbox.say("wang", GROUP, "hello")
            fates.append([frame["lost"] for frame in await out(sandbox, after=after)])
        await sandbox.ask("DELETE", "faults")
    assert fates[0] == fates[1]
    assert set(fates[0]) == {True, False}


async def test_a_message_id_used_twice_is_settled_by_the_answer_to_either(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        for _ in range(2):
            await sandbox.say("wang", GROUP, "hello", overrides={"msgId": "msg-fixed"})
        for _ in range(2):
            await robot.answered({"response": None})
        frames = await out(sandbox, acked="true", wait=PATIENCE_S)
        await sandbox.advance(120)
        await sandbox.say("wang", GROUP, "next")
        assert json.loads((await robot.next())["data"])["text"]["content"] == " next"
    assert frames


async def pong(robot: Listener, seconds: float = PATIENCE_S) -> bool:
    """Whether a ping is answered in time: the next thing that comes is the pong."""
    await robot.socket.ping(b"there?")
    try:
        async with asyncio.timeout(seconds):
            while (message := await robot.socket.receive()).type is not aiohttp.WSMsgType.PONG:
                pass
    except TimeoutError:
        return False
    return bool(message.data == b"there?")


@asynccontextmanager
async def pinging(sandbox: Control) -> AsyncIterator[Listener]:
    """An open connection that sees the pongs."""
    at = await ticket(sandbox)
    address = f"{at['endpoint']}?ticket={at['ticket']}"
    async with sandbox.http.ws_connect(address, autoping=False) as socket:
        yield Listener(socket)


@pytest.mark.parametrize("way", ["kind", "field", "action"])
async def test_a_deaf_connection_answers_no_ping_and_delivers_all_the_same(
    sandbox: Control, way: str
) -> None:
    async with pinging(sandbox) as robot:
        assert await pong(robot)
        if way == "action":
            await sandbox.ask("POST", "stream", {"action": "deafen"})
        else:
            await order(
                sandbox, **({"kind": "deafSocket"} if way == "kind" else {"route": "SOCKET", "deaf": True})
            )
        assert [c["deaf"] for c in await opened(sandbox)] == [True]
        await robot.socket.ping(b"unheard")
        await sandbox.say("wang", GROUP, "hello")
        assert (await robot.socket.receive()).type is aiohttp.WSMsgType.TEXT
        await sandbox.ask("DELETE", "faults")
        await sandbox.ask("POST", "stream", {"action": "deafen", "on": False})
        assert [c["deaf"] for c in await opened(sandbox)] == [False]
        assert await pong(robot)


async def test_a_silent_connection_answers_pings_until_the_time_is_over(sandbox: Control) -> None:
    await order(sandbox, kind="silentSocket", seconds=60)
    async with pinging(sandbox) as robot:
        said = await sandbox.say("wang", GROUP, "unheard")
        assert await pong(robot)
        (frame,) = await out(sandbox, msgId=said["msgId"])
        assert (frame["lost"], frame["note"]) == (True, "lost: the connection is silent")
        assert [c["silent"] for c in await opened(sandbox)] == [True]
        await sandbox.advance(61)
        assert [c["silent"] for c in await opened(sandbox)] == [False]
        await sandbox.say("wang", GROUP, "heard")
        while json.loads((await robot.next())["data"])["text"]["content"] != " heard":
            pass


async def test_silence_befalls_as_many_connections_as_it_is_ordered_for(sandbox: Control) -> None:
    async with listening(sandbox), listening(sandbox):
        fault = await order(sandbox, kind="silentSocket", count=1)
        assert [c["silent"] for c in await opened(sandbox)] == [True, False]
        await order(sandbox, kind="deafSocket")
        async with listening(sandbox):
            assert [c["silent"] for c in await opened(sandbox)] == [True, False, False]
            assert [c["deaf"] for c in await opened(sandbox)] == [True, True, True]
            await sandbox.ask("DELETE", f"faults/{fault}")
            assert [c["silent"] for c in await opened(sandbox)] == [False, False, False]
    assert await struck(sandbox) == [3]


async def test_dice_are_thrown_once_a_connection(sandbox: Control) -> None:
    await order(sandbox, kind="silentSocket", probability=0.5, seed=5)
    async with listening(sandbox), listening(sandbox), listening(sandbox):
        before = [c["silent"] for c in await opened(sandbox)]
        for _ in range(3):
            await order(sandbox, kind="deafSocket", clientId="suitesandbox")
        assert [c["silent"] for c in await opened(sandbox)] == before
    (fault, *others) = (await sandbox.ask("GET", "faults"))["faults"]
    assert (fault["seen"], fault["struck"]) == (3, sum(before))
    assert [other["seen"] for other in others] == [0, 0, 0]


async def test_a_disconnect_befalls_an_open_connection_and_then_no_more(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        await order(sandbox, kind="socketDisconnect")
        assert (await robot.next())["headers"]["topic"] == "disconnect"
        assert not (await sandbox.say("wang", GROUP, "lost"))["delivered"]
        async with listening(sandbox):
            assert [c["draining"] for c in await opened(sandbox)] == [True, False]
            await sandbox.advance(11)
            assert (await robot.socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_cut_befalls_connections_as_they_open(sandbox: Control) -> None:
    await order(sandbox, kind="socketDrop", count=2)
    for _ in range(2):
        async with listening(sandbox) as robot:
            assert (await robot.socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    async with listening(sandbox):
        assert (await sandbox.say("wang", GROUP, "hello"))["delivered"]


async def test_a_handshake_is_refused(sandbox: Control) -> None:
    async with listening(sandbox):
        await order(sandbox, kind="socketRefuse", count=1)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with listening(sandbox):
                pass
        assert refused.value.status == 503
        async with listening(sandbox):
            assert len(await opened(sandbox)) == 2


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"route": f"PUSH {ROBOT}"}, "a push needs copies, hold, other, lose or again"),
        ({"route": "PUSH *", "lose": True, "copies": 2}, "what is lost is neither copied nor held"),
        ({"route": "PUSH *", "copies": 0}, "copies is 1 to 10"),
        ({"route": "PUSH *", "hold": -1}, "hold is 0 to 100"),
        ({"route": "PUSH *", "status": 500}, "a fault has no status"),
        ({"route": "SOCKET"}, "a socket needs deaf, silent, disconnect, drop, refuse or hang"),
        (
            {"route": "SOCKET", "refuse": True, "deaf": True},
            "a socket that is refused or hangs cannot be anything else",
        ),
        ({"route": "SOCKET", "copies": 2}, "a fault has no copies"),
        ({"kind": "callbackTwice", "copies": "two"}, "copies is not a whole number"),
    ],
)
async def test_what_cannot_be_is_refused(sandbox: Control, fields: Json, why: str) -> None:
    async with sandbox.http.post(f"{sandbox.url}/sandbox/faults", json=fields) as answer:
        assert answer.status == 400
        assert why in (await answer.json())["error"]


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.group == "stream"], ids=lambda k: k.name)
async def test_every_kind_takes_the_fields_it_names(sandbox: Control, kind: Any) -> None:
    async with listening(sandbox):
        await order(sandbox, kind=kind.name)
    (fault,) = (await sandbox.ask("GET", "faults"))["faults"]
    assert set(kind.takes) <= fault.keys()
    assert {key: fault[key] for key in kind.defaults} == kind.defaults
