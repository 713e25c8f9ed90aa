"""Every command as people give it: typed, spoken, in rich text, full-width, one-to-one, in two languages."""

from __future__ import annotations

import pytest

from tests.integration.office import MARKETING, Json, Office
from tests.integration.proofs import cards_made, refusal, speak, unharmed, words

TYPED = [
    ("help", "Nothing is deleted before the yes that the rules here ask for"),
    ("帮助", "要你确认或有人批准之后才会删除"),
    ("/help", "Nothing is deleted"),
    ("HELP delete", "--reason TEXT"),
    ("帮助 删除", "--reason"),
    ("whoami", "userId: wang"),
    ("我是谁", "24010001"),
    ("ping", "Here I am."),
    ("ＰＩＮＧ！", "在的。"),
    ("ＬＳ　／２０２３／drafts", "5 项"),
    ("列表／2023／drafts", "5 项"),
    ("删除　“/预算 2023.xlsx”　——试运行", "1 项"),
    ("删除／report.pdf —dry－run", "1 项"),
    ("rm ‘/预算 2023.xlsx’ --dry-run", "预算 2023.xlsx"),
    ("\u200b @Dingsweep  ls\u3000/2023/drafts", "5 项"),
]


async def test_typed(office: Office) -> None:
    async with office.robot():
        for text, part in TYPED:
            assert part in await words(office, "wang", text), text
        assert await cards_made(office) == 0
        await unharmed(office)


async def test_rich_text_is_read_as_its_words(office: Office) -> None:
    picture = {"type": "picture", "downloadCode": "c", "pictureDownloadCode": "p"}
    async with office.robot():
        parts: Json = [{"text": "删除 /rep"}, {"text": "ort.pdf", "attrs": {"bold": True}}, picture]
        said = await speak(office, "wang", MARKETING, richText=parts)
        card = await office.answer("wang", MARKETING, after=said["seq"])
        assert "删除 1 项" in card["params"]["title"]
        assert "/report.pdf" in card["params"]["markdown"]
        await office.press("wang", card, "cancel")
        for odd in ([picture], [], [{"text": 7}], [None], "ls", {"text": "ls"}):
            sentence = await refusal(office, "wang", None, MARKETING, richText=odd)
            assert "文字和语音命令" in sentence, odd
        await unharmed(office)


async def test_speech_is_read_as_its_transcript(office: Office) -> None:
    async with office.robot(spaces={"cidOnewang==": "24010001"}):
        said = await speak(office, "wang", "one:wang", audio="删除 report.pdf")
        card = await office.answer("wang", "one:wang", after=said["seq"])
        assert "删除 1 项" in card["params"]["title"]
        await office.press("wang", card, "cancel")
        for silent in ("", "   "):
            assert "没听清" in await refusal(office, "wang", None, "one:wang", audio=silent)
        await unharmed(office, where="one:wang")


@pytest.mark.parametrize("msgtype", ["picture", "file", "video", "unheardOf"])
async def test_what_has_no_words_is_no_command(office: Office, msgtype: str) -> None:
    content: Json = {"downloadCode": "c", "fileName": "删除 report.pdf", "spaceId": "24010001", "fileId": "1"}
    async with office.robot():
        sentence = await refusal(office, "wang", None, "one:wang", msgtype=msgtype, content=content)
        assert "文字和语音命令" in sentence
        await unharmed(office)


async def test_one_to_one_needs_a_space(office: Office) -> None:
    async with office.robot():
        for text in ("ls", "rm /report.pdf"):
            assert "Which space?" in await refusal(office, "wang", text, "one:wang")
        assert "No space belongs to this conversation" in await words(office, "wang", "whoami", "one:wang")
        card = await office.say("wang", "rm /report.pdf --space 24010001", "one:wang")
        assert "**市场部群文件**" in card["params"]["markdown"]
        assert (await office.press("wang", card, "confirm"))["ok"]
        await office.card("wang", "one:wang", "Moved to the bin: 1 item", after=card["seq"])
        assert "/report.pdf" not in await office.paths()
        group = await office.control.read("wang", MARKETING, wait_s=0)
        assert group == [], "what was asked one-to-one is told nowhere else"


async def test_a_link_says_by_itself_where_it_leads(office: Office) -> None:
    entries = await office.control.entries("24010003")
    link = f"https://alidocs.dingtalk.com/i/nodes/{entries['/索引.xlsx']['uuid']}?utm_source=im"
    other = (await office.control.entries("24010001"))["/report.pdf"]["uuid"]
    async with office.robot():
        card = await office.say("wang", f"rm {link}", "one:wang")
        assert "**项目归档**" in card["params"]["markdown"]
        assert "/索引.xlsx" in card["params"]["markdown"]
        await office.press("wang", card, "cancel")
        both = f"rm {link} https://alidocs.dingtalk.com/i/nodes/{other}"
        assert "different spaces" in await refusal(office, "wang", both, "one:wang")
        assert "different spaces" in await refusal(office, "wang", f"rm /report.pdf {link}")
        await unharmed(office)


async def test_without_a_mention_nobody_spoke_to_the_robot(office: Office) -> None:
    async with office.robot():
        said = await office.control.say("wang", MARKETING, "删除 /report.pdf", atRobot=False)
        assert not said["delivered"]
        await unharmed(office)
        assert await cards_made(office) == 0


@pytest.mark.parametrize(
    ("language", "text", "part"),
    [
        ("zh", "rm /report.pdf", "删除 1 项"),
        ("en", "删除 /report.pdf", "Delete 1 item?"),
        ("auto", "rm /report.pdf", "Delete 1 item?"),
        ("auto", "删除 /report.pdf", "删除 1 项"),
        ("auto", "rm “/预算 2023.xlsx”", "删除 1 项"),
    ],
)
async def test_the_language_of_everything_about_a_request(
    office: Office, language: str, text: str, part: str
) -> None:
    async with office.robot(language=language):
        card = await office.say("wang", text)
        assert part in card["params"]["title"]
        chinese = "删除" in part
        refused = await office.press("zhao", card, "confirm")
        tips = refused["response"]["userPrivateData"]["cardParamMap"]["tips"]
        assert ("只有" in tips) is chinese
        assert (await office.press("wang", card, "confirm"))["ok"]
        title = "已移到回收站" if chinese else "Moved to the bin"
        await office.card("wang", MARKETING, title, after=card["seq"])
        if language != "auto":
            assert ("没听懂" in await words(office, "wang", "frobnicate")) is chinese
            assert ("没听懂" in await words(office, "wang", "不存在的命令")) is chinese
