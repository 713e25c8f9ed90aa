"""Several replicas: any takes any frame, what one leaves is taken over, and one that was missed does nothing more."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from tests.databases import Postgres
from tests.integration.deletions import DELETED, QUERY, ask, files, struck, until
from tests.integration.endings import fault, heal, told
from tests.integration.office import CREATE_CARD, MARKETING, REMOVE, Office
from tests.integration.proofs import in_order
from tests.integration.replicas import DEAD_S, Fleet, Process, no_duplicate_batch

LOST = {"delayMs": 400, "reset": True}
"""The call hangs for a while, and is never carried out."""


@pytest.fixture
async def fleet(office: Office, postgres: Postgres) -> AsyncIterator[Fleet]:
    made = Fleet(office, postgres())
    try:
        yield made
    finally:
        await made.end()


async def _who(replicas: list[Process], event: str) -> tuple[Process, Process]:
    """Of two, the one that says this first, and the other."""
    tasks = [asyncio.create_task(each.says(event)) for each in replicas]
    done, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    first = tasks.index(done.pop())
    return replicas[first], replicas[1 - first]


async def test_killed_in_mid_job_its_work_is_taken_over(fleet: Fleet) -> None:
    """Three start on an empty database at once; the one with the job is killed, another ends it."""
    office = fleet.office
    replicas = await fleet.start(2)
    ids = await files(office, *(f"{n:03}" for n in range(120)))
    card = await ask(office, *ids)
    await fault(office, REMOVE, delayMs=1, count=1)
    hanging = await fault(office, REMOVE, **LOST)
    assert (await office.press("wang", card, "confirm"))["ok"]
    await struck(office, hanging)
    working, other = await _who(replicas, "batch.sending")
    await working.kill()
    await heal(office)
    await other.says("replica.dead")
    found = await told(office, card, database_url=fleet.url)
    assert found.said == {DELETED}
    await no_duplicate_batch(office)
    await in_order(office)


async def test_paused_past_its_death_it_sends_nothing_more(fleet: Fleet) -> None:
    office = fleet.office
    replicas = await fleet.start(2)
    card = await ask(office, *await files(office, *(f"{n:03}" for n in range(120))))
    hanging = await fault(office, REMOVE, delayMs=300, count=1)
    assert (await office.press("wang", card, "confirm"))["ok"]
    await struck(office, hanging)
    working, other = await _who(replicas, "batch.sending")
    working.send(signal.SIGSTOP)
    await other.says("replica.dead")
    found = await told(office, card, database_url=fleet.url)
    before = len([line for line in working.log if line["event"] == "batch.sending"])
    working.send(signal.SIGCONT)
    await working.says("stream.connected", 2)
    assert found.said == {DELETED}
    assert len([line for line in working.log if line["event"] == "batch.sending"]) == before
    assert (await working.ready())[0] == 200, "it has come back as another"
    await no_duplicate_batch(office)


async def test_the_same_message_to_two_is_handled_once_also_when_one_dies(fleet: Fleet) -> None:
    office = fleet.office
    replicas = await fleet.start(2)
    posting = await fault(office, CREATE_CARD, delayMs=1000, count=1, reset=True)
    await office.control.ask("POST", "faults", {"push": {"copies": 2, "other": True}})
    said = await office.control.say("wang", MARKETING, "rm /report.pdf")
    await struck(office, posting)
    connections = (await office.control.ask("GET", "stream"))["connections"]
    assert len(connections) == 2
    asked_by_one = await office.calls(QUERY)
    assert len(asked_by_one) == 1
    card = await office.card("wang", MARKETING, "Delete 1 item", after=said["seq"])
    assert replicas
    assert card
