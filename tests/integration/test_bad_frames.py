"""Frames as no honest gateway sends them: each is acknowledged as far as it can be, and the robot goes on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from sandbox.server import Server
from tests.conformance.control import Control
from tests.integration.office import MARKETING, PATIENCE_S, Json, Office
from tests.integration.proofs import acknowledged, cards_made, in_order, unharmed

ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"

UNANSWERABLE = [
    "",
    "not JSON",
    "{",
    "null",
    "42",
    '"text"',
    "[]",
    "{}",
    '{"headers": null}',
    '{"headers": []}',
    '{"headers": {}}',
    '{"type": "CALLBACK", "headers": {"topic": "/v1.0/im/bot/messages/get"}, "data": "{}"}',
    '{"type": "SYSTEM", "headers": {"topic": "nonsense"}, "data": "{}"}',
    "\ud83d\ude00" * 1000,
]


def frame(message_id: str, topic: object, data: object, kind: object = "CALLBACK") -> str:
    headers = {"messageId": message_id, "topic": topic, "contentType": "application/json"}
    return json.dumps({"specVersion": "1.0", "type": kind, "headers": headers, "data": data})


async def answer_to(office: Office, message_id: str, raw: str) -> Json:
    """What the robot answers to this frame."""
    await office.control.ask("POST", "frame", {"raw": raw})
    return await answer_of(office, message_id)


async def answer_of(office: Office, message_id: str) -> Json:
    """What the robot answers to the frame of this id."""
    query: dict[str, str | int] = {"direction": "in", "messageId": message_id, "wait": PATIENCE_S}
    frames = (await office.control.ask("GET", "frames", **query))["frames"]
    assert frames, f"no answer to {message_id}"
    return frames[0]["frame"]


async def test_what_cannot_be_answered_is_passed_over(office: Office) -> None:
    async with office.robot():
        for raw in UNANSWERABLE:
            await office.control.ask("POST", "frame", {"raw": raw})
        await unharmed(office)
        connections = (await office.control.ask("GET", "stream"))["connections"]
        assert len(connections) == 1
        opened = await office.calls("connections/open")
        assert len(opened) == 1, "the connection was never given up"


async def test_a_frame_with_an_id_is_answered_whatever_it_holds(office: Office) -> None:
    frames = [
        ("unknown-topic", "/v1.0/nobody/knows", "{}", "CALLBACK", {404}),
        ("no-topic", None, "{}", "CALLBACK", {400, 404}),
        ("odd-topic", {"a": 1}, "{}", "CALLBACK", {400, 404}),
        ("unknown-type", ROBOT_TOPIC, "{}", "NONSENSE", {404}),
        ("odd-type", ROBOT_TOPIC, "{}", 7, {404}),
        ("data-not-json", ROBOT_TOPIC, "{{{", "CALLBACK", {400}),
        ("data-empty", ROBOT_TOPIC, "", "CALLBACK", {200, 400}),
        ("data-missing", ROBOT_TOPIC, None, "CALLBACK", {200, 400}),
        ("data-list", ROBOT_TOPIC, "[]", "CALLBACK", {200, 400}),
        ("data-object", ROBOT_TOPIC, {"msgId": "x"}, "CALLBACK", {200, 400}),
        ("nobody-said-it", ROBOT_TOPIC, "{}", "CALLBACK", {200}),
        ("no-conversation", ROBOT_TOPIC, '{"msgId": "m1"}', "CALLBACK", {200}),
        ("all-wrong", ROBOT_TOPIC, '{"msgId": [], "conversationId": {}, "text": 1}', "CALLBACK", {200}),
        ("card-nothing", CARD_TOPIC, "{}", "CALLBACK", {200}),
        ("card-odd", CARD_TOPIC, '{"outTrackId": 1, "userId": [], "content": "{"}', "CALLBACK", {200}),
        ("card-not-json", CARD_TOPIC, "<html>", "CALLBACK", {400}),
        ("event-odd", "*", "{}", "EVENT", {200}),
        ("event-not-json", "*", "nothing", "EVENT", {200, 400}),
    ]
    async with office.robot():
        for message_id, topic, data, kind, codes in frames:
            answered = await answer_to(office, message_id, frame(message_id, topic, data, kind))
            assert answered["code"] in codes, f"{message_id}: {answered}"
            assert "Traceback" not in json.dumps(answered)
        assert await cards_made(office) == 0
        await unharmed(office)


async def test_a_frame_nested_without_end_breaks_no_connection(tmp_path: Path) -> None:
    """Deeper than a JSON parser goes: that of the sandbox's control interface too, so it is put on the wire here."""
    async with Server() as server, aiohttp.ClientSession() as http:
        office = Office(Control(http, server.url), tmp_path)
        async with office.robot():
            [connection] = server.world.stream.connections.values()
            for raw in ("[" * 100_000, '{"headers": {}, "data": ' + "[" * 100_000):
                connection.outbox.put_nowait(raw)
            connection.outbox.put_nowait(frame("deep", ROBOT_TOPIC, "[" * 100_000))
            assert (await answer_of(office, "deep"))["code"] in {400, 500}
            await unharmed(office)
            assert [connection] == list(server.world.stream.connections.values())


async def test_a_message_with_odd_fields_is_still_answered(office: Office) -> None:
    odd: list[dict[str, Json]] = [
        {"sessionWebhook": None},
        {"sessionWebhook": "http://127.0.0.1:1/robot/sendBySession?session=x"},
        {"sessionWebhookExpiredTime": 1},
        {"sessionWebhookExpiredTime": "soon"},
        {"createAt": -1, "senderNick": None, "conversationTitle": None},
        {"senderCorpId": None},
        {"robotCode": None},
        {"isAdmin": "yes", "atUsers": 3, "isInAtList": None},
    ]
    async with office.robot():
        for overrides in odd:
            said = await office.control.say("wang", MARKETING, "ping", overrides=overrides)
            reply = await office.answer("wang", MARKETING, after=said["seq"])
            assert reply["text"] == "Here I am.", overrides
            await acknowledged(office, said["messageId"])
        await unharmed(office)


async def test_a_message_delivered_again_is_handled_once(office: Office) -> None:
    async with office.robot():
        said = await office.control.say("wang", MARKETING, "删除 /report.pdf")
        card = await office.answer("wang", MARKETING, after=said["seq"])
        await office.control.ask("POST", "stream", {"action": "redeliver", "msgId": said["msgId"]})
        query: dict[str, str | int] = {"msgId": said["msgId"], "direction": "out"}
        sent = (await office.control.ask("GET", "frames", **query))["frames"]
        assert len({record["messageId"] for record in sent}) == 2
        for record in sent:
            await acknowledged(office, record["messageId"])
        await unharmed(office)
        assert await cards_made(office) == 1
        status = await office.say("wang", "status")
        assert status["text"].count("**") == 2, "one request"

        assert (await office.press("wang", card, "cancel"))["ok"]
        await office.control.ask("POST", "stream", {"action": "redeliver", "msgId": said["msgId"]})
        await unharmed(office)
        assert await cards_made(office) == 1, "an old message does not ask again after the decision"


@pytest.mark.parametrize("copies", [2, 8])
async def test_copies_of_a_message_at_the_same_moment_are_one(office: Office, copies: int) -> None:
    async with office.robot():
        said = await office.control.say("wang", MARKETING, "ping")
        await office.answer("wang", MARKETING, after=said["seq"])
        [record] = (await office.control.ask("GET", "frames", msgId=said["msgId"], direction="out"))["frames"]
        data = record["data"] | {"msgId": "msgCopied==", "text": {"content": " 删除 /report.pdf"}}
        names = [f"copy-{n}" for n in range(copies)]
        raw = [frame(name, ROBOT_TOPIC, json.dumps(data)) for name in names]
        answers = await asyncio.gather(
            *(answer_to(office, name, text) for name, text in zip(names, raw, strict=True))
        )
        assert {answer["code"] for answer in answers} == {200}
        card = await office.card("wang", MARKETING, "删除 1 项", after=said["seq"])
        await unharmed(office)
        assert await cards_made(office) == 1
        assert (await office.press("wang", card, "confirm"))["ok"]
        await office.card("wang", MARKETING, "已移到回收站", after=card["seq"])
        assert len(await office.calls("batchRemove")) == 1
        await in_order(office)
