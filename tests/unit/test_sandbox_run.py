"""Runs: recorded, written down, and done again with a robot that chooses other ids."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from sandbox.runs import recorder
from sandbox.server import Server
from tests.conformance.control import CLIENT_ID, Control
from tests.unit.sandbox_listener import CARD, PATIENCE_S, Listener, call, calls, card, listening

GROUP = "cidMarketing=="
SPACE = "24010001"
SEND = "/v1.0/robot/groupMessages/send"
Json = Any


class Echo:
    """A robot: repeats what it hears; "card" makes it send a card, "choose" an action card, a click a new card."""

    def __init__(self, sandbox: Control, listener: Listener) -> None:
        self.sandbox = sandbox
        self.listener = listener
        self.tracks: list[str] = []

    async def work(self) -> None:
        while True:
            frame = await self.listener.socket.receive_json()
            data, topic = json.loads(frame["data"]), frame["headers"]["topic"]
            if topic == CARD:
                await self.listener.answer(frame, self.answer(data))
                continue
            await self.listener.answer(frame, {"response": None})
            await self.hear(data["text"]["content"].strip())

    async def hear(self, text: str) -> None:
        if text == "card":
            self.tracks.append(f"card-{uuid.uuid4()}")
            await card(self.sandbox, self.tracks[-1])
            return
        key, param = "sampleText", {"content": f"heard {text}"}
        if text == "choose":
            link = "dtmd://dingtalkclient/sendMessage?content="
            key, param = (
                "sampleActionCard2",
                {
                    "title": "T",
                    "text": "choose",
                    "actionTitle1": "A",
                    "actionTitle2": "B",
                    "actionURL1": f"{link}one",
                    "actionURL2": f"{link}two",
                },
            )
        body = {
            "robotCode": CLIENT_ID,
            "openConversationId": GROUP,
            "msgKey": key,
            "msgParam": json.dumps(param),
        }
        await call(self.sandbox, "POST", SEND, body)

    def answer(self, click: Json) -> Json:
        shown = {"cardParamMap": {"title": f"pressed by {click['userId']}"}}
        return {"response": {"cardData": shown, "cardUpdateOptions": {"updateCardDataByKey": True}}}


@asynccontextmanager
async def robot(sandbox: Control) -> AsyncIterator[Echo]:
    """The echo robot, at work."""
    async with listening(sandbox) as listener:
        echo = Echo(sandbox, listener)
        working = asyncio.create_task(echo.work())
        yield echo
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def run(sandbox: Control, action: str, **more: Json) -> Json:
    return await sandbox.ask("POST", "run", {"action": action, **more})


async def replayed(sandbox: Control, recording: Json, **more: Json) -> Json:
    """How the run stands once it has been replayed."""
    await run(sandbox, "replay", recording=recording, **more)
    return await sandbox.ask("GET", "run", wait=30)


async def heard(sandbox: Control, words: str, after: int = 0) -> Json:
    """The message with these words, once it is there."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            for message in await sandbox.read("wang", GROUP, after):
                after = max(after, message["seq"])
                if words in json.dumps(message, ensure_ascii=False):
                    return message


async def told(sandbox: Control) -> list[Json]:
    """What stands in the group, but for ids the robot chooses and numbers."""
    shown = (await sandbox.ask("GET", f"conversations/{GROUP}"))["messages"]
    return [{k: v for k, v in m.items() if k not in {"seq", "id", "at", "outTrackId"}} for m in shown]


async def fates(sandbox: Control, after: int) -> list[tuple[str, int]]:
    """Which fault struck the calls of the robot, and how they ended, since a call."""
    return [(c["faultId"], c["status"]) for c in await calls(sandbox, SEND, after=after)]


async def last_call(sandbox: Control) -> int:
    last: int = (await sandbox.ask("GET", "calls"))["lastSeq"]
    return last


@pytest.mark.parametrize("seed", [{}, {"seed": 3}])
async def test_the_same_faults_strike_the_same_calls_and_the_same_is_said(
    sandbox: Control, seed: Json
) -> None:
    async with robot(sandbox):
        await sandbox.say("wang", GROUP, "before")
        await heard(sandbox, "heard before")
        await run(sandbox, "record")
        began = await last_call(sandbox)
        await sandbox.fault(f"POST {SEND}", 500, "systemError", probability=0.5, **seed)
        for number in range(16):
            await sandbox.say("wang", GROUP, f"number {number}")
            made = await calls(sandbox, SEND, after=began, count=number + 1, wait=PATIENCE_S)
            assert len(made) == number + 1
        recording = json.loads(json.dumps(await run(sandbox, "stop")))
        recorded, struck = await told(sandbox), await fates(sandbox, began)
        assert {status for _, status in struck} == {200, 500}

        for speed in (0, 20):
            began = await last_call(sandbox)
            status = await replayed(sandbox, recording, speed=speed)
            assert status == {
                "state": "idle",
                "orders": 17,
                "done": 17,
                "missing": {"chat": 0, "calls": 0, "answers": 0},
            }
            assert await told(sandbox) == recorded
            assert [s for _, s in await fates(sandbox, began)] == [s for _, s in struck]
        (fault,) = (await sandbox.ask("GET", "faults"))["faults"]
        assert (fault["struck"], fault["seen"]) == (sum(s == 500 for _, s in struck), 16)


async def test_cards_and_messages_are_found_by_their_place_in_the_run(sandbox: Control) -> None:
    async with robot(sandbox) as echo:
        await run(sandbox, "record")
        for _ in range(2):
            said = await sandbox.say("wang", GROUP, "card")
            await heard(sandbox, "outTrackId", said["seq"])
        first, second = echo.tracks
        await sandbox.press("li", second, "ok")
        await sandbox.press("wang", first, "ok")
        await sandbox.say("wang", GROUP, "choose")
        choice = await heard(sandbox, "actionCard")
        await sandbox.ask(
            "POST", "press", {"as": "wang", "conversation": GROUP, "seq": choice["seq"], "button": "1"}
        )
        await heard(sandbox, "heard two")
        await sandbox.ask("POST", "stream", {"action": "redeliver", "messageId": said["messageId"]})
        (open_,) = (await sandbox.ask("GET", "stream"))["connections"]
        await sandbox.ask("POST", "stream", {"action": "silence", "connectionId": open_["id"], "on": False})
        third = await heard(sandbox, "outTrackId", choice["seq"])
        recording = await run(sandbox, "stop")
        recorded = await told(sandbox)

        names = [order.get("names") for order in recording["orders"] if "names" in order]
        assert names == [
            {"outTrackId": {"card": 2, "conversation": GROUP}},
            {"outTrackId": {"card": 1, "conversation": GROUP}},
            {"seq": {"actionCard": 1, "conversation": GROUP}},
            {"msgId": {"push": 2, "topic": "/v1.0/im/bot/messages/get"}},
            {"connectionId": {"connection": 1}},
        ]
        assert (await replayed(sandbox, recording, speed=0)).get("failed") is None
        assert await told(sandbox) == recorded
        assert third["outTrackId"] not in json.dumps(await sandbox.read("wang", GROUP))
    assert len(set(echo.tracks)) == 6


async def test_what_is_written_can_be_read(sandbox: Control) -> None:
    await run(sandbox, "record")
    await sandbox.limits(latencyMs=1)
    await sandbox.ask("POST", f"drive/{SPACE}", {"create": [{"path": "/new/a.txt"}]})
    await sandbox.advance(90)
    await sandbox.fault("POST /v1.0", 500, "systemError")
    await sandbox.ask("DELETE", "faults/f1")
    async with sandbox.http.delete(f"{sandbox.url}/sandbox/faults/f9") as answer:
        assert answer.status == 400
    recording = await run(sandbox, "stop")
    orders = [{k: v for k, v in order.items() if k not in {"atMs", "seen"}} for order in recording["orders"]]
    fault = orders.pop(3)
    assert orders == [
        {"method": "PUT", "path": "/limits", "body": {"latencyMs": 1}},
        {"method": "POST", "path": f"/drive/{SPACE}", "body": {"create": [{"path": "/new/a.txt"}]}},
        {"method": "POST", "path": "/clock", "body": {"advanceS": 90}},
        {"method": "DELETE", "path": "/faults/f1", "body": {}, "names": {"faultId": {"fault": 1}}},
        {"method": "DELETE", "path": "/faults/f9", "body": {}, "refused": True},
    ]
    assert isinstance(fault["body"]["seed"], int)
    assert recording["version"] == 1
    assert recording["state"]["limits"]["latencyMs"] == 0
    assert "/new" not in json.dumps(recording["state"]["drive"])


async def test_the_state_the_run_began_with_is_there_again(sandbox: Control) -> None:
    await sandbox.fault("POST /v1.0/robot", 500, "systemError", seconds=60)
    await call(sandbox, "POST", SEND, {})
    await run(sandbox, "record")
    await sandbox.ask("DELETE", "faults")
    before = (await sandbox.create(SPACE, {"path": "/new/a.txt"}))["/new/a.txt"]
    await sandbox.fault("POST /v1.0/card", 500, "systemError")
    await sandbox.ask("DELETE", "faults/f2")
    await sandbox.fault("POST /v1.0/card", 500, "systemError")
    recording = await run(sandbox, "stop")
    await sandbox.ask("POST", f"drive/{SPACE}", {"remove": [{"path": "/new"}]})
    await sandbox.advance(3600)

    recording["orders"] = recording["orders"][1:]
    assert "failed" not in await replayed(sandbox, recording, speed=0)
    after = (await sandbox.entries(SPACE))["/new/a.txt"]
    assert (after["id"], after["uuid"]) == (before["id"], before["uuid"])
    faults = (await sandbox.ask("GET", "faults"))["faults"]
    assert [fault["route"] for fault in faults] == ["POST /v1.0/robot", "POST /v1.0/card"]
    assert (faults[0]["struck"], faults[0]["seen"]) == (1, 1)
    left = faults[0]["endsAt"] - (await sandbox.ask("GET", "clock"))["nowMs"]
    assert 0 < left <= 60_000
    assert (await sandbox.ask("GET", "state"))["meter"]["calls"] == recording["state"]["meter"]["calls"]


async def test_orders_come_at_the_times_of_the_clock(sandbox: Control) -> None:
    await run(sandbox, "record")
    for number in range(2):
        await sandbox.say("wang", GROUP, f"{number}")
        await sandbox.advance(3600)
    recording = await run(sandbox, "stop")
    del recording["orders"][1]
    for speed in (0, 100_000):
        began = (await sandbox.ask("GET", "clock"))["nowMs"]
        await replayed(sandbox, recording, speed=speed)
        ended = (await sandbox.ask("GET", "clock"))["nowMs"]
        first, second = await sandbox.read("wang", GROUP)
        assert 3_595_000 < second["at"] - first["at"] < 3_700_000
        assert 7_195_000 < ended - began < 7_300_000


async def test_orders_that_overlapped_overlap_again(sandbox: Control) -> None:
    async with listening(sandbox) as listener:

        async def clicked(track: str) -> list[str]:
            """Two presses at once; the second is answered first."""
            frames = [await listener.next() for _ in range(2)]
            for frame in reversed(frames):
                await listener.answer(frame, {"response": {"cardData": {"cardParamMap": {"title": track}}}})
            return [json.loads(frame["data"])["userId"] for frame in frames]

        await run(sandbox, "record")
        await card(sandbox, "one")
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(sandbox.press("wang", "one", "ok"))
            await sandbox.ask("GET", "frames", type="CALLBACK", wait=PATIENCE_S)
            tasks.create_task(sandbox.press("li", "one", "ok"))
            assert await clicked("one") == ["wang", "li"]
        assert first.result()["ok"]
        recording = await run(sandbox, "stop")
        assert [order.get("open") for order in recording["orders"]] == [None, [0]]

        async with asyncio.TaskGroup() as tasks:
            replay = tasks.create_task(replayed(sandbox, recording, speed=0))
            await asyncio.wait_for(_replaying(sandbox), PATIENCE_S)
            await card(sandbox, "two")
            assert await clicked("two") == ["wang", "li"]
        assert "failed" not in replay.result()


async def _replaying(sandbox: Control) -> None:
    while (await sandbox.ask("GET", "run"))["state"] != "replaying":
        pass


async def test_a_card_that_does_not_come_ends_the_replay_in_one_sentence(sandbox: Control) -> None:
    async with robot(sandbox) as echo:
        await run(sandbox, "record")
        await sandbox.say("wang", GROUP, "card")
        await heard(sandbox, "outTrackId")
        await sandbox.press("li", echo.tracks[0], "ok")
        recording = await run(sandbox, "stop")
    status = await replayed(sandbox, recording, speed=0, patienceS=0.05)
    assert status["failed"] == (
        f"order 2, POST /press, needs card 1 of {GROUP}, which did not come in 0.05 s"
    )
    assert (status["orders"], status["done"]) == (2, 1)


async def test_an_order_that_is_refused_ends_the_replay(sandbox: Control) -> None:
    await run(sandbox, "record")
    await sandbox.say("wang", GROUP, "hello")
    recording = await run(sandbox, "stop")
    recording["orders"][0]["body"]["as"] = "nobody"
    status = await replayed(sandbox, recording)
    assert status["failed"] == "order 1, POST /say, was refused: nobody is called nobody"


async def test_a_robot_that_does_less_is_waited_for_once(sandbox: Control) -> None:
    async with robot(sandbox):
        await run(sandbox, "record")
        for text in ("one", "two"):
            await sandbox.say("wang", GROUP, text)
            await heard(sandbox, f"heard {text}")
        recording = await run(sandbox, "stop")
    status = await replayed(sandbox, recording, speed=0, patienceS=0.05)
    assert status["missing"] == {"chat": 2, "calls": 2, "answers": 2}
    assert [m["content"] for m in await sandbox.read("wang", GROUP)] == ["one", "two"]


async def test_a_run_is_given_up(sandbox: Control) -> None:
    await run(sandbox, "record")
    assert (await run(sandbox, "cancel"))["state"] == "idle"
    await run(sandbox, "record")
    await sandbox.say("wang", GROUP, "hello")
    await sandbox.advance(3600)
    await sandbox.say("wang", GROUP, "later")
    recording = await run(sandbox, "stop")
    del recording["orders"][1]
    await run(sandbox, "replay", recording=recording)
    await heard(sandbox, "hello")
    assert (await sandbox.ask("GET", "run"))["state"] == "replaying"
    assert (await run(sandbox, "cancel"))["state"] == "idle"
    await sandbox.advance(7200)
    assert [m["content"] for m in await sandbox.read("wang", GROUP)] == ["hello"]


async def test_what_is_done_by_hand_is_done_again_to_the_same_things(sandbox: Control) -> None:
    """Ids in the drive follow from what was done, so that orders may name them as they are."""

    async def lying() -> Json:
        spaces = (await sandbox.ask("GET", "drive"))["spaces"]
        entries = [await sandbox.ask("GET", f"drive/{space['spaceId']}") for space in spaces]
        return [(e["path"], e["id"], e["uuid"]) for space in entries for e in space["dentries"]]

    hand = {"as": "wang", "spaceId": SPACE}
    await run(sandbox, "record")
    await sandbox.ask(
        "POST", "say", {"as": "wang", "conversation": "one:wang", "file": {"name": "a.txt", "size": 7}}
    )
    made = await sandbox.ask(
        "POST", "hand", {**hand, "action": "upload", "parentId": "0", "name": "new.txt", "size": 3}
    )
    (result,) = made["results"]
    await sandbox.ask("POST", "hand", {**hand, "action": "delete", "dentryIds": [result["dentryId"]]})
    (item,) = (await sandbox.ask("GET", "bin"))["items"]
    await sandbox.ask("POST", "hand", {"as": "wang", "action": "restore", "itemIds": [item["id"]]})
    recording = await run(sandbox, "stop")
    recorded = await lying()
    assert [order["path"] for order in recording["orders"]] == ["/say", "/hand", "/hand", "/hand"]
    await sandbox.ask("POST", "state/reseed")
    assert await lying() != recorded
    status = await replayed(sandbox, recording)
    assert "failed" not in status
    assert await lying() == recorded


async def test_the_live_feed_tells_what_a_replay_changes(sandbox: Control) -> None:
    await run(sandbox, "record")
    await sandbox.ask("PUT", "apps/dingsandbox", {"scopes": None})
    recording = await run(sandbox, "stop")
    async with sandbox.http.ws_connect(f"{sandbox.url}/sandbox/live") as socket:
        before = (await socket.receive_json())["ticks"]
        await replayed(sandbox, recording, speed=0)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                after = (await socket.receive_json())["ticks"]
                if after["run"] >= before["run"] + 4 and after["people"] >= before["people"] + 2:
                    break
    assert all(after[topic] > before[topic] for topic in after)


async def test_a_recording_that_grows_too_long_is_given_up(
    sandbox: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "ORDERS_KEPT", 2)
    await run(sandbox, "record")
    for number in range(2):
        await sandbox.say("wang", GROUP, f"{number}")
    assert (await sandbox.ask("GET", "run"))["state"] == "recording"
    await sandbox.say("wang", GROUP, "one too many")
    status = await sandbox.ask("GET", "run")
    assert (status["state"], status["failed"]) == ("idle", "the recording was given up: it had 2 orders")


async def test_the_sandbox_ends_while_it_replays() -> None:
    async with Server() as server, aiohttp.ClientSession() as http:
        sandbox = Control(http, server.url)
        await card(sandbox)
        async with listening(sandbox):
            await run(sandbox, "record")
            await sandbox.limits(callbackSeconds=60)
            recording = await run(sandbox, "stop")
            press = {"as": "wang", "outTrackId": "card-1", "button": "ok"}
            recording["orders"].append({**SAY, "atMs": recording["endMs"], "path": "/press", "body": press})
            await run(sandbox, "replay", recording=recording)
            await sandbox.ask("GET", "frames", type="CALLBACK", wait=PATIENCE_S)
            assert (await sandbox.ask("GET", "run"))["state"] == "replaying"
            ended = asyncio.get_running_loop().time() + PATIENCE_S
    assert asyncio.get_running_loop().time() < ended
    assert server.world.run.state == "idle"


SAY = {
    "atMs": 0,
    "method": "POST",
    "path": "/say",
    "body": {"as": "wang", "conversation": GROUP, "text": "x"},
}


@pytest.mark.parametrize(
    ("recording", "why"),
    [
        (None, "this is no recording of version 1"),
        ([], "this is no recording of version 1"),
        ({"version": 2}, "this is no recording of version 1"),
        ({"state": None}, "needs a state and a list of orders"),
        ({"orders": {}}, "needs a state and a list of orders"),
        ({"orders": ["say"]}, "order 1 of the recording makes no sense: it is no object"),
        (
            {"orders": [SAY, {**SAY, "body": []}]},
            "order 2 of the recording makes no sense: body of Noted should be a valid dictionary",
        ),
        ({"orders": [{**SAY, "atMs": "soon"}]}, "atMs of Noted should be a valid integer"),
        ({"orders": [{**SAY, "atMs": -1}]}, "a time is a whole number"),
        ({"orders": [{**SAY, "atMs": 5}, SAY]}, "it comes before the one before it"),
        ({"orders": [{**SAY, "when": 5}]}, "Noted has no when"),
        ({"orders": [{"atMs": 0}]}, "Noted needs method, path"),
        ({"orders": [{**SAY, "path": "/nowhere"}]}, "order 1 of the recording, POST /nowhere, is no order"),
        ({"orders": [{**SAY, "method": "GET", "path": "/people"}]}, "GET /people, is no order"),
        ({"orders": [{**SAY, "path": "/run"}]}, "POST /run, is no order"),
        ({"orders": [{**SAY, "names": {"seq": {"card": 1}}}]}, "{'card': 1} names nothing"),
        ({"orders": [{**SAY, "names": {"seq": 7}}]}, "names of Noted should be a valid dictionary"),
        ({"orders": [{**SAY, "open": [0]}]}, "open does not name orders before it"),
        ({"orders": [{**SAY, "seen": {"chat": "much"}}]}, "chat of Seen should be a valid integer"),
        ({"orders": [SAY], "endMs": None}, "a time is a whole number"),
        ({"state": {"people": 7}}, "the state of the recording makes no sense"),
        ({"state": {"people": [], "drive": 7}}, "the state of the recording makes no sense"),
        ({"state": {"faults": [{"id": "f1", "speed": 1}]}}, "a fault has no speed"),
        ({"state": {"dice": {"stream": {"seed": 7, "thrown": -1}}}}, "dice were thrown"),
        ({"state": {"meter": {}}}, "the state of the recording makes no sense"),
        ({"state": {"clock": {"nowMs": "now"}}}, "the state of the recording makes no sense"),
    ],
)
async def test_what_is_no_recording_is_refused_and_changes_nothing(
    sandbox: Control, recording: Json, why: str
) -> None:
    if isinstance(recording, dict):
        recording = {"version": 1, "state": {"people": []}, "orders": [], **recording}
    before = await sandbox.ask("GET", "state")
    body = {"action": "replay", "recording": recording}
    async with sandbox.http.post(f"{sandbox.url}/sandbox/run", json=body) as answer:
        assert answer.status == 400
        assert why in (await answer.json())["error"]
    after = await sandbox.ask("GET", "state")
    del before["clock"], after["clock"]
    assert after == before
    assert (await sandbox.ask("GET", "run"))["state"] == "idle"


@pytest.mark.parametrize(
    ("before", "body", "why"),
    [
        (None, {"action": "stop"}, "nothing is being recorded"),
        (None, {"action": "cancel"}, "there is nothing to cancel"),
        (None, {"action": "dance"}, "no such action: dance"),
        (None, {}, "action is missing"),
        (None, {"action": "replay"}, "recording is missing"),
        ("record", {"action": "record"}, "a run is recording: stop or cancel it first"),
        (
            "record",
            {"action": "replay", "recording": {"version": 1, "state": {}, "orders": []}},
            "stop or cancel",
        ),
        *(
            (None, {"action": "replay", "recording": {"version": 1, "state": {}, "orders": []}, **pace}, why)
            for pace, why in (
                ({"speed": 0.5}, "speed is 0, or at least 1"),
                ({"speed": "fast"}, "speed is no number"),
                ({"patienceS": 0}, "patienceS is above 0 and at most 120"),
            )
        ),
    ],
)
async def test_a_wrong_order_to_a_run_is_refused(
    sandbox: Control, before: str | None, body: Json, why: str
) -> None:
    if before:
        await run(sandbox, before)
    async with sandbox.http.post(f"{sandbox.url}/sandbox/run", json=body) as answer:
        assert answer.status == 400
        assert why in (await answer.json())["error"]
