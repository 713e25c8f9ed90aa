"""Every fault of the stream as a robot on the official `dingtalk-stream` client meets it."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.conformance.control import Control, Json
from tests.conformance.given import known
from tests.conformance.robots import PATIENCE_S, Robot, connections, heard, running

PAUSE_S = 10
"""How long the client waits before it connects again after a connection that broke."""
SESSION = "POST /robot/sendBySession"


@pytest.fixture
async def robot(sandbox: Control) -> AsyncIterator[Robot]:
    """The echo robot, connected."""
    async with running(sandbox) as robot:
        await connections(sandbox, 1)
        yield robot


@pytest.fixture
async def group(sandbox: Control) -> str:
    """A group the robot is in."""
    return (await known(sandbox, ()))["group"]


async def fault(sandbox: Control, kind: str, **fields: Json) -> str:
    """Orders a fault of this kind; its id."""
    fault_id: str = (await sandbox.ask("POST", "faults", {"kind": kind, **fields}))["id"]
    return fault_id


async def shown_card(sandbox: Control, robot: Robot, group: str) -> str:
    """Lets the robot send its card; the outTrackId, once everybody sees it."""
    await sandbox.say("wang", group, "card")
    track: str = (await robot.next("card"))["outTrackId"]
    await heard(sandbox, "wang", group, track)
    return track


async def acknowledged(sandbox: Control, **query: str) -> None:
    """Waits until the frame was answered."""
    assert (await sandbox.ask("GET", "frames", wait=PATIENCE_S, acked="true", **query))["frames"]


async def struck(sandbox: Control, fault_id: str) -> None:
    """Waits until the fault has befallen something."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            faults = {f["id"]: f for f in (await sandbox.ask("GET", "faults"))["faults"]}
            if faults[fault_id]["struck"]:
                return


async def test_a_click_delivered_twice(sandbox: Control, robot: Robot, group: str) -> None:
    track = await shown_card(sandbox, robot, group)
    await fault(sandbox, "callbackTwice")
    assert (await sandbox.press("wang", track, "agree"))["ok"]
    first, second = await robot.next("click"), await robot.next("click")
    assert first.pop("messageId") != second.pop("messageId")
    assert first == second
    await heard(sandbox, "li", group, "agreed by wang")


async def test_clicks_out_of_order(sandbox: Control, robot: Robot, group: str) -> None:
    track = await shown_card(sandbox, robot, group)
    late = await fault(sandbox, "callbackOutOfOrder", count=1)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(sandbox.press("wang", track, "agree"))
        await struck(sandbox, late)
        second = tasks.create_task(sandbox.press("li", track, "agree"))
    assert [(await robot.next("click"))["userId"] for _ in range(2)] == ["li", "wang"]
    assert (first.result()["ok"], second.result()["ok"]) == (True, True)
    await heard(sandbox, "zhao", group, "agreed by wang")


async def test_a_click_that_comes_too_late(sandbox: Control, robot: Robot, group: str) -> None:
    track = await shown_card(sandbox, robot, group)
    await fault(sandbox, "callbackOutOfOrder")
    pressed = await sandbox.press("wang", track, "agree")
    assert pressed["error"].startswith("timeout")
    await sandbox.advance(5)
    click = await robot.next("click")
    await acknowledged(sandbox, messageId=click["messageId"])
    assert "agreed" not in json.dumps(await sandbox.read("wang", group))


async def test_a_click_at_the_other_connection(sandbox: Control, robot: Robot, group: str) -> None:
    async with running(sandbox) as other:
        await connections(sandbox, 2)
        await fault(sandbox, "callbackElsewhere")
        await sandbox.say("wang", group, "card")
        noticed = [asyncio.create_task(one.next("card")) for one in (robot, other)]
        (first,), waiting = await asyncio.wait(noticed, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        track = first.result()["outTrackId"]
        elsewhere = other if first is noticed[0] else robot
        assert (await sandbox.press("wang", track, "agree"))["ok"]
        assert (await elsewhere.next("click"))["outTrackId"] == track


async def test_a_click_that_is_lost(sandbox: Control, robot: Robot, group: str) -> None:
    track = await shown_card(sandbox, robot, group)
    await fault(sandbox, "callbackLost")
    pressed = await sandbox.press("wang", track, "agree")
    assert pressed["error"].startswith("timeout")
    assert pressed["elapsedMs"] >= 1900
    await sandbox.say("wang", group, "after")
    assert (await robot.next("click", "message"))["text"] == "after"


async def test_a_message_again_after_16_and_60_seconds(sandbox: Control, robot: Robot, group: str) -> None:
    await fault(sandbox, "messageAgain")
    await sandbox.say("wang", group, "hello")
    noticed = []
    for seconds in (17, 44, 120):
        noticed.append(await robot.next("message"))
        await acknowledged(sandbox, messageId=noticed[-1]["messageId"])
        await sandbox.advance(seconds)
    assert len({n["msgId"] for n in noticed}) == 1
    assert len({n["messageId"] for n in noticed}) == 3


async def test_a_message_that_is_lost(sandbox: Control, robot: Robot, group: str) -> None:
    await fault(sandbox, "messageLost", count=1)
    await sandbox.say("wang", group, "lost")
    await sandbox.advance(120)
    await sandbox.say("wang", group, "heard")
    assert (await robot.next("message"))["text"] == "heard"


async def test_pings_unanswered(sandbox: Control) -> None:
    """The client waits for the pong, and then gives up a connection that delivers all the same."""
    async with running(sandbox, "--ping-seconds", "2") as robot:
        (opened,) = await connections(sandbox, 1)
        await fault(sandbox, "deafSocket", count=1)
        (deaf,) = await connections(sandbox, 1)
        assert (deaf["id"], deaf["deaf"]) == (opened["id"], True)
        await sandbox.say("wang", "one:wang", "hello")
        assert (await robot.next("message"))["text"] == "hello"
        assert (await sandbox.ask("GET", "stream", count=0, wait=PATIENCE_S))["connections"] == []


async def test_a_socket_that_is_open_and_silent(sandbox: Control, robot: Robot, group: str) -> None:
    silent = await fault(sandbox, "silentSocket")
    said = await sandbox.say("wang", group, "unheard")
    (frame,) = (await sandbox.ask("GET", "frames", msgId=said["msgId"]))["frames"]
    assert frame["lost"]
    (opened,) = await connections(sandbox, 1)
    assert opened["silent"]
    await sandbox.ask("DELETE", f"faults/{silent}")
    await sandbox.advance(17)
    assert (await robot.next("message"))["text"] == "unheard"


async def test_a_disconnect_and_nothing_after_it(sandbox: Control, robot: Robot, group: str) -> None:
    (before,) = await connections(sandbox, 1)
    await fault(sandbox, "socketDisconnect")
    async with asyncio.timeout(PATIENCE_S):
        while before["id"] in [each["id"] for each in await connections(sandbox, 1)]:
            await sandbox.say("wang", group, "perhaps lost")
    sent = (await sandbox.ask("GET", "frames", direction="out"))["frames"]
    assert [f["topic"] for f in sent if f["connectionId"] == before["id"]][-1] == "disconnect"
    await sandbox.say("wang", group, "again")
    async with asyncio.timeout(PATIENCE_S):
        while (await robot.next("message"))["text"] != "again":
            pass


async def test_a_wire_that_is_cut(sandbox: Control, robot: Robot, group: str) -> None:
    (before,) = await connections(sandbox, 1)
    await fault(sandbox, "socketDrop")
    assert (await sandbox.ask("GET", "stream", count=0, wait=PATIENCE_S))["connections"] == []
    (after,) = (await sandbox.ask("GET", "stream", count=1, wait=PAUSE_S + PATIENCE_S))["connections"]
    assert after["id"] != before["id"]
    await sandbox.say("wang", group, "again")
    assert (await robot.next("message"))["text"] == "again"


async def test_a_handshake_that_fails(sandbox: Control) -> None:
    refused = await fault(sandbox, "socketRefuse", count=1)
    async with running(sandbox) as robot:
        await struck(sandbox, refused)
        await connections(sandbox, 1)
        await sandbox.say("wang", "one:wang", "hello")
        assert (await robot.next("message"))["text"] == "hello"


async def test_a_recorded_run_comes_out_the_same(sandbox: Control, robot: Robot, group: str) -> None:
    """The official client, messages lost and answers refused by chance: twice the same."""

    async def told() -> list[Json]:
        shown = (await sandbox.ask("GET", f"conversations/{group}"))["messages"]
        return [{k: v for k, v in m.items() if k not in {"seq", "id", "at", "outTrackId"}} for m in shown]

    async def befallen(after: int) -> list[Json]:
        sent = (await sandbox.ask("GET", "frames", direction="out", after=after))["frames"]
        return [(f["topic"], f["lost"], bool(f["faultId"])) for f in sent if f["type"] == "CALLBACK"]

    async def answered(after: int) -> list[int]:
        return [
            c["status"] for c in (await sandbox.ask("GET", f"calls?path={SESSION}", after=after))["calls"]
        ]

    async def now() -> tuple[int, int]:
        return (
            (await sandbox.ask("GET", "frames"))["lastSeq"],
            (await sandbox.ask("GET", "calls"))["lastSeq"],
        )

    await sandbox.ask("POST", "run", {"action": "record"})
    frame, call = await now()
    await fault(sandbox, "messageLost", probability=0.3)
    await sandbox.fault(SESSION, 500, "-1", probability=0.4)
    for number in range(10):
        said = await sandbox.say("wang", group, f"number {number}")
        (sent,) = (await sandbox.ask("GET", "frames", msgId=said["msgId"]))["frames"]
        if not sent["lost"]:
            await acknowledged(sandbox, msgId=said["msgId"])
    await sandbox.ask("DELETE", "faults")
    track = await shown_card(sandbox, robot, group)
    await fault(sandbox, "callbackTwice")
    assert (await sandbox.press("li", track, "agree"))["ok"]
    recording = await sandbox.ask("POST", "run", {"action": "stop"})
    first = await told(), await befallen(frame), await answered(call)

    frame, call = await now()
    body = {"action": "replay", "recording": recording, "speed": 0}
    await sandbox.ask("POST", "run", body)
    status = await sandbox.ask("GET", "run", wait=60)
    assert (status["state"], status["done"], status.get("failed")) == ("idle", status["orders"], None)
    assert set(status["missing"].values()) == {0}
    assert (await told(), await befallen(frame), await answered(call)) == first
