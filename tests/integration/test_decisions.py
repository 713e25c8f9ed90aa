"""Clicks on a request's card: who may decide, that a decision counts once, and what everybody else is told."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.integration.office import MARKETING, REMOVE, Json, Message, Office
from tests.integration.proofs import in_order, unharmed, words

ASK = "删除 /report.pdf --reason 清理"


def private_words(pressed: Json) -> str:
    """What the answer to a click shows to its clicker alone; it must show nothing to others."""
    assert pressed["ok"], pressed
    assert "cardData" not in pressed["response"]
    return str(pressed["response"]["userPrivateData"]["cardParamMap"]["tips"])


def new_title(pressed: Json) -> str:
    """The title that the answer to a click gives the card."""
    assert pressed["ok"], pressed
    return str(pressed["response"]["cardData"]["cardParamMap"]["title"])


async def asked(office: Office, text: str = ASK) -> Message:
    card = await office.say("wang", text)
    assert card["kind"] == "card", card
    return card


async def seen(office: Office, who: str, card: Message) -> Message:
    """The card as this person sees it now."""
    messages = await office.control.read(who, MARKETING)
    return next(dict(m) for m in messages if m.get("outTrackId") == card["outTrackId"])


async def shown(office: Office, card: Message, title: str) -> None:
    """Wait until this card, not one of an earlier request, says it."""
    await office.until(
        "wang",
        MARKETING,
        card["seq"],
        lambda m: m.get("outTrackId") == card["outTrackId"] and title in m["params"]["title"],
    )


async def test_a_stranger_s_click_is_refused_for_him_alone(office: Office) -> None:
    async with office.robot():
        card = await asked(office)
        for button in ("confirm", "cancel", "confirm"):
            refused = private_words(await office.press("zhao", card, button))
            assert refused == "只有王小明可以确认或取消这次删除。"
        assert (await seen(office, "zhao", card))["params"]["tips"].startswith("只有王小明")
        for other in ("wang", "li"):
            now = await seen(office, other, card)
            assert (now["params"], now["buttons"]) == (card["params"], card["buttons"])
        told = await office.answer("zhao", "one:zhao", after=0)
        assert told["text"] == "只有王小明可以确认或取消这次删除。"
        await unharmed(office)
        messages = await office.control.read("zhao", "one:zhao")
        assert len(messages) == 1, "once for each person, card and reason"

        assert "正在删除" in new_title(await office.press("wang", card, "confirm"))
        await office.card("wang", MARKETING, "已移到回收站", after=card["seq"])
        await in_order(office)


async def test_clicks_that_mean_nothing_are_refused(office: Office) -> None:
    """An unknown card, a foreign organisation, an unknown button; each acknowledged, none with an effect."""
    async with office.robot():
        card = await asked(office)
        track_id = card["outTrackId"]
        guessed = (
            "nonsense",
            "",
            "dingsweep.request.ZZZZ.00000000",
            track_id[:-1],
            track_id + "x",
            "x" * 5000,
        )
        for unknown in guessed:
            pressed = await office.control.press("wang", unknown, "confirm", force=True)
            assert pressed["ok"], pressed
            if unknown and len(unknown) < 512:
                assert "这张卡片已经失效" in private_words(pressed)
        foreign = await office.press("sun", card, "confirm")
        assert "只有本组织的成员" in private_words(foreign)
        disguised = await office.press("wang", card, "confirm", overrides={"corpId": "dingcorpother"})
        assert "只有本组织的成员" in private_words(disguised)
        for button in ("approve", "undo", "", "CONFIRM", "confirmed", "x" * 5000):
            pressed = await office.press("wang", card, button, force=True)
            assert "按钮" in private_words(pressed), button
        for overrides in (
            {"content": "{"},
            {"content": None},
            {"userId": ""},
            {"type": "other"},
            {"outTrackId": 7},
        ):
            pressed = await office.press("wang", card, "confirm", overrides=overrides)
            assert pressed["ok"], (overrides, pressed)
        await office.press("zhao", card, "details", overrides={"userId": "nobodyAtAll"})
        await unharmed(office)
        assert (await seen(office, "li", card))["params"] == card["params"]


@pytest.mark.parametrize("shape", ["params", "actionIds", "both"])
async def test_the_button_is_found_wherever_its_id_stands(office: Office, shape: str) -> None:
    async with office.robot():
        card = await asked(office)
        assert "已取消" in new_title(await office.press("wang", card, "cancel", shape=shape))


async def test_the_click_names_the_button_and_nothing_else(office: Office) -> None:
    """Whatever else stands in it (another request, another space, no bin) comes from the sender and is not read."""
    async with office.robot():
        card = await asked(office)
        other = await asked(office, "删除 /客户名单.xlsx")
        params = {"request": other["outTrackId"].split(".")[2], "toRecycleBin": "false", "dentryIds": '["1"]'}
        assert "正在删除 1 项" in new_title(await office.press("wang", card, "confirm", params=params))
        await office.card("wang", MARKETING, "已移到回收站", after=other["seq"])
        [removal] = await office.calls(REMOVE)
        assert removal["request"]["option"] == {"toRecycleBin": True}
        paths = await office.paths()
        assert "/report.pdf" not in paths
        assert "/客户名单.xlsx" in paths
        assert (await seen(office, "li", other))["params"] == other["params"]


async def test_two_presses_at_once_are_one_decision(office: Office) -> None:
    async with office.robot():
        card = await asked(office)
        both = await asyncio.gather(*(office.press("wang", card, "confirm") for _ in range(4)))
        assert all(pressed["ok"] for pressed in both), both
        assert {new_title(pressed)[:4] for pressed in both} <= {"正在删除", "已移到回"}
        result = await office.card("wang", MARKETING, "已移到回收站：1 项", after=card["seq"])
        await office.card("wang", MARKETING, "已移到回收站：1 项", after=result["seq"])
        await words(office, "wang", "ping")
        assert len(await office.calls(REMOVE)) == 1
        assert len(await office.calls("createAndDeliver")) == 2, "one question, one result"
        await in_order(office)

        late = await office.press("wang", card, "confirm", force=True)
        assert "已移到回收站" in new_title(late), "the card is still the finished one"
        tips = late["response"]["userPrivateData"]["cardParamMap"]["tips"]
        assert "王小明" in tips, "who decided, and when"
        late = await office.press("wang", card, "cancel", force=True)
        assert "无法取消" in late["response"]["userPrivateData"]["cardParamMap"]["tips"]
        assert "只有王小明" in private_words(await office.press("zhao", card, "confirm", force=True))
        await words(office, "wang", "ping")
        assert len(await office.calls(REMOVE)) == 1


async def test_a_click_that_arrives_twice_is_not_spoken_of(office: Office) -> None:
    """DingTalk may deliver a click twice: the second finds what its own person has decided."""
    await office.control.ask("POST", "faults", {"kind": "callbackTwice", "count": 1})
    async with office.robot():
        card = await asked(office)
        assert "正在删除" in new_title(await office.press("wang", card, "confirm"))
        await office.card("wang", MARKETING, "已移到回收站：1 项", after=card["seq"])
        late = await office.press("wang", card, "cancel", force=True)
        tips = late["response"]["userPrivateData"]["cardParamMap"]["tips"]
        assert "**" not in tips, "the line knows no Markdown"
        alone = await office.control.read("wang", "one:wang")
        assert ["无法取消" in message["text"] for message in alone] == [True], (
            "only the other decision is spoken of"
        )


async def test_of_confirm_and_cancel_at_once_exactly_one_wins(office: Office) -> None:
    rounds = 6
    names = [f"/race{n}.txt" for n in range(rounds)]
    await office.control.create("24010001", *({"path": name, "creator": "wang"} for name in names))
    won: Counter[str] = Counter()
    async with office.robot():
        for number, name in enumerate(names):
            card = await asked(office, f"删除 {name}")
            buttons = ["confirm", "cancel"] if number % 2 else ["cancel", "confirm"]
            # forced: the second press left before its button was gone
            presses = (office.press("wang", card, button, force=True) for button in buttons)
            answers = await asyncio.gather(*presses)
            cancelled = {"已取消" in new_title(answer) for answer in answers}
            assert len(cancelled) == 1, "both answers tell the same end"
            title = "已取消" if cancelled.pop() else "已移到回收站"
            won[title] += 1
            await shown(office, card, title)
        paths = await office.paths()
        assert len(set(names) & paths) == won["已取消"]
        assert len(await office.calls(REMOVE)) == rounds - won["已取消"]
        await in_order(office)


async def test_a_typed_confirmation_needs_the_nonce_of_the_card(office: Office) -> None:
    async with office.robot():
        card = await asked(office)
        _, _, request_id, nonce = card["outTrackId"].split(".")
        wrong = [
            f"确认 {request_id}",
            f"确认 {request_id} 00000000",
            f"确认 {request_id} {nonce[:-1]}",
            f"取消 {request_id} x",
        ]
        for text in wrong:
            assert "验证码缺了或不对" in await words(office, "wang", text), text
        assert "只有王小明可以确认" in await words(office, "zhao", f"确认 {request_id} {nonce}")
        await unharmed(office)

        reply = await words(office, "wang", f"确认 #{request_id.lower()} {nonce}")
        assert "正在把 1 项移到回收站" in reply
        await office.card("wang", MARKETING, "已移到回收站：1 项", after=card["seq"])
        assert "王小明" in await words(office, "wang", f"确认 {request_id} {nonce}")
        assert len(await office.calls(REMOVE)) == 1
