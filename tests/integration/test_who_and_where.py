"""Who may speak to the robot, and where: strangers and other places are refused before anything is looked up."""

from __future__ import annotations

from tests.integration.office import ENGINEERING, MARKETING, MARKETING_SPACE, Json, Office
from tests.integration.proofs import cards_made, refusal, unharmed

STORAGE = "/v1.0/storage"


async def test_strangers_are_refused_before_anything_is_looked_up(office: Office) -> None:
    nobody: list[dict[str, Json]] = [{"senderStaffId": ""}, {"senderStaffId": None}, {"senderStaffId": 0.5}]
    elsewhere: list[dict[str, Json]] = [
        {"senderCorpId": "dingcorpother"},
        {"senderCorpId": "dingcorpother", "senderStaffId": "wang", "senderUnionId": "wangUnionId"},
    ]
    async with office.robot():
        for overrides in nobody:
            sentence = await refusal(office, "wang", "删除 /report.pdf", overrides=overrides)
            assert "钉钉没有告诉我你是谁" in sentence
        for overrides in elsewhere:
            sentence = await refusal(office, "wang", "rm /report.pdf", overrides=overrides)
            assert "Only members of this organisation" in sentence
        sentence = await refusal(office, "sun", "删除 /report.pdf", nick="王小明")
        assert "只有本组织的成员可以使用我" in sentence, "a nickname is no identity"
        sentence = await refusal(office, "sun", "ls", "one:sun")
        assert "Only members of this organisation" in sentence
        assert await office.calls(STORAGE) == []
        sentence = await refusal(office, "wang", "ls", overrides={"senderStaffId": "nobodyAtAll"})
        assert "DingTalk did not tell me who you are" in sentence
        assert await office.calls(STORAGE) == []
        assert await cards_made(office) == 0
        await unharmed(office)


async def test_a_message_acts_for_its_sender_and_not_for_the_name_or_union_id_in_it(office: Office) -> None:
    async with office.robot():
        card = await office.say(
            "zhao", "删除 /report.pdf", nick="王小明", overrides={"senderUnionId": "wangUnionId"}
        )
        assert "**赵同事** 要把" in card["params"]["markdown"]
        asked = [call["query"]["unionId"] for call in await office.calls(STORAGE)]
        assert set(asked) == {"zhaoUnionId"}
        pressed = await office.press("wang", card, "confirm")
        assert "只有赵同事可以确认" in pressed["response"]["userPrivateData"]["cardParamMap"]["tips"]
        await unharmed(office)


async def test_only_the_organisation_of_the_settings_is_served(office: Office) -> None:
    async with office.robot(corp_id="dingcorpother"):
        for who, overrides in (("wang", {}), ("wang", {"senderCorpId": "dingcorpother"})):
            sentence = await refusal(office, who, "rm /report.pdf", overrides=overrides)
            assert "Only members of this organisation" in sentence
        assert await office.calls(STORAGE) == []


async def test_conversations_that_are_not_listed_are_not_served(office: Office) -> None:
    async with office.robot(conversations=(ENGINEERING,)):
        for where in (MARKETING, "one:wang"):
            sentence = await refusal(office, "wang", "删除 /report.pdf", where)
            assert "没有启用" in sentence
        assert await office.calls(STORAGE) == []
        card = await office.say("alice", "rm /README.md", ENGINEERING)
        assert "Delete 1 item?" in card["params"]["title"]
        assert (await office.press("alice", card, "cancel"))["ok"]
        await unharmed(office, "alice", ENGINEERING)


async def test_one_to_one_is_a_place_of_its_own(office: Office) -> None:
    spaces = {MARKETING: "24010003", "cidOnewang==": MARKETING_SPACE}
    async with office.robot(conversations=("one_to_one",), spaces=spaces):
        assert "not enabled" in await refusal(office, "wang", "rm /report.pdf")
        sentence = await refusal(office, "li", "ls", "one:li")
        assert "Which space?" in sentence, "a setting for one person is not one for another"
        card = await office.say("wang", "删除 /report.pdf", "one:wang")
        assert "**市场部群文件**" in card["params"]["markdown"]
        assert (await office.press("wang", card, "confirm"))["ok"]
        await office.card("wang", "one:wang", "已移到回收站：1 项", after=card["seq"])
        assert "/report.pdf" not in await office.paths()


async def test_a_space_of_the_settings_comes_before_the_group_s_own(office: Office) -> None:
    async with office.robot(spaces={MARKETING: "24010002"}):
        assert "24010002" in await refusal(office, "li", "ls"), "and its rights are asked for"
        listed = await office.say("admin", "ls", MARKETING)
        assert "architecture.pdf" in listed["text"]
        listed = await office.say("admin", f"ls --space {MARKETING_SPACE}", MARKETING)
        assert "report.pdf" in listed["text"]
        await unharmed(office)
