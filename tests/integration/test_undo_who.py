"""Who may take a deletion back, where it is asked, and what others see of it."""

from __future__ import annotations

import asyncio

from bot.deletion.problems import UndoRefused
from bot.models import RestoreOutcome
from tests.integration.approvals import asked, tips
from tests.integration.deletions import Clock, delete, files, until
from tests.integration.office import MARKETING, Office
from tests.integration.proofs import in_order, unharmed, words
from tests.integration.undoing import RESTORE, confirm, question, undo

APPROVED = [{"name": "Manager", "answer": "approve", "from": ["manager"]}]
BACK = RestoreOutcome.RESTORED


async def test_whoever_approved_it_may_undo_it_and_others_may_not(office: Office) -> None:
    """With their own rights: DingTalk decides whether they may manage what lay there."""
    async with office.robot(rules=APPROVED) as app:
        await files(office, "a.txt", "b.txt")
        both = await asked(office, "rm /a.txt /b.txt")
        await office.press("li", both.approval, "approve")
        result = await office.card("wang", MARKETING, "Moved", after=both.card["seq"])
        refused = await office.press("zhao", result, "undo")
        assert "Only 王小明 and 李经理 can undo" in tips(refused)
        assert "Only 王小明 and 李经理" in await words(office, "zhao", f"undo {both.request_id}")
        pressed = await office.press("li", result, "undo")
        assert both.request_id in tips(pressed)
        card = await office.card("li", MARKETING, "Restore", after=result["seq"])
        assert "李经理" in card["params"]["markdown"]
        late = await office.press("wang", card, "confirm")
        assert "Only 李经理 can confirm" in tips(late)
        undone = await confirm(office, app, card, who="li")
        assert undone.outcomes == {"/a.txt": BACK, "/b.txt": BACK}
        assert undone.made(RESTORE)[0]["query"]["unionId"] == "liUnionId"
        await in_order(office)


async def test_the_setting_says_who(office: Office) -> None:
    for who, may, may_not in (("requester", "wang", "li"), ("approvers", "li", "wang")):
        async with office.robot(rules=APPROVED, undo=who):
            await files(office, f"{who}.txt")
            both = await asked(office, f"rm /{who}.txt")
            await office.press("li", both.approval, "approve")
            result = await office.card("wang", MARKETING, "Moved", after=both.card["seq"])
            assert "Only" in tips(await office.press(may_not, result, "undo"))
            assert "The card below asks" in tips(await office.press(may, result, "undo"))
            await office.card(may, MARKETING, "Restore", after=result["seq"])


async def test_of_two_who_ask_at_once_one_is_asked(office: Office) -> None:
    async with office.robot(rules=APPROVED) as app:
        await files(office, "a.txt")
        both = await asked(office, "rm /a.txt")
        await office.press("li", both.approval, "approve")
        result = await office.card("wang", MARKETING, "Moved", after=both.card["seq"])
        people = [await app.services.operators.get("dingcorpsandbox", who) for who in ("wang", "li")]
        asks = [
            app.services.undo.ask(
                both.request_id, who, (), conversation=None, message_key=f"{who.user_id}{n}", language="en"
            )
            for n in range(3)
            for who in people
        ]
        answers = await asyncio.gather(*asks, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, UndoRefused)]
        assert [refusal.kind for refusal in refused] == ["in_hand"] * 5
        assert result["buttons"]


async def test_one_to_one(office: Office) -> None:
    """A deletion asked for alone is undone alone, and an hour later the question is over."""
    clock = Clock()
    async with office.robot(clock=clock, spaces={"one:wang": "24010001", "*": "24010001"}) as app:
        told = await delete(office, app, *await files(office, "a.txt"))
        card = await question(office, told.request, where="one:wang")
        assert "Open until" in card["params"]["tips"]
        clock.advance(minutes=31)
        app.services.lifecycle.made.set()
        expired = await office.until(
            "wang", "one:wang", 0, lambda m: m["kind"] == "card" and "Expired" in m["params"]["title"]
        )
        assert "nothing was restored" in expired["params"]["markdown"]
        assert (await undo(office, app, told.request)).outcomes == {"/a.txt": BACK}


async def test_details_and_history_tell_it_too(office: Office) -> None:
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, "a.txt", "b.txt"))
        await office.control.create("24010001", {"path": "/a.txt", "size": 99, "creator": "li"})
        undone = await undo(office, app, told.request)
        details = await words(office, "wang", f"details {undone.request.id}", "one:wang")
        assert "/a.txt · 10 B → /a(1).txt" in details
        assert "/b.txt · 10 B · restored" in details
        history = await words(office, "wang", "history", "one:wang")
        assert f"undoes {told.request.id}" in history
        await words(office, "wang", f"details {undone.request.id} --csv", "one:wang")


async def test_channels_hear_of_it_under_the_number_they_know(office: Office) -> None:
    channel = {"name": "team", "conversation": MARKETING, "events": ["restored", "requested"]}
    async with office.robot(notify=[channel], language="en") as app:
        told = await delete(office, app, *await files(office, "a.txt"))
        heard = await office.until("wang", MARKETING, 0, lambda m: "requested" in m.get("text", ""))
        undone = await undo(office, app, told.request)
        await until(lambda: app.store.outbox.oldest("team"))
        state = await app.store.outbox.state("team")
        batch = await app.store.outbox.begin(state, "looked at", "nobody")
        assert batch
        told_of = [(notice.event, notice.request_id) for notice in batch.notices]
        assert told_of == [("restored", told.request.id)], "and nothing of the question"
        assert undone.request.id not in heard["text"]


async def test_nobody_is_asked_about_what_was_not_deleted(office: Office) -> None:
    async with office.robot():
        card = await office.say("wang", "rm /report.pdf")
        pressed = await office.press("wang", card, "undo", force=True)
        assert pressed["ok"], "a button that this card does not have"
        assert "this card" in tips(pressed) or tips(pressed)
        await office.press("wang", card, "cancel")
        await unharmed(office)
