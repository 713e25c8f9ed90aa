"""Replicas in numbers: killed again and again, and restarted one by one, while people go on asking."""

from __future__ import annotations

import asyncio
import random
import signal

import pytest

from bot.messenger import out_track_id
from bot.models import OPEN_STATES, Outcome, Request, RequestState
from bot.store import Store
from tests.conformance.control import CLIENT_ID
from tests.integration.deletions import files
from tests.integration.endings import fault
from tests.integration.office import MARKETING, Office
from tests.integration.replicas import Fleet, Process, no_duplicate_batch

AT_ONCE = 12
FILES = 3
PATIENCE_S = 150.0


@pytest.mark.parametrize(
    ("requests", "kills"),
    [(24, 2), pytest.param(300, 60, marks=[pytest.mark.soak, pytest.mark.timeout(1500)])],
)
async def test_each_request_has_one_end_however_often_replicas_are_killed(
    fleet: Fleet, requests: int, kills: int
) -> None:
    """With every message delivered twice, and calls of which some are carried out and break."""
    office = fleet.office
    await _busy(office)
    living = await fleet.start(3)
    async with fleet.store() as store, asyncio.TaskGroup() as tasks:
        killing = tasks.create_task(_kill(fleet, living, kills, random.Random(requests)))  # noqa: S311
        ended = await _ask(office, store, requests)
        killing.cancel()
        assert {request.state for request in ended} == {RequestState.DONE}
        await _prove(office, store, ended)


async def test_a_rolling_restart_loses_no_message(fleet: Fleet) -> None:
    office = fleet.office
    await _busy(office)
    living = await fleet.start(2)
    async with fleet.store() as store, asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(_ask(office, store, 24))
        for old in living:
            await fleet.start(1)
            assert await old.end(signal.SIGTERM) == 0
            assert "Traceback" not in old.text
        ended = await asking
        assert {request.state for request in ended} == {RequestState.DONE}
        await _prove(office, store, ended)


async def _busy(office: Office) -> None:
    await office.control.limits(permitUnlimited=True, pushQuota=10**9, latencyMs=20)
    await fault(office, "PUSH /v1.0/im", copies=2)


async def _kill(fleet: Fleet, living: list[Process], kills: int, chance: random.Random) -> None:
    """One after another, each time any; a new one comes up for it."""
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(1.0, 4.0))
        victim = living.pop(chance.randrange(len(living)))
        await victim.kill()
        living += await fleet.start(1)


async def _ask(office: Office, store: Store, requests: int) -> list[Request]:
    """So many requests, some at a time, each followed to its end."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Request:
        async with room, asyncio.timeout(PATIENCE_S):
            return await _delete(office, store, number)

    return await asyncio.gather(*(one(number) for number in range(requests)))


async def _delete(office: Office, store: Store, number: int) -> Request:
    """From the message to the end, by somebody who presses again as long as nothing comes of it."""
    ids = await files(office, *(f"{number} {part}" for part in range(FILES)))
    await office.control.ask(
        "GET", "stream", wait=20, count=1
    )  # to whom it cannot push, the sandbox never does
    said = await office.control.say("wang", MARKETING, f"rm {' '.join(ids)}")
    key = f"{CLIENT_ID}:{said['msgId']}"
    while (request := await store.requests.by_message(key)) is None or not await _is_over(store, request):
        if request and request.state in OPEN_STATES:
            await office.control.press("wang", out_track_id("request", request), "confirm")
        await asyncio.sleep(0.1)  # what was not acknowledged, DingTalk delivers again after 16 s
    return request


async def _is_over(store: Store, request: Request) -> bool:
    """Whether it has ended and everybody was told."""
    return request.state.is_final and request.id not in {
        waiting.id for waiting in await store.requests.untold()
    }


async def _prove(office: Office, store: Store, ended: list[Request]) -> None:
    """Every receipt is true, nothing was sent twice without a look, and each result was shown once."""
    assert (
        await office.paths() & {f"/{n} {part}" for n in range(len(ended)) for part in range(FILES)} == set()
    )
    for request in ended:
        results = await store.requests.results(request.id)
        assert [result.outcome for result in results] == [Outcome.DELETED] * FILES
    assert len(await store.requests.latest(limit=2 * len(ended))) == len(ended), "a message is one request"
    await no_duplicate_batch(office)
    shown = [m for m in await office.control.read("wang", MARKETING) if ".result." in m.get("outTrackId", "")]
    assert len({m["outTrackId"] for m in shown}) == len({m["id"] for m in shown}) == len(ended)
