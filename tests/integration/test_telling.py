"""The commands that only tell: ls, status, details."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.integration.office import ENGINEERING, MARKETING, MARKETING_SPACE, Office
from tests.integration.proofs import refusal, unharmed, words

MOMENT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


async def test_lists(office: Office) -> None:
    async with office.robot():
        root = await words(office, "wang", "列表")
        assert "**/** 里有 24 项" in root
        assert "📁 2023" in root
        assert "📄 report.pdf · 12.4 MB" in root
        drafts = await words(office, "wang", "ls /2023/drafts")
        assert "5 items in **/2023/drafts**" in drafts
        assert await words(office, "wang", "列表 /空文件夹") == "**/空文件夹** 是空的。"
        assert "poster-v1.png" in await words(office, "wang", "ls 2023/drafts/")
        assert "索引.xlsx" in await words(office, "wang", "ls / --space 24010003")
        by_id = (await office.control.entries(MARKETING_SPACE))["/2023/drafts"]["id"]
        assert await words(office, "wang", f"ls {by_id}") == drafts
        assert "is a file" in await refusal(office, "wang", "ls /report.pdf/x")
        assert "is a file" in await refusal(office, "wang", "ls /report.pdf")
        await unharmed(office)


async def test_a_long_list_is_one_message_with_a_count(office: Office) -> None:
    names = [
        {"path": f"/long/{n:03}{'很长的名字' * 20}.txt", "size": 1, "creator": "wang"} for n in range(200)
    ]
    await office.control.create(MARKETING_SPACE, *names)
    async with office.robot():
        listed = await words(office, "wang", "ls /long")
        assert "200 items in **/long**" in listed
        shown = listed.count("📄")
        assert 0 < shown < 200
        assert f"… and {200 - shown} more" in listed
        assert len(listed.encode()) < 15_000
        await unharmed(office)


async def test_status_tells_a_group_its_requests_and_a_person_their_own(office: Office) -> None:
    async with office.robot():
        assert "没有" in await words(office, "wang", "状态")
        first = (await office.say("wang", "删除 /report.pdf --reason 季度清理"))["outTrackId"].split(".")[2]
        second = (await office.say("zhao", "rm /客户名单.xlsx"))["outTrackId"].split(".")[2]
        listed = await words(office, "li", "状态")
        assert listed.index(second) < listed.index(first), "the newest first"
        assert "等待确认" in listed
        assert first not in await words(office, "alice", "status", ENGINEERING)
        mine = await words(office, "wang", "status", "one:wang")
        assert first in mine
        assert second not in mine

        one = await words(office, "li", f"状态 {first.lower()}")
        assert "**王小明**" in one
        assert "季度清理" in one
        for who, where in (("zhao", "one:zhao"), ("alice", ENGINEERING)):
            assert "look where it was asked" in await words(office, who, f"status {first}", where)
            assert "look where it was asked" in await words(office, who, f"details {first}", where)
        assert first in await words(office, "wang", f"status {first}", ENGINEERING), "one's own, everywhere"
        await unharmed(office)


async def test_details_come_one_to_one_and_in_pages(office: Office) -> None:
    names = [f"/pages/{n:03}{'很长的名字' * 20}.txt" for n in range(120)]
    await office.control.create(MARKETING_SPACE, *({"path": name, "creator": "wang"} for name in names))
    async with office.robot(clock=lambda: MOMENT):
        card = await office.say("wang", "删除 /pages")
        request_id = card["outTrackId"].split(".")[2]
        for _ in range(3):
            pressed = await office.press("li", card, "details")
            assert "私聊" in pressed["response"]["userPrivateData"]["cardParamMap"]["tips"]
            assert "cardData" not in pressed["response"]
        pages = [await office.answer("li", "one:li", after=0)]
        of = int(pages[0]["text"].split("\n")[0].rsplit("/", 1)[-1].strip(" 页"))
        while len(pages) < of:
            pages.append(await office.answer("li", "one:li", after=pages[-1]["seq"]))
        shown = "".join(page["text"] for page in pages)
        assert all(name in shown for name in names)
        assert shown.count("/001很") == 1, "pressed three times, sent once"

        assert await words(office, "wang", f"明细 {request_id}") == f"{request_id} 的明细已经私聊发给你。"
        typed = await office.answer("wang", "one:wang", after=0)
        assert typed["text"] == pages[0]["text"]
        while typed["text"] != pages[-1]["text"]:
            typed = await office.answer("wang", "one:wang", after=typed["seq"])
        assert await words(office, "wang", f"明细 {request_id} {of}", "one:wang") == pages[-1]["text"]
        assert f"一共 {of} 页" in await words(office, "wang", f"明细 {request_id} 99")
        assert all(len(page["text"].encode()) < 15_000 for page in pages)
        await unharmed(office)


async def test_details_after_the_job_tell_what_became_of_each(office: Office) -> None:
    async with office.robot():
        card = await office.say("wang", '删除 /report.pdf "/只读 合规声明.pdf" /客户名单.xlsx')
        request_id = card["outTrackId"].split(".")[2]
        await office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"remove": [{"path": "/report.pdf"}]})
        assert (await office.press("wang", card, "confirm"))["ok"]
        await office.until(
            "wang",
            MARKETING,
            card["seq"],
            lambda m: m["kind"] == "card" and m["outTrackId"] != card["outTrackId"],
        )
        told = await words(office, "wang", f"明细 {request_id}", "one:wang")
        [gone] = [line for line in told.split("\n") if "/report.pdf" in line]
        assert "不在" in gone
