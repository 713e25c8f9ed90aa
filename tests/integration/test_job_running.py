"""A job while it runs: side by side, stopped, paused when the month is used up, told of, followed by events."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.app import App
from bot.deletion.lifecycle import MAX_REST
from bot.models import Outcome, Request, RequestState
from tests.integration.deletions import (
    DELETED,
    TASK,
    Clock,
    account,
    agree,
    ask,
    delete,
    failed,
    files,
    last_call,
    struck,
    until,
)
from tests.integration.office import MARKETING, MARKETING_SPACE, REMOVE, Message, Office

QUOTA = "Forbidden.AccessDenied.ApiCountLimitForOrg"
STOPPED = failed("stopped")


async def many(office: Office, count: int = 220) -> Message:
    """A card about so many files."""
    return await ask(office, *await files(office, *(f"{n:03}" for n in range(count))))


async def held(office: Office, seconds: float = 1.0) -> str:
    """From now on deletions are answered late; the fault's id."""
    fault = await office.control.ask("POST", "faults", {"route": REMOVE, "delayMs": int(seconds * 1000)})
    return str(fault["id"])


async def request_of(app: App, card: Message) -> Request:
    found = await app.store.requests.by_card(card["outTrackId"])
    assert found
    return found


async def test_batches_go_side_by_side(office: Office) -> None:
    async with office.robot() as app:
        card = await many(office)
        fault = await held(office, 0.5)
        told = asyncio.create_task(agree(office, app, card))
        await struck(office, fault, 2)
        assert not told.done(), "two were sent before the first was answered"
        assert (await told).said == {DELETED}


async def test_a_locked_space_is_asked_more_slowly_and_everything_goes(office: Office) -> None:
    await office.control.limits(writeLock="space", latencyMs=20)
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, *(f"{n:03}" for n in range(220))))
        assert told.said == {DELETED}


async def test_cancel_ends_a_job_before_its_next_batch(office: Office) -> None:
    async with office.robot() as app:
        card = await many(office, 420)
        before = await last_call(office)
        fault = await held(office)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, fault, 2)
        request = await request_of(app, card)
        said = await office.say("wang", f"status {request.id}")
        assert "0 of 420" in said["text"]
        said = await office.say("wang", f"cancel {request.id}")
        assert "stops" in said["text"], said
        told = await account(office, app.store, card, after_call=before)
        assert set(told.results.values()) == {DELETED, STOPPED}
        gone = {path for path, word in told.results.items() if word == DELETED}
        assert not gone & await office.paths(), "what it says went is gone"
        assert told.results.keys() - gone <= await office.paths(), "and all else is there"
        assert told.request.state is RequestState.PARTLY_DONE
        assert "stopped" in told.text


async def test_nobody_else_stops_a_job(office: Office) -> None:
    async with office.robot() as app:
        card = await many(office)
        fault = await held(office)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, fault, 2)
        request = await request_of(app, card)
        said = await office.say("li", f"cancel {request.id}")
        assert "stops" not in said["text"], said
        told = await account(office, app.store, card)
        assert told.said == {DELETED}


async def test_a_job_that_uses_up_the_month_pauses_and_goes_on(office: Office) -> None:
    async with office.robot() as app:
        card = await many(office)
        await office.control.fault(REMOVE, 0, "", count=1, delayMs=1)
        await office.control.fault(REMOVE, 403, QUOTA)
        assert (await office.press("wang", card, "confirm"))["ok"]
        said = await office.until(
            "wang", MARKETING, card["seq"], lambda m: "paused" in m.get("text", "") and "robot" in m["from"]
        )
        request = await request_of(app, card)
        assert f"resume {request.id}" in said["text"], "by the webhook, which costs no call"
        assert (request.state, request.paused) == (RequestState.RUNNING, "quota")
        assert (
            "50 of 220 items done. This month" in (await office.say("wang", f"status {request.id}"))["text"]
        )
        await app.services.lifecycle.heal()
        assert "paused" not in (await office.say("li", f"resume {request.id}"))["text"], "not for everybody"
        await office.control.ask("DELETE", "faults")
        assert "goes on" in (await office.say("wang", f"resume {request.id}"))["text"]
        told = await account(office, app.store, card)
        assert told.said == {DELETED}
        assert told.request.state is RequestState.DONE
        assert "not running" in (await office.say("wang", f"resume {request.id}"))["text"]


async def test_a_pause_that_nobody_ends_ends_after_a_week(office: Office) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        card = await many(office, 60)
        await office.control.fault(REMOVE, 403, QUOTA)
        assert (await office.press("wang", card, "confirm"))["ok"]

        async def rests() -> bool:
            return (await request_of(app, card)).paused != ""

        await until(rests)
        await app.services.lifecycle.end_rests()
        assert (await request_of(app, card)).paused, "not before"
        await office.control.ask("DELETE", "faults")
        clock.ahead = MAX_REST + timedelta(hours=1)
        await app.services.lifecycle.end_rests()

        async def ended() -> bool:
            return (await request_of(app, card)).state is RequestState.CANCELLED

        await until(ended)
        results = await app.store.requests.results((await request_of(app, card)).id)
        assert {(r.outcome, r.cause) for r in results} == {(Outcome.FAILED, "stopped")}


async def test_a_small_job_beside_a_large_one_is_not_held_up(office: Office) -> None:
    async with office.robot() as app:
        card = await many(office, 420)
        fault = await held(office, 0.5)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, fault, 1)
        told = await delete(office, app, *await files(office, "small"))
        assert told.said == {DELETED}
        assert (await request_of(app, card)).state is RequestState.RUNNING, "the large one still runs"


async def test_an_event_says_that_a_folder_is_gone(office: Office) -> None:
    """Asked once, after the event, however long it took."""
    await office.control.limits(taskSeconds=1.5)
    body = {"scope": "SPACE", "scopeId": MARKETING_SPACE}
    await office.control.api("POST", "/v1.0/storage/events/subscribe", body, unionId="wangUnionId")
    async with office.robot(deletion_events=True) as app:
        told = await delete(office, app, "/2023/drafts")
        assert told.results == {"/2023/drafts": DELETED}
        assert len(told.made(TASK)) == 1
