"""What somebody would try who wants files of others gone, or a decision to be what it was not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.models import Outcome, RequestState
from tests.integration.approvals import TWO_OF_THREE, asked, shown, stored, tips, told
from tests.integration.deletions import DELETED, QUERY, Clock, Said, agree, ask, files, until
from tests.integration.office import CREATE_CARD, MARKETING, Office
from tests.integration.proofs import in_order, unharmed, words

USER = "POST /topapi/v2/user/get"
GUARDED: list[dict[str, Any]] = [
    {"name": "Guarded", "answer": "approve", "from": ["manager"], "paths": ["/2023/drafts"]},
    {"name": "The rest", "answer": "confirm"},
]


@pytest.mark.parametrize("targets", ["/2023/drafts own.txt", "own.txt /2023/drafts", "/2023"])
async def test_nothing_slips_past_its_approvers_behind_something_else(office: Office, targets: str) -> None:
    """Named with a file of one's own, or as the folder above: neither of the two rules may let it pass."""
    async with office.robot(rules=GUARDED):
        await files(office, "own.txt")
        said = await words(office, "wang", f"删除 {targets}")
        assert "Guarded" in said
        assert "单独申请" in said
        await unharmed(office)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("permissionDenied", (Outcome.DENIED, "permissionDenied")),
        ("systemError", (Outcome.FAILED, "systemError")),
    ],
)
async def test_what_cannot_be_compared_is_not_deleted(office: Office, code: str, said: Said) -> None:
    """After a long wait every item is looked at again; an item that DingTalk says nothing of may be anything."""
    clock = Clock()
    async with office.robot(clock=clock) as app:
        ids = await files(office, "fine.txt", "other.txt")
        card = await ask(office, *ids)
        clock.advance(minutes=11)
        item = {"dentryId": ids[1], "errorCode": code}
        await office.control.ask("POST", "faults", {"route": QUERY, "item": item})
        account = await agree(office, app, card)
        assert account.results == {"/fine.txt": DELETED, "/other.txt": said}
        assert "/other.txt" in await office.paths()


async def test_a_clock_that_was_set_back_does_not_make_an_old_card_young(office: Office) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        (file_id,) = await files(office, "moved.txt")
        card = await ask(office, file_id)
        clock.advance(hours=-1)
        account = await agree(office, app, card)
        assert account.said == {DELETED}
        assert len(account.made(QUERY)) == 1


async def test_contacts_that_dawdle_at_every_question_make_no_click_late(office: Office) -> None:
    clock = Clock()
    async with office.robot(rules=None, clock=clock):
        both = await asked(office)
        clock.advance(seconds=61)
        await office.control.ask("POST", "faults", {"route": USER, "delayMs": 1200})
        pressed = await office.press("li", both.approval, "approve")
        assert pressed["elapsedMs"] < 2000
        assert tips(pressed)
        await office.control.ask("DELETE", "faults")
        await unharmed(office)


async def test_a_requester_who_left_gets_nothing_approved_and_the_attempt_is_on_record(
    office: Office,
) -> None:
    clock = Clock()
    async with office.robot(rules=None, clock=clock) as app:
        both = await asked(office)
        await office.control.ask("POST", "people/wang", {"left": True})
        clock.advance(seconds=61)
        assert tips(await office.press("li", both.approval, "approve", force=True))
        events = [r async for r in app.store.audit.records(request_id=both.request_id)]
        assert [(r.actor, r.details["reason"]) for r in events if r.event == "decision.refused"] == [
            ("li", "unchecked")
        ]
        assert await office.calls("batchRemove") == []


async def test_one_person_in_two_sets_is_one_and_the_fallback_is_asked(office: Office) -> None:
    """li is wang's manager and the head of his department: two words of a rule, and one approval."""
    rules = [
        {
            "name": "Two",
            "answer": "approve",
            "approvals": 2,
            "from": ["manager", "heads"],
            "fallback": ["admins"],
        }
    ]
    async with office.robot(rules=rules) as app:
        both = await asked(office)
        assert {person.user_id for person in (await stored(app, both)).asked} == {"li", "admin"}
        await office.press("li", both.approval, "approve")
        await office.press("li", both.approval, "approve", force=True)
        assert (await stored(app, both)).state is RequestState.AWAITING_APPROVAL
        await office.press("admin", both.approval, "approve")
        await office.card("wang", MARKETING, "已移到回收站")


async def test_what_was_said_to_have_failed_does_not_run_after_all(office: Office) -> None:
    """A rule that asks nobody, and a card that nobody could be shown: the answer was that it did not work."""
    rules = [{"name": "At once", "answer": "run", "permanent": False}]
    async with office.robot(rules=rules) as app:
        (file_id,) = await files(office, "kept.txt")
        for route in (CREATE_CARD, "POST /robot/sendBySession"):
            fault = {"route": route, "status": 403, "code": "Forbidden.AccessDenied", "count": 2}
            await office.control.ask("POST", "faults", fault)
        await office.control.say("wang", MARKETING, f"rm {file_id}")

        async def ended() -> bool:
            return bool(await app.store.requests.in_states({RequestState.CANCELLED}))

        await until(ended)
        await app.services.lifecycle.heal()
        await asyncio.sleep(0.3)
        assert await office.calls("batchRemove") == []
        assert "/kept.txt" in await office.paths()


async def test_others_are_asked_although_the_contacts_were_away_when_it_was_time(office: Office) -> None:
    clock = Clock()
    rules = [
        {
            "name": "Then the admin",
            "answer": "approve",
            "from": ["user:li"],
            "escalate_after": "2 hours",
            "escalate_to": ["user:admin"],
            "remind_after": False,
        }
    ]
    async with office.robot(rules=rules, clock=clock) as app:
        both = await asked(office)
        fault = {"route": USER, "status": 200, "body": {"errcode": -1, "errmsg": "busy"}}
        await office.control.ask("POST", "faults", fault)
        clock.advance(hours=2)
        app.services.lifecycle.made.set()

        async def tried() -> bool:
            return bool((await stored(app, both)).escalate_at != both_at)

        both_at = (await stored(app, both)).escalate_at
        await until(tried)
        assert not (await stored(app, both)).escalated
        await office.control.ask("DELETE", "faults")
        clock.advance(seconds=61)
        app.services.lifecycle.made.set()
        await told(office, "admin", both.request_id)

        async def noted() -> bool:
            return [person.user_id for person in (await stored(app, both)).asked] == ["li", "admin"]

        await until(noted)
        await office.press("admin", both.approval, "approve", force=True)
        await office.card("wang", MARKETING, "已移到回收站")
        await in_order(office)


async def test_a_crash_behind_a_vote_makes_no_end_of_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was to follow is healed: the cards say how far it is, and nobody is told that something ended."""
    async with office.robot(rules=TWO_OF_THREE) as app:
        both = await asked(office)
        with monkeypatch.context() as crash:
            crash.setattr(app.services.lifecycle, "spread", lambda *_: None)
            await office.press("zhao", both.approval, "approve")
        await app.services.lifecycle.heal()
        await shown(office, "wang", MARKETING, both.card, "赵同事")

        async def healed() -> bool:
            return not await app.store.requests.untold()

        await until(healed)
        assert await office.control.read("wang", "one:wang", wait_s=0) == []


async def test_a_list_altered_in_the_database_is_not_carried_out(office: Office) -> None:
    """Whoever can write there can put another file into an approved list; the digest that was shown tells."""
    async with office.robot(rules=None) as app:
        both = await asked(office)
        assert await asyncio.to_thread(_alter_lists, office.settings().database_url)
        await office.press("li", both.approval, "approve")
        card = await office.card("wang", MARKETING, "没有删除")
        assert "清单" in card["params"]["markdown"]
        assert await office.calls("batchRemove") == []
        assert (await stored(app, both)).state is RequestState.FAILED


def _alter_lists(database_url: str) -> int:
    engine = create_engine(database_url.replace("sqlite+aiosqlite", "sqlite"))
    altered = "replace(CAST(dentry AS text), '/2023/drafts', '/2023/others')"
    if engine.dialect.name == "postgresql":
        altered = f"CAST({altered} AS json)"
    change = text(f"UPDATE manifest_entries SET dentry = {altered}")  # noqa: S608  nobody else's words
    with engine.begin() as connection:
        changed = connection.execute(change).rowcount
    engine.dispose()
    return changed
