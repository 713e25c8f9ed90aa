"""The clocks of a request that waits: reminders, others asked in addition, and decisions too old to be carried out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.app import App
from bot.models import Operator, RequestState, Vote
from bot.store import Store
from tests.integration.approvals import asked, now, shown, stored, tips, told
from tests.integration.deletions import Clock
from tests.integration.office import MARKETING, Office
from tests.integration.proofs import unharmed

SLOW: list[dict[str, Any]] = [
    {
        "name": "Slow",
        "answer": "approve",
        "from": ["manager"],
        "decide_within": "3 days",
        "remind_after": "4 hours",
        "escalate_after": "10 hours",
        "escalate_to": ["user:admin"],
    }
]
NOON = datetime(2026, 8, 3, 4, tzinfo=UTC)
"""In Shanghai; by then most of the working day is ahead."""


class Wall(Clock):
    """A clock that stands at a time of the day of the test's choice until it is moved."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self.start = start

    def __call__(self) -> datetime:
        return self.start + self.ahead


def strike(app: App, clock: Clock, **by: float) -> None:
    """Time goes by, and the robot's watch looks at its clock."""
    clock.advance(**by)
    app.services.lifecycle.made.set()


async def test_those_asked_are_reminded_with_growing_pauses(office: Office) -> None:
    clock = Wall(NOON)
    async with office.robot(rules=SLOW, clock=clock) as app:
        both = await asked(office)
        strike(app, clock, hours=4, seconds=1)
        first = await told(office, "li", both.request_id)
        code = (await stored(app, both)).nonce
        assert f"批准 {both.request_id} {code}" in first["text"]
        assert f"驳回 {both.request_id}" in first["text"]
        again = (await stored(app, both)).remind_at
        assert again
        assert again - clock() == timedelta(hours=8)
        strike(app, clock, hours=8, seconds=1)
        await office.until(
            "li", "one:li", first["seq"], lambda m: m["kind"] == "markdown" and both.request_id in m["text"]
        )
        assert (await stored(app, both)).reminded == 2
        await office.press("li", both.approval, "reject")
        assert await office.calls("batchRemove") == []


async def test_nobody_is_woken_at_night(office: Office) -> None:
    clock = Wall(NOON + timedelta(hours=6))
    async with office.robot(rules=SLOW, clock=clock, quiet_hours="20:00-08:00") as app:
        both = await asked(office)
        strike(app, clock, hours=4, seconds=1)  # 22:00
        await office.control.say("li", "one:li", "ping")
        pong = await office.answer("li", "one:li", after=0)
        assert both.request_id not in pong.get("text", "")
        put_off = (await stored(app, both)).remind_at
        while put_off == NOON + timedelta(hours=10):
            put_off = (await stored(app, both)).remind_at
        assert put_off == NOON + timedelta(hours=20), "at eight in the morning"
        strike(app, clock, hours=10)
        await told(office, "li", both.request_id)
        assert (await stored(app, both)).reminded == 1


async def test_others_are_asked_when_nobody_answers(office: Office) -> None:
    clock = Wall(NOON)
    async with office.robot(rules=SLOW, clock=clock) as app:
        both = await asked(office)
        early = await office.press("admin", both.approval, "approve", force=True)
        assert "cardData" not in early["response"]
        strike(app, clock, hours=10, seconds=1)
        copy = await shown(office, "admin", "one:admin", both.approval, "王小明")
        assert {button["id"] for button in copy["buttons"]} == {"approve", "reject", "details"}
        await told(office, "admin", both.request_id)
        await shown(office, "wang", MARKETING, both.card, "Admin")
        await office.press("admin", both.approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站")
        for who in ("li", "admin"):
            final = await shown(office, who, f"one:{who}", both.approval, "已移到回收站")
            assert "Admin" in final["params"]["markdown"]
            assert final["buttons"] == []


async def test_a_decision_that_nobody_carried_out_in_time_expires(office: Office) -> None:
    """The robot was away between the approval and the job: what was agreed to an hour and more ago is not done."""
    clock = Clock()
    async with office.robot(rules=None, clock=clock):
        both = await asked(office)
    async with Store(office.settings().database_url) as store:
        request = await store.requests.get(both.request_id)
        assert request
        li = Operator(corp_id="dingcorpsandbox", user_id="li", union_id="liUnionId", name="李经理")
        approved = await store.votes.cast(
            request.id,
            Vote(operator=li, approves=True, at=clock()),
            entitled=["li"],
            run_before=clock() + timedelta(hours=1),
        )
        assert approved
        assert approved.state is RequestState.APPROVED
    clock.advance(hours=1, seconds=5)
    async with office.robot(rules=None, clock=clock) as app:
        await told(office, "wang", both.request_id)
        final = await shown(office, "wang", MARKETING, both.card, "已过期")
        assert "李经理" in final["params"]["markdown"]
        assert (await stored(app, both)).state is RequestState.EXPIRED
        await unharmed(office)
    assert (await now(office, "li", both.approval))["buttons"] == []


@pytest.mark.parametrize("ends", ["at the deadline", "a moment before"])
async def test_the_deadline_is_sharp(office: Office, ends: str) -> None:
    clock = Wall(NOON)
    async with office.robot(rules=SLOW, clock=clock) as app:
        both = await asked(office)
        deadline = (await stored(app, both)).expires_at
        left = deadline - clock() - (timedelta(seconds=1) if ends == "a moment before" else timedelta())
        clock.advance(seconds=left.total_seconds())
        pressed = await office.press("li", both.approval, "approve")
        if ends == "at the deadline":
            assert "过期" in tips(pressed)
            await unharmed(office)
        else:
            await office.card("wang", MARKETING, "已移到回收站")
