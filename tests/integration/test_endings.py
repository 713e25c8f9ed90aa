"""How a request ends without a job: cancelled in words, too late to be cancelled, or never answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.app import utc_now
from tests.integration.office import MARKETING, REMOVE, Office
from tests.integration.proofs import in_order, unharmed, words


class Watch:
    """A clock that a test can put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


async def test_cancelling_in_words_changes_the_card(office: Office) -> None:
    async with office.robot():
        card = await office.say("wang", "删除 /report.pdf")
        request_id = card["outTrackId"].split(".")[2]
        assert "只有王小明" in await words(office, "zhao", f"取消 {request_id}")
        assert await words(office, "wang", f"取消 {request_id}") == f"{request_id} 已取消，什么都没有删。"
        closed = await office.card("wang", MARKETING, "已取消，1 项都没有删除", after=card["seq"])
        assert closed["outTrackId"] == card["outTrackId"]
        assert closed["buttons"] == []
        assert "/report.pdf" in closed["params"]["markdown"], "a finished card keeps its content"
        assert "**王小明**" in closed["params"]["markdown"]

        assert "取消" in await words(office, "wang", f"取消 {request_id}")
        late = await office.press("wang", card, "confirm", force=True)
        assert "已取消" in late["response"]["cardData"]["cardParamMap"]["title"]
        assert "王小明" in late["response"]["userPrivateData"]["cardParamMap"]["tips"]
        status = await words(office, "wang", f"状态 {request_id}")
        assert "已取消" in status
        assert "不在了" not in status
        await unharmed(office)
        assert "/report.pdf" in await office.paths()


async def test_a_button_of_cancel_ends_it_for_everybody(office: Office) -> None:
    async with office.robot():
        card = await office.say("alice", "rm /README.md", "cidEngineering==")
        pressed = await office.press("alice", card, "cancel")
        shown = pressed["response"]["cardData"]["cardParamMap"]
        assert shown["title"].startswith("Cancelled: 1 item kept")
        assert 'msgButtons": []' in shown["sys_full_json_obj"]
        other = await office.card("admin", "cidEngineering==", "Cancelled: 1 item kept")
        assert other["buttons"] == []
        await unharmed(office)


async def test_what_is_being_deleted_cannot_be_cancelled(office: Office) -> None:
    await office.control.fault(REMOVE, 0, "", delayMs=1500, count=1)
    async with office.robot():
        card = await office.say("wang", "删除 /report.pdf")
        request_id = card["outTrackId"].split(".")[2]
        assert (await office.press("wang", card, "confirm"))["ok"]
        assert "已经在删除，停不下来了" in await words(office, "wang", f"取消 {request_id}")
        pressed = await office.press("wang", card, "cancel", force=True)
        assert "停不下来了" in pressed["response"]["userPrivateData"]["cardParamMap"]["tips"]
        assert "正在删除" in pressed["response"]["cardData"]["cardParamMap"]["title"]
        assert "正在删除" in await words(office, "wang", f"状态 {request_id}")
        result = await office.card("wang", MARKETING, "已移到回收站：1 项", after=card["seq"])
        assert "已经结束，无法取消" in await words(office, "wang", f"取消 {request_id}")
        assert result["kind"] == "card"
        assert len(await office.calls(REMOVE)) == 1
        await in_order(office)


async def test_a_card_nobody_answers_expires_by_itself(office: Office) -> None:
    async with office.robot(confirm_minutes=0.01):
        card = await office.say("wang", "删除 /report.pdf")
        expired = await office.card("li", MARKETING, "已过期，1 项都没有删除", after=card["seq"])
        assert expired["outTrackId"] == card["outTrackId"]
        assert expired["buttons"] == []
        assert "没有人确认" in expired["params"]["markdown"]
        assert "什么都没有删" in expired["params"]["markdown"]
        _, _, request_id, nonce = card["outTrackId"].split(".")
        for text in (f"确认 {request_id} {nonce}", f"取消 {request_id}"):
            assert "过期了，什么都没有删" in await words(office, "wang", text)
        assert "已过期" in await words(office, "wang", f"状态 {request_id}")
        await unharmed(office)


async def test_a_click_after_its_time_is_told_so_before_any_watchman(office: Office) -> None:
    """The clock leaps (the machine slept): the click itself finds the request expired."""
    watch = Watch()
    async with office.robot(clock=watch):
        card = await office.say("wang", "删除 /report.pdf")
        watch.ahead = timedelta(minutes=30, seconds=1)
        assert (await office.press("zhao", card, "confirm"))["response"].get("cardData") is None
        pressed = await office.press("wang", card, "confirm")
        assert "已过期" in pressed["response"]["cardData"]["cardParamMap"]["title"]
        assert "过期了，什么都没有删" in pressed["response"]["userPrivateData"]["cardParamMap"]["tips"]
        await office.card("li", MARKETING, "已过期", after=card["seq"])
        await unharmed(office)


async def test_just_before_its_time_a_click_counts(office: Office) -> None:
    watch = Watch()
    async with office.robot(clock=watch):
        card = await office.say("wang", "删除 /report.pdf")
        watch.ahead = timedelta(minutes=29)
        assert (
            "正在删除"
            in (await office.press("wang", card, "confirm"))["response"]["cardData"]["cardParamMap"]["title"]
        )
        await office.card("wang", MARKETING, "已移到回收站：1 项", after=card["seq"])
        assert len(await office.calls(REMOVE)) == 1
