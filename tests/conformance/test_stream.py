"""A robot on the official `dingtalk-stream` client against the sandbox: hears, answers, is clicked, is told."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.conformance.control import CORP_ID, Control
from tests.conformance.given import known
from tests.conformance.robots import PATIENCE_S, Robot, connections, heard, running


@pytest.fixture
async def robot(sandbox: Control) -> AsyncIterator[Robot]:
    """The echo robot, connected."""
    async with running(sandbox) as robot:
        await connections(sandbox, 1)
        yield robot


async def test_it_hears_and_answers_in_a_group(sandbox: Control, robot: Robot) -> None:
    names = await known(sandbox, ())
    said = await sandbox.say("wang", names["group"], "你好")
    noticed = await robot.next("message")
    assert (noticed["text"], noticed["msgId"]) == ("你好", said["msgId"])
    answer = await heard(sandbox, "li", names["group"], "王小明: 你好")
    assert answer["kind"] == "text"


async def test_it_hears_one_person_alone(sandbox: Control, robot: Robot) -> None:
    await sandbox.say("alice", "one:alice", "hello")
    assert (await robot.next("message"))["text"] == "hello"
    await heard(sandbox, "alice", "one:alice", "Alice: hello")


async def test_it_reads_rich_text(sandbox: Control, robot: Robot) -> None:
    names = await known(sandbox, ())
    rich = [{"text": "one "}, {"type": "picture", "downloadCode": "code"}, {"text": "two"}]
    body = {"as": "wang", "conversation": names["group"], "richText": rich}
    await sandbox.ask("POST", "say", body)
    assert (await robot.next("message"))["text"] == "one two"


async def test_an_acknowledged_message_does_not_come_again(sandbox: Control, robot: Robot) -> None:
    names = await known(sandbox, ())
    said = await sandbox.say("wang", names["group"], "first")
    sent = await sandbox.ask("GET", "frames", wait=PATIENCE_S, acked="true", msgId=said["msgId"])
    assert [frame["direction"] for frame in sent["frames"]] == ["out"]
    await sandbox.advance(120)
    await sandbox.say("wang", names["group"], "second")
    assert [(await robot.next("message"))["text"] for _ in range(2)] == ["first", "second"]


async def test_an_unacknowledged_message_comes_again_under_a_new_frame_id(
    sandbox: Control, robot: Robot
) -> None:
    names = await known(sandbox, ())
    await sandbox.say("wang", names["group"], "silent")
    first = await robot.next("message")
    await sandbox.advance(17)
    second = await robot.next("message")
    assert second["msgId"] == first["msgId"]
    assert second["messageId"] != first["messageId"]


async def test_a_click_is_answered_and_changes_the_card(sandbox: Control, robot: Robot) -> None:
    """https://open.dingtalk.com/document/development/event-callback-card"""
    names = await known(sandbox, ())
    await sandbox.say("wang", names["group"], "card")
    track = (await robot.next("card"))["outTrackId"]
    shown = await heard(sandbox, "wang", names["group"], track)
    assert shown["kind"] == "card"
    assert [(button["id"], button["text"]) for button in shown["buttons"]] == [("agree", "Agree")]

    pressed = await sandbox.press("wang", track, "agree")
    assert pressed["ok"], pressed
    click = await robot.next("click")
    assert (click["userId"], click["outTrackId"]) == ("wang", track)
    private = click["content"]["cardPrivateData"]
    assert "agree" in private["actionIds"] or private["params"].get("id") == "agree"

    for who, tips in (("wang", "you agreed"), ("li", "nobody yet")):
        card = await heard(sandbox, who, names["group"], "agreed by wang")
        assert card["params"]["tips"] == tips


async def test_a_click_that_is_refused_fails_at_once_and_one_nobody_answers_after_two_seconds(
    sandbox: Control, robot: Robot
) -> None:
    """https://open.dingtalk.com/document/development/event-callback-card"""
    names = await known(sandbox, ())
    await sandbox.say("wang", names["group"], "card")
    track = (await robot.next("card"))["outTrackId"]
    pressed = await sandbox.press("wang", track, "refuse", force=True)
    assert (pressed["ok"], pressed["error"].partition(":")[0]) == (False, "refused")
    pressed = await sandbox.press("wang", track, "fail", force=True)
    assert not pressed["ok"]
    assert pressed["elapsedMs"] >= 1900


async def test_a_card_is_created_then_delivered_then_changed(sandbox: Control, robot: Robot) -> None:
    """Three interfaces, by the client's own helper for a card with buttons: in a group, then to one person."""
    names = await known(sandbox, ())
    for who, where in (("wang", names["group"]), ("alice", "one:alice")):
        await sandbox.say(who, where, "two steps")
        card = await heard(sandbox, who, where, '"then"')
        assert (card["kind"], card["params"]["tips"], card["buttons"]) == ("card", "changed", [])
    calls = (await sandbox.ask("GET", "calls?path=/v1.0/card/"))["calls"]
    steps = [
        ("POST", "/v1.0/card/instances", 200),
        ("POST", "/v1.0/card/instances/deliver", 200),
        ("PUT", "/v1.0/card/instances", 200),
    ]
    assert [(call["method"], call["path"], call["status"]) for call in calls] == steps * 2


async def test_it_answers_in_markdown_and_uploads_a_picture(sandbox: Control, robot: Robot) -> None:
    """https://open.dingtalk.com/document/development/upload-media-files"""
    names = await known(sandbox, ())
    await sandbox.say("wang", names["group"], "markdown")
    answer = await heard(sandbox, "li", names["group"], "**王小明**")
    assert (answer["kind"], answer["title"]) == ("markdown", "a title")
    await sandbox.say("wang", "one:wang", "upload")
    assert (await robot.next("upload"))["mediaId"].startswith("@")


async def test_an_event_that_was_not_taken_comes_again(sandbox: Control, robot: Robot) -> None:
    order = {"action": "event", "eventType": "twice", "data": {"some": "thing"}}
    await sandbox.ask("POST", "stream", order)
    first = await robot.next("event")
    await sandbox.ask("GET", "frames", wait=PATIENCE_S, acked="true", type="EVENT")
    await sandbox.advance(17)
    assert await robot.next("event") == first
    assert first["data"] == {"some": "thing"}


async def test_a_deletion_is_reported_as_an_event(sandbox: Control, robot: Robot) -> None:
    """https://open.dingtalk.com/document/development/event-storage-dentry-delete"""
    names = await known(sandbox, ("files",))
    subscription = {"scope": "ORG", "scopeId": CORP_ID}
    await sandbox.api("POST", "/v1.0/storage/events/subscribe", subscription, unionId=names["wang"])
    await sandbox.remove(names["space"], names["wang"], names["file"])
    event = await robot.next("event")
    assert (event["type"], event["corpId"]) == ("storage_dentry_delete", CORP_ID)
    assert event["data"] == {
        "spaceId": names["space"],
        "dentryId": names["file"],
        "eventScope": "ORG",
        "eventScopeId": CORP_ID,
        "extension": "txt",
        "unionId": names["wang"],
        "type": "FILE",
    }


async def test_after_a_disconnect_it_connects_again(sandbox: Control, robot: Robot) -> None:
    names = await known(sandbox, ())
    (before,) = await connections(sandbox, 1)
    await sandbox.ask("POST", "stream", {"action": "disconnect"})
    async with asyncio.timeout(PATIENCE_S):
        while before["id"] in [each["id"] for each in await connections(sandbox, 1)]:
            pass
    await sandbox.say("wang", names["group"], "again")
    assert (await robot.next("message"))["text"] == "again"
