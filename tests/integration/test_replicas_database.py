"""A database that goes away while the robot runs: no frame is taken, nobody is told a lie, and all goes on after it."""

from __future__ import annotations

import signal

from tests.databases import Postgres
from tests.integration.approvals import tips
from tests.integration.deletions import DELETED, ask, files, struck
from tests.integration.endings import fault, told
from tests.integration.office import PATIENCE_S, REMOVE, Message, Office
from tests.integration.replicas import Fleet, no_duplicate_batch


async def test_without_its_database_it_takes_no_frames_and_comes_back_by_itself(
    fleet: Fleet, postgres: Postgres
) -> None:
    """In mid-job; the second time it is told to end meanwhile."""
    office = fleet.office
    (replica,) = await fleet.start(1)
    await replica.is_ready()
    card = await _begun(office, "one")
    postgres.stop()
    try:
        await replica.says("database.lost")
        await office.control.ask("GET", "stream", wait=PATIENCE_S, count=0)
        assert {"database", "stream"} <= await replica.is_not_ready()
    finally:
        postgres.start()
    await replica.says("stream.connected", 2)
    await replica.is_ready()
    assert (await told(office, card, database_url=fleet.url)).said == {DELETED}

    card = await _begun(office, "other")
    postgres.stop()
    try:
        assert await replica.end(signal.SIGTERM) == 0
    finally:
        postgres.start()
    await fleet.start(1)
    assert (await told(office, card, database_url=fleet.url)).said == {DELETED}
    await no_duplicate_batch(office)


async def _begun(office: Office, name: str) -> Message:
    """A job in its first of two calls; the card that asked for it."""
    card = await ask(office, *await files(office, *(f"{name} {n}" for n in range(60))))
    hanging = await fault(office, REMOVE, delayMs=200, count=1)
    assert (await office.press("wang", card, "confirm"))["ok"]
    await struck(office, hanging)
    return card


async def test_a_click_is_told_that_nothing_can_be_read_and_counts_the_next_time(
    fleet: Fleet, postgres: Postgres
) -> None:
    """In the seconds before the robot has noticed; after that nobody brings it clicks."""
    office = fleet.office
    await fleet.start(1, IMPATIENCE="60 120 180", DINGSWEEP_LANGUAGE="en")
    card = await ask(office, *await files(office, "a"))
    postgres.stop()
    try:
        assert "cannot reach its records" in tips(await office.press("wang", card, "confirm"))
    finally:
        postgres.start()
    assert (await office.press("wang", card, "confirm"))["ok"]
    assert (await told(office, card, database_url=fleet.url)).said == {DELETED}
