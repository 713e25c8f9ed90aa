"""Connections, delivery, redelivery, and every way in which a stream is difficult."""

import asyncio
import json

import aiohttp
import pytest

from tests.conformance.control import Control
from tests.unit.sandbox_listener import ROBOT, listening, ticket

GROUP = "cidMarketing=="


async def test_a_push_goes_to_one_connection_and_all_get_some(sandbox: Control) -> None:
    async with listening(sandbox), listening(sandbox):
        for number in range(12):
            await sandbox.say("wang", GROUP, str(number))
        frames = (await sandbox.ask("GET", "frames", type="CALLBACK", direction="out"))["frames"]
    assert len(frames) == 12
    assert len({frame["connectionId"] for frame in frames}) == 2


async def test_an_answer_is_logged_as_the_ack_of_its_frame(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        said = await sandbox.say("wang", GROUP, "hello")
        await robot.answered({"response": None})
        (frame,) = (await sandbox.ask("GET", "frames", msgId=said["msgId"], acked="true", wait=5))["frames"]
    assert frame["ack"]["code"] == 200
    assert frame["data"]["text"] == {"content": " hello"}


async def test_redelivery_ends_after_the_second_time(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        said = await sandbox.say("wang", GROUP, "hello")
        ids = [(await robot.next())["headers"]["messageId"]]
        for seconds in (16.5, 44):
            await sandbox.advance(seconds)
            frame = await robot.next()
            ids.append(frame["headers"]["messageId"])
            assert json.loads(frame["data"])["msgId"] == said["msgId"]
        await sandbox.advance(600)
        await sandbox.say("wang", GROUP, "next")
        assert json.loads((await robot.next())["data"])["text"]["content"] == " next"
    assert len(set(ids)) == 3


async def test_an_acknowledged_message_does_not_come_again_by_itself_but_on_order(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        said = await sandbox.say("wang", GROUP, "hello")
        await robot.answered({"response": None})
        await sandbox.ask("GET", "frames", msgId=said["msgId"], acked="true", wait=5)
        await sandbox.advance(120)
        assert (await sandbox.ask("POST", "stream", {"action": "redeliver", "msgId": said["msgId"]}))["done"]
        frame = await robot.next()
    assert frame["headers"]["messageId"] != said["messageId"]
    assert json.loads(frame["data"])["msgId"] == said["msgId"]


async def test_an_event_that_is_put_off_comes_again(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        event = {"action": "event", "eventType": "user_add_org", "data": {"userId": ["new"]}}
        await sandbox.ask("POST", "stream", event)
        first = await robot.next()
        await robot.answer(first, {"status": "LATER"})
        await sandbox.ask("GET", "frames", messageId=first["headers"]["messageId"], acked="true", wait=5)
        await sandbox.advance(17)
        again = await robot.next()
        await robot.answer(again, {"status": "SUCCESS"})
    assert again["headers"]["eventId"] == first["headers"]["eventId"]
    assert again["headers"]["eventType"] == "user_add_org"


async def test_a_disconnect_stops_delivery_and_closes_after_ten_seconds(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        await sandbox.ask("POST", "stream", {"action": "disconnect"})
        assert (await robot.next())["headers"]["topic"] == "disconnect"
        assert not (await sandbox.say("wang", GROUP, "lost"))["delivered"]
        async with listening(sandbox) as newer:
            assert (await sandbox.say("wang", GROUP, "heard"))["delivered"]
            assert json.loads((await newer.next())["data"])["text"]["content"] == " heard"
        await sandbox.advance(11)
        assert (await robot.socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert (await sandbox.ask("GET", "stream", count=0, wait=5))["connections"] == []


async def test_a_cut_wire_is_noticed_on_both_sides(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        await sandbox.ask("POST", "stream", {"action": "drop"})
        assert (await robot.socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert (await sandbox.ask("GET", "stream", count=0, wait=5))["connections"] == []


async def test_a_silent_connection_answers_pings_and_delivers_nothing(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        await sandbox.ask("POST", "stream", {"action": "silence"})
        said = await sandbox.say("wang", GROUP, "nobody hears")
        (frame,) = (await sandbox.ask("GET", "frames", msgId=said["msgId"]))["frames"]
        assert frame["lost"]
        await robot.socket.ping()
        await sandbox.ask("POST", "stream", {"action": "silence", "on": False})
        await sandbox.advance(17)
        assert json.loads((await robot.next())["data"])["msgId"] == said["msgId"]


async def test_the_server_pings(sandbox: Control) -> None:
    await sandbox.limits(pingSeconds=0.01)
    async with listening(sandbox) as robot:
        frame = await robot.socket.receive_json()
        assert frame["headers"]["topic"] == "ping"
        await robot.answer(frame, json.loads(frame["data"]))
        query = {"messageId": frame["headers"]["messageId"], "acked": "true"}
        (logged,) = (await sandbox.ask("GET", "frames", **query, wait=5))["frames"]
    assert json.loads(logged["ack"]["data"]) == json.loads(frame["data"])


async def test_any_text_may_be_sent_and_nonsense_from_the_robot_does_no_harm(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        await sandbox.ask("POST", "frame", {"raw": "not a frame"})
        assert await robot.socket.receive_str() == "not a frame"
        for nonsense in ("{", "[]", '{"headers": 1}', '{"code": 200, "headers": {"messageId": "unknown"}}'):
            await robot.socket.send_str(nonsense)
        found = await asyncio.wait_for(_frames_in(sandbox, 4), 5)
        assert len(found) == 4
        assert (await sandbox.say("wang", GROUP, "still there"))["delivered"]


async def _frames_in(sandbox: Control, count: int) -> list[object]:
    after, found = 0, list[object]()
    while len(found) < count:
        answer = await sandbox.ask("GET", "frames", direction="in", after=after, wait=5)
        after = answer["lastSeq"]
        found += answer["frames"]
    return found


async def test_without_subscriptions_there_is_no_ticket(sandbox: Control) -> None:
    body = {"clientId": "dingsandbox", "clientSecret": "sandbox-secret", "subscriptions": []}
    async with sandbox.http.post(f"{sandbox.url}/v1.0/gateway/connections/open", json=body) as answer:
        assert answer.status == 400


async def test_a_connection_gets_what_it_subscribed_to(sandbox: Control) -> None:
    opened = await ticket(sandbox, "dingsandbox", "sandbox-secret", ("CALLBACK", ROBOT))
    async with sandbox.http.ws_connect(f"{opened['endpoint']}?ticket={opened['ticket']}"):
        await sandbox.ask("POST", "stream", {"action": "event", "eventType": "x", "data": {}})
        assert (await sandbox.ask("GET", "frames", type="EVENT"))["frames"] == []


@pytest.mark.parametrize("say", [{"atRobot": False}, {"conversation": "cidQuiet=="}])
async def test_a_robot_that_is_not_spoken_to_hears_nothing(sandbox: Control, say: dict[str, object]) -> None:
    async with listening(sandbox):
        body = {"as": "wang", "conversation": GROUP, "text": "hello", **say}
        said = await sandbox.ask("POST", "say", body)
    assert (said["delivered"], said["messageId"]) == (False, None)


async def test_fields_of_a_message_may_be_overridden_or_left_out(sandbox: Control) -> None:
    async with listening(sandbox) as robot:
        overrides = {"senderCorpId": "dingelsewhere", "senderStaffId": None, "msgId": "msg-fixed"}
        said = await sandbox.say("wang", GROUP, "hello", overrides=overrides, nick="](http://evil)")
        data = await robot.answered({"response": None})
    assert said["msgId"] == data["msgId"] == "msg-fixed"
    assert "senderStaffId" not in data
    assert (data["senderCorpId"], data["senderNick"]) == ("dingelsewhere", "](http://evil)")


async def test_the_push_quota_takes_the_words_away(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/robot-message-type"""
    await sandbox.limits(pushQuota=0)
    async with listening(sandbox) as robot:
        await sandbox.say("wang", GROUP, "hello")
        data = await robot.answered({"response": None})
    assert "text" not in data
    assert data["errorCode"] == "20001"


async def test_a_raw_frame_with_an_id_is_acknowledged_like_any_other(sandbox: Control) -> None:
    async with listening(sandbox) as listener:
        raw = {"type": "CALLBACK", "headers": {"topic": "/nowhere", "messageId": "m-1"}, "data": "{}"}
        for text in ("no JSON", json.dumps(raw)):
            await sandbox.ask("POST", "frame", {"raw": text})
        assert await listener.socket.receive_str() == "no JSON"
        await listener.socket.send_str("no JSON either")
        await listener.answer(await listener.next(), {}, code=404)
        (frame,) = (await sandbox.ask("GET", "frames", messageId="m-1", acked="true", wait=10))["frames"]
        assert frame["ack"]["code"] == 404
        sent = (await sandbox.ask("GET", "frames", direction="out", messageId=""))["frames"]
        assert [(f["raw"], f["ack"]) for f in sent] == [("no JSON", None)]
