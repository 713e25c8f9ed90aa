"""What cards are when they reach DingTalk: within its limits, and replaced where they cannot be shown."""

from __future__ import annotations

import json

import pytest

from tests.integration.office import (
    CREATE_CARD,
    ENGINEERING,
    MARKETING,
    MARKETING_SPACE,
    REMOVE,
    Json,
    Message,
    Office,
)
from tests.integration.proofs import in_order, unharmed, words

VALUE_BYTES = 1024
CARD_BYTES = 100 * 1024
UPDATE_CARD = "PUT /v1.0/card/instances"
NOT_SHOWN: Json = {
    "success": True,
    "result": {
        "outTrackId": "whatever",
        "deliverResults": [{"spaceType": "IM_GROUP", "success": False, "errorMsg": "not in this group"}],
    },
}


def within_limits(call: Json) -> dict[str, str]:
    """The card of a call, every value a text of at most 1 KB."""
    card: dict[str, str] = call["request"]["cardData"]["cardParamMap"]
    for name, value in card.items():
        assert isinstance(value, str)
        assert len(name.encode()) <= 100
        assert len(value.encode()) <= VALUE_BYTES, f"{name}: {len(value.encode())} bytes"
    assert len(json.dumps(call["request"], ensure_ascii=False).encode()) <= CARD_BYTES
    return card


async def cards_sent(office: Office) -> list[dict[str, str]]:
    """Every card of every call so far that made or changed one."""
    return [within_limits(call) for route in (CREATE_CARD, UPDATE_CARD) for call in await office.calls(route)]


@pytest.mark.parametrize(("character", "language"), [("永", "zh"), ("🗂️", "zh"), ("W", "en")])
async def test_a_thousand_entries_with_long_names_fit(office: Office, character: str, language: str) -> None:
    """Half of them may not be deleted, so the result has much to tell as well."""
    name = (character * 200)[:200]
    files = [
        {"path": f"/big/{n:04}{name}", "size": n, "creator": "li", "inheritance": "NONE"}
        if n % 2
        else {"path": f"/big/{n:04}{name}", "size": n, "creator": "wang"}
        for n in range(1000)
    ]
    for start in range(0, len(files), 250):
        await office.control.create(MARKETING_SPACE, *files[start : start + 250])
    async with office.robot(max_dentries=2000, language=language):
        listed = await office.control.entries(MARKETING_SPACE)
        ids = [entry["id"] for path, entry in listed.items() if path.startswith("/big/")]
        asked = " ".join(ids[:700])
        card = await office.say("wang", f"rm {asked} --reason {name * 4}")
        assert card["kind"] == "card", card
        assert "700" in card["params"]["title"]
        shown = card["params"]["markdown"].count("📄")
        assert shown >= 1, "shortened by whole entries"
        assert str(700 - shown) in card["params"]["markdown"], "and the rest is counted"
        pressed = await office.press("wang", card, "confirm")
        assert pressed["ok"], pressed
        assert all(
            len(v.encode()) <= VALUE_BYTES for v in pressed["response"]["cardData"]["cardParamMap"].values()
        )
        result = await office.until(
            "wang",
            MARKETING,
            card["seq"],
            lambda m: m["kind"] == "card" and m["outTrackId"] != card["outTrackId"],
        )
        assert "350" in result["params"]["title"], result["params"]["title"]
        await office.until(
            "wang", MARKETING, result["seq"], lambda m: m.get("outTrackId") == card["outTrackId"]
        )
        assert len(await cards_sent(office)) == 3, "the question, the result, the question closed"
        assert {len(call["request"]["dentryIds"]) for call in await office.calls(REMOVE)} == {50}
        await in_order(office)


async def test_a_folder_of_a_thousand_is_one_entry(office: Office) -> None:
    files = [{"path": f"/big/{n:04}.txt", "size": 10, "creator": "wang"} for n in range(999)]
    await office.control.create(MARKETING_SPACE, *files)
    async with office.robot():
        card = await office.say("wang", "删除 /big")
        assert "删除 1,000 项" in card["params"]["title"]
        assert "/big（内含 999 项" in card["params"]["markdown"]
        assert (await office.press("wang", card, "confirm"))["ok"]
        result = await office.card("wang", MARKETING, "已移到回收站：1,000 项", after=card["seq"])
        assert len(await office.calls(REMOVE)) == 1
        assert result["buttons"] is not None
        await cards_sent(office)


async def test_the_card_as_dingtalk_gets_it(office: Office) -> None:
    async with office.robot():
        await office.say("wang", "删除 /report.pdf --space 24010001", "one:wang")
        await office.say("wang", "删除 /report.pdf")
        alone, group = (call["request"] for call in await office.calls(CREATE_CARD))
        for request in (alone, group):
            assert request["callbackType"] == "STREAM"
            assert request["userIdType"] == 1
            assert request["outTrackId"].startswith("dingsweep.request.")
            assert len(request["outTrackId"].encode()) <= 100
            buttons = json.loads(request["cardData"]["cardParamMap"]["sys_full_json_obj"])["msgButtons"]
            assert [(b["id"], b["color"], b["request"]) for b in buttons] == [
                ("confirm", "blue", True),
                ("details", "gray", True),
                ("cancel", "gray", True),
            ]
        assert group["openSpaceId"] == f"dtv1.card//IM_GROUP.{MARKETING}"
        assert group["imGroupOpenDeliverModel"]["robotCode"] == "dingsandbox"
        assert alone["openSpaceId"] == "dtv1.card//IM_ROBOT.wang"
        assert alone["imRobotOpenDeliverModel"]["spaceType"] == "IM_ROBOT"
        assert group["outTrackId"] != alone["outTrackId"]
        await unharmed(office)


async def cannot_show(office: Office, why: str) -> dict[str, Json]:
    """Makes cards impossible in one way; settings to go with it."""
    match why:
        case "template":
            return {"card_template_id": "no-such-template.schema"}
        case "unpublished":
            return {"card_template_id": "sandbox-draft.schema"}
        case "scope":
            granted = ["qyapi_robot_sendmsg", "Storage.File.Read", "Storage.File.Write", "Storage.Space.Read"]
            await office.control.scopes(
                *granted, "ConvFile.Space.Read", "Storage.Task.Read", "qyapi_get_member"
            )
        case "not shown":
            await office.control.fault(CREATE_CARD, 200, "", body=NOT_SHOWN)
    return {}


def words_of(card: Message, button: str) -> str:
    """The id of the action card's button with this text."""
    return next(str(b["id"]) for b in card["buttons"] if button in b["text"])


@pytest.mark.parametrize("why", ["template", "unpublished", "scope", "not shown"])
async def test_an_action_card_does_the_same(office: Office, why: str) -> None:
    settings = await cannot_show(office, why)
    async with office.robot(**settings):
        card = await office.say("wang", "删除 /report.pdf --reason 清理")
        assert card["kind"] == "actionCard", card
        assert "删除 1 项" in card["title"]
        assert "/report.pdf" in card["text"]
        assert "清理" in card["text"]
        place: Json = {"conversation": MARKETING, "seq": card["seq"]}

        said = await office.control.ask(
            "POST", "press", {"as": "zhao", "button": words_of(card, "移到回收站"), **place}
        )
        assert said["said"].startswith("确认 ")
        refused = await office.until("zhao", MARKETING, card["seq"], lambda m: m["kind"] == "markdown")
        assert "只有王小明可以确认" in refused["text"]
        assert await office.calls(REMOVE) == []

        details = await office.control.ask(
            "POST", "press", {"as": "wang", "button": words_of(card, "明细"), **place}
        )
        assert details["said"].startswith("明细 ")
        listed = await office.until("wang", MARKETING, refused["seq"], lambda m: m["kind"] == "markdown")
        assert "私聊发给你" in listed["text"]
        told = await office.answer("wang", "one:wang", after=0)
        assert "/report.pdf" in told["text"]

        await office.control.ask(
            "POST", "press", {"as": "wang", "button": words_of(card, "移到回收站"), **place}
        )
        result = await office.until(
            "wang", MARKETING, listed["seq"], lambda m: "已移到回收站：1 项" in m.get("title", "")
        )
        assert result["kind"] in {"markdown", "actionCard"}
        [removal] = await office.calls(REMOVE)
        assert removal["request"]["option"] == {"toRecycleBin": True}
        assert "/report.pdf" not in await office.paths()
        await words(office, "wang", "ping")
        assert await office.calls(UPDATE_CARD) == [], "there is no card to change"


@pytest.mark.parametrize(("who", "where"), [("alice", ENGINEERING), ("alice", "one:alice")])
async def test_cancel_of_an_action_card(office: Office, who: str, where: str) -> None:
    async with office.robot(card_template_id="no-such-template.schema"):
        card = await office.say(who, "rm /README.md --space 24010002", where)
        assert card["kind"] == "actionCard"
        body: Json = {
            "as": who,
            "conversation": where,
            "seq": card["seq"],
            "button": words_of(card, "Cancel"),
        }
        await office.control.ask("POST", "press", body)
        cancelled = await office.until(who, where, card["seq"], lambda m: m["kind"] == "markdown")
        assert "is cancelled; nothing was deleted" in cancelled["text"]
        await unharmed(office, who, where)


async def test_when_nothing_can_be_shown_nothing_stays_open(office: Office) -> None:
    """Nobody could see what they would be agreeing to: the request ends, and there is a sentence for it."""
    await office.control.fault("/v1.0/card/", 403, "Forbidden.AccessDenied.AccessTokenPermissionDenied")
    async with office.robot():
        gone = {"sessionWebhook": None}
        await office.control.fault("/v1.0/robot/", 500, "system.error", count=1)
        said = await office.control.say("wang", MARKETING, "删除 /report.pdf", overrides=gone)
        reply = await office.answer("wang", MARKETING, after=said["seq"])
        assert reply["kind"] == "markdown"
        assert "已取消" in await words(office, "wang", "状态")
        await unharmed(office)
