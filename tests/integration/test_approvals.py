"""A manager decides: who is asked, who may, what everybody sees of it, and what is done then."""

from __future__ import annotations

import asyncio
from collections import Counter

from bot.models import RequestState
from tests.integration.approvals import (
    ANY_OF_TWO,
    ASK,
    TWO_OF_THREE,
    asked,
    now,
    shown,
    stored,
    tips,
    title,
    told,
)
from tests.integration.deletions import Clock, files, last_call
from tests.integration.office import CREATE_CARD, MARKETING, REMOVE, Office
from tests.integration.proofs import in_order, unharmed, words


async def test_a_manager_approves_and_everybody_sees_the_end(office: Office) -> None:
    async with office.robot(rules=None) as app:
        both = await asked(office)
        assert "李经理" in both.card["params"]["markdown"], "the group sees who is asked"
        assert {b["id"] for b in both.card["buttons"]} == {"cancel", "details"}
        assert [b["id"] for b in both.approval["buttons"]] == ["approve", "reject", "details"]
        for part in ("王小明", "/2023/drafts", "季度清理", "市场部群文件"):
            assert part in both.approval["params"]["title"] + both.approval["params"]["markdown"]
        others = await office.control.read("zhao", "one:zhao", wait_s=0)
        assert others == []
        assert await office.calls("batchRemove") == []

        pressed = await office.press("li", both.approval, "approve")
        assert "李经理" in pressed["response"]["cardData"]["cardParamMap"]["markdown"]
        result = await office.card("wang", MARKETING, "已移到回收站")
        assert "李经理" in result["params"]["markdown"]
        assert (await office.card("wang", "one:wang", "已移到回收站"))["outTrackId"] == result["outTrackId"]
        for who, where, card in (("wang", MARKETING, both.card), ("li", "one:li", both.approval)):
            final = await shown(office, who, where, card, "已移到回收站")
            assert final["buttons"] == []
            assert "李经理" in final["params"]["markdown"]
        assert (await office.calls("batchRemove"))[0]["query"]["unionId"] == "wangUnionId"
        assert "/2023/drafts" not in await office.paths()
        assert (await stored(app, both)).votes[0].operator.name == "李经理"
        await in_order(office)


async def test_a_rejection_ends_it_and_its_reason_may_come_later(office: Office) -> None:
    async with office.robot(rules=None):
        both = await asked(office)
        assert "驳回" in title(await office.press("li", both.approval, "reject"))
        await shown(office, "wang", MARKETING, both.card, "驳回")
        await told(office, "wang", "驳回")
        question = await told(office, "li", f"驳回 {both.request_id}")
        assert "理由" in question["text"]
        await office.say("li", f"驳回 {both.request_id} 还在用", "one:li")
        await told(office, "wang", "还在用")
        for who, where, card in (("wang", MARKETING, both.card), ("li", "one:li", both.approval)):
            await shown(office, who, where, card, "还在用")
        again = await words(office, "li", f"驳回 {both.request_id} 别的", "one:li")
        assert "还在用" not in (await now(office, "li", both.approval))["params"]["title"]
        assert again
        late = await office.press("wang", both.card, "cancel", force=True)
        assert "李经理" in tips(late)
        await unharmed(office)


async def test_only_those_asked_may_decide(office: Office) -> None:
    async with office.robot(rules=None):
        both = await asked(office)
        for who in ("zhao", "admin", "wang", "alice"):
            for button in ("approve", "reject"):
                refused = await office.press(who, both.approval, button, force=True)
                assert tips(refused)
                assert "cardData" not in refused["response"], who
        foreign = await office.press("li", both.approval, "approve", overrides={"corpId": "dingcorpother"})
        assert "只有本组织的成员" in tips(foreign)
        wrong_card = await office.press("li", both.card, "approve", force=True)
        assert "按钮" in tips(wrong_card)
        assert await words(office, "zhao", f"批准 {both.request_id} deadbeef", "one:zhao")
        assert await words(office, "wang", f"批准 {both.request_id} deadbeef", "one:wang")
        await unharmed(office)


async def test_the_same_by_text(office: Office) -> None:
    async with office.robot(rules=None) as app:
        both = await asked(office)
        without = await words(office, "li", f"批准 {both.request_id}", "one:li")
        assert "批准" in without
        code = (await stored(app, both)).nonce
        yes = await words(office, "li", f"批准 {both.request_id} {code}", "one:li")
        assert both.request_id in yes
        await office.card("wang", MARKETING, "已移到回收站")
        again = await words(office, "li", f"驳回 {both.request_id} 等等", "one:li")
        assert "李经理" in again


async def test_two_of_three(office: Office) -> None:
    async with office.robot(rules=TWO_OF_THREE) as app:
        both = await asked(office)
        assert "1" in tips(await office.press("zhao", both.approval, "approve"))
        await shown(office, "wang", MARKETING, both.card, "赵同事")
        assert (await stored(app, both)).state is RequestState.AWAITING_APPROVAL
        twice = await office.press("zhao", both.approval, "approve")
        assert twice["ok"]
        assert len((await stored(app, both)).votes) == 1
        await office.press("admin", both.approval, "approve")
        result = await office.card("wang", MARKETING, "已移到回收站")
        assert "赵同事" in result["params"]["markdown"]
        assert "Admin" in result["params"]["markdown"]
        late = await office.press("li", both.approval, "reject", force=True)
        assert tips(late)
        assert len(await office.calls("batchRemove")) == 1


async def test_one_rejection_ends_a_vote_of_several(office: Office) -> None:
    async with office.robot(rules=TWO_OF_THREE) as app:
        both = await asked(office)
        await office.press("zhao", both.approval, "approve")
        await office.press("li", both.approval, "reject")
        late = await office.press("admin", both.approval, "approve", force=True)
        assert "李经理" in tips(late)
        assert (await stored(app, both)).state is RequestState.REJECTED
        await shown(office, "zhao", "one:zhao", both.approval, "驳回")
        await unharmed(office)


async def test_the_requester_may_cancel_while_it_waits(office: Office) -> None:
    async with office.robot(rules=None):
        both = await asked(office)
        assert "取消" in title(await office.press("wang", both.card, "cancel"))
        final = await shown(office, "li", "one:li", both.approval, "取消")
        assert final["buttons"] == []
        late = await office.press("li", both.approval, "approve", force=True)
        assert "王小明" in tips(late)
        await unharmed(office)


async def test_somebody_who_left_decides_nothing(office: Office) -> None:
    clock = Clock()
    async with office.robot(rules=None, clock=clock):
        both = await asked(office)
        await office.control.ask("POST", "people/li", {"left": True})
        clock.advance(seconds=61)
        refused = await office.press("li", both.approval, "approve", force=True)
        assert tips(refused)
        await unharmed(office)


async def test_a_vote_of_somebody_who_left_since_does_not_count(office: Office) -> None:
    clock = Clock()
    async with office.robot(rules=TWO_OF_THREE, clock=clock) as app:
        both = await asked(office)
        await office.press("zhao", both.approval, "approve")
        await office.control.ask("POST", "people/zhao", {"left": True})
        clock.advance(seconds=61)
        await office.press("li", both.approval, "approve")
        assert (await stored(app, both)).state is RequestState.AWAITING_APPROVAL
        await office.press("admin", both.approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站")


async def test_nobody_to_ask_is_said_at_once(office: Office) -> None:
    rules = [{"name": "Nobody", "answer": "approve", "from": ["user:wang"], "fallback": ["user:ghost"]}]
    async with office.robot(rules=rules):
        said = await words(office, "wang", ASK)
        assert said
        await unharmed(office)


async def test_a_decision_that_cannot_be_checked_is_none(office: Office) -> None:
    clock = Clock()
    async with office.robot(rules=None, clock=clock):
        both = await asked(office)
        clock.advance(seconds=61)
        await office.control.ask("POST", "faults", {"route": "POST /topapi/v2/user/get", "delayMs": 5000})
        pressed = await office.press("li", both.approval, "approve")
        assert pressed["elapsedMs"] < 2000
        assert tips(pressed)
        await office.control.ask("DELETE", "faults")
        await unharmed(office)
        await office.press("li", both.approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站")


async def test_time_runs_out_for_the_decision_and_for_the_job(office: Office) -> None:
    clock = Clock()
    async with office.robot(rules=None, clock=clock) as app:
        both = await asked(office)
        clock.advance(hours=24, seconds=1)
        late = await office.press("li", both.approval, "approve")
        assert "已过期" in title(late)
        await told(office, "wang", "过期")
        await shown(office, "wang", MARKETING, both.card, "已过期")
        assert (await stored(app, both)).state is RequestState.EXPIRED
        await unharmed(office)


async def test_fifty_clicks_at_once_are_one_decision(office: Office) -> None:
    async with office.robot(rules=ANY_OF_TWO) as app:
        both = await asked(office)
        people = ["li", "admin", "zhao", "wang", "qian"] * 10
        pressed = await asyncio.gather(
            *(office.press(who, both.approval, "approve", force=True) for who in people)
        )
        assert any(each["ok"] for each in pressed)
        await office.card("wang", MARKETING, "已移到回收站")
        assert len([c for c in await office.calls("batchRemove") if c["route"] == REMOVE]) == 1
        assert len((await stored(app, both)).votes) == 1
        await in_order(office)


async def test_what_an_approval_of_fifty_files_costs(office: Office) -> None:
    """Two calls to look, two to ask, one to delete, one for the result, two to close the cards."""
    async with office.robot(rules=ANY_OF_TWO) as app:
        warm = await asked(office, f"rm {(await files(office, 'warm.txt'))[0]}")
        await office.press("wang", warm.card, "cancel")
        await shown(office, "li", "one:li", warm.approval, "Cancelled")
        names = [f"{number}.txt" for number in range(50)]
        both = await asked(
            office, f"rm {' '.join(await files(office, *names))}", after=await last_call(office)
        )
        await office.press("li", both.approval, "approve")
        await shown(office, "li", "one:li", both.approval, "Moved to the bin")
        assert (await stored(app, both)).state is RequestState.DONE
        calls = (await office.control.ask("GET", "calls", after=both.after))["calls"]
        counted = Counter(call["route"] for call in calls if call["counted"])
        assert counted == {
            "POST /v1.0/storage/spaces/{spaceId}/dentries/query": 2,
            CREATE_CARD: 3,
            REMOVE: 1,
            "PUT /v1.0/card/instances": 2,
        }
