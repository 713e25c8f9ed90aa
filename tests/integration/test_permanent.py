"""Deleting for ever: only where settings allow it, only when the card said so in words."""

from __future__ import annotations

import pytest

from tests.integration.office import ENGINEERING, MARKETING, MARKETING_SPACE, REMOVE, Office
from tests.integration.proofs import cards_made, in_order, refusal, unharmed, words

ARCHIVE = "24010003"


async def test_it_is_refused_unless_settings_allow_it(office: Office) -> None:
    async with office.robot():
        for text in (
            "删除 /report.pdf --permanent",
            "删除 /report.pdf ——永久",
            "删除 /report.pdf --永久 --dry-run",
        ):
            assert "不允许永久删除" in await refusal(office, "wang", text)
        assert "not allowed" in await refusal(office, "wang", "rm /report.pdf --permanent")
        assert await office.calls("/v1.0/storage") == [], "nothing is even looked up"
        quoted = await office.say("wang", 'rm "--permanent"')
        assert "There is no" in quoted["text"], "in quotes it is a name"
        assert await cards_made(office) == 0
        await unharmed(office)


CHINESE = ("永久", "无法恢复", "永久删除")
ENGLISH = ("permanent", "cannot be restored", "Delete permanently")


@pytest.mark.parametrize(
    ("who", "where", "text", "said"),
    [
        ("wang", MARKETING, "删除 /report.pdf --permanent", CHINESE),
        ("alice", ENGINEERING, "rm /README.md --permanent", ENGLISH),
    ],
)
async def test_the_card_says_it_in_words_and_in_red(
    office: Office, who: str, where: str, text: str, said: tuple[str, str, str]
) -> None:
    for_ever, no_way_back, button = said
    async with office.robot(allow_permanent=True):
        card = await office.say(who, text, where)
        params = card["params"]
        assert for_ever in params["title"]
        assert for_ever in params["markdown"]
        assert no_way_back in params["markdown"]
        buttons = {shown["id"]: shown for shown in card["buttons"]}
        assert list(buttons) == ["cancel", "details", "confirm"]
        assert (buttons["confirm"]["text"], buttons["confirm"]["color"]) == (button, "red")
        assert buttons["cancel"]["color"] == "blue", "the highlighted button is the harmless one"

        title = (await office.press(who, card, "confirm"))["response"]["cardData"]["cardParamMap"]["title"]
        assert for_ever in title.lower()
        result = await office.until(
            who, where, card["seq"], lambda m: m["kind"] == "card" and m["outTrackId"] != card["outTrackId"]
        )
        assert for_ever in result["params"]["title"].lower()
        [removal] = await office.calls(REMOVE)
        assert removal["request"]["option"] == {"toRecycleBin": False}
        assert (await office.control.ask("GET", "bin"))["items"] == []
        await in_order(office)


async def test_a_calm_card_never_speaks_of_it(office: Office) -> None:
    async with office.robot(allow_permanent=True):
        for text in ("删除 /report.pdf", "rm /report.pdf"):
            card = await office.say("wang", text)
            shown = " ".join(card["params"].values()).lower()
            assert "永久" not in shown
            assert "permanent" not in shown
            assert [shown["color"] for shown in card["buttons"] if shown["id"] == "confirm"] == ["blue"]
            await office.press("wang", card, "cancel")
        await unharmed(office)


@pytest.mark.parametrize("allowed", [True, False])
async def test_without_a_bin_nothing_is_deleted_instead(office: Office, allowed: bool) -> None:
    """No error turns a deletion into one for ever: the way there is offered, where it is open at all."""
    async with office.robot(allow_permanent=allowed):
        card = await office.say("wang", f"rm /索引.xlsx /old-backup.zip --space {ARCHIVE} --reason old")
        assert (await office.press("wang", card, "confirm"))["ok"]
        result = await office.until(
            "wang",
            MARKETING,
            card["seq"],
            lambda m: m["kind"] == "card" and m["outTrackId"] != card["outTrackId"],
        )
        assert "2" in result["params"]["title"]
        assert ("--permanent" in result["params"]["markdown"]) is allowed
        removals = await office.calls(REMOVE)
        assert removals
        assert all(call["request"]["option"] == {"toRecycleBin": True} for call in removals)
        assert {"/索引.xlsx", "/old-backup.zip"} <= await office.paths(ARCHIVE)
        await in_order(office)


async def test_a_dry_run_deletes_nothing_and_asks_nobody(office: Office) -> None:
    async with office.robot(allow_permanent=True):
        said = await words(office, "wang", "删除 /2023/drafts /report.pdf --dry-run")
        assert "试运行：会把 **市场部群文件** 里的 7 项移到回收站，现在什么都没有删" in said
        assert "/2023/drafts（内含 5 项" in said
        said = await words(office, "wang", "rm /report.pdf --dry-run --permanent")
        assert "would be permanently deleted. Nothing was deleted" in said
        said = await words(office, "wang", "删除 /report.pdf ——试运行")
        assert "试运行" in said
        assert await cards_made(office) == 0
        assert "没有" in await words(office, "wang", "状态")
        await unharmed(office)


async def test_a_request_for_ever_does_not_outlive_the_setting(office: Office) -> None:
    await office.control.create(MARKETING_SPACE, {"path": "/for ever.txt", "creator": "wangUnionId"})
    async with office.robot(allow_permanent=True):
        card = await office.say("wang", 'rm "/for ever.txt" --permanent')
    async with office.robot(allow_permanent=False):
        refused = await office.press("wang", card, "confirm")
        assert "not allowed here" in refused["response"]["userPrivateData"]["cardParamMap"]["tips"]
        assert "/for ever.txt" in await office.paths()
        assert not await office.calls(REMOVE)
