"""Several replicas: any takes any frame, what one leaves is taken over, and one that was missed does nothing more."""

from __future__ import annotations

import signal

import pytest

from tests.databases import Postgres
from tests.integration.deletions import DELETED, account, ask, delete, files, struck, until
from tests.integration.endings import fault, heal, told
from tests.integration.office import CREATE_CARD, MARKETING, REMOVE, Office
from tests.integration.proofs import in_order
from tests.integration.replicas import Fleet, Process, no_duplicate_batch
from tests.migrated import begin_on

OK = 200
UPDATE = "PUT /v1.0/card/instances"
LOST = {"delayMs": 400, "reset": True}
"""The call hangs for a while, and is never carried out."""


async def test_killed_in_mid_job_its_work_is_taken_over(fleet: Fleet) -> None:
    """Three start on an empty database at once; the one with the job is killed, another ends it."""
    office = fleet.office
    await fleet.start(2)
    ids = await files(office, *(f"{n:03}" for n in range(120)))
    card = await ask(office, *ids)
    await fault(office, REMOVE, delayMs=1, count=1)
    hanging = await fault(office, REMOVE, **LOST)
    assert (await office.press("wang", card, "confirm"))["ok"]
    await struck(office, hanging)
    working, other = await fleet.runner("job:")
    await working.kill()
    await heal(office)
    await other.says("replica.dead")
    found = await told(office, card, database_url=fleet.url)
    assert found.said == {DELETED}
    await no_duplicate_batch(office)
    await in_order(office)


async def test_paused_past_its_death_it_sends_nothing_more(fleet: Fleet) -> None:
    office = fleet.office
    await fleet.start(2)
    card = await ask(office, *await files(office, *(f"{n:03}" for n in range(120))))
    hanging = await fault(office, REMOVE, delayMs=300, count=1)
    assert (await office.press("wang", card, "confirm"))["ok"]
    await struck(office, hanging)
    working, other = await fleet.runner("job:")
    working.send(signal.SIGSTOP)
    await other.says("replica.dead")
    found = await told(office, card, database_url=fleet.url)
    before = len(await office.calls(REMOVE))
    working.send(signal.SIGCONT)
    await working.says("stream.connected", 2)
    assert found.said == {DELETED}
    assert len(await office.calls(REMOVE)) == before, "nothing has left"
    await working.is_ready()
    await no_duplicate_batch(office)


async def test_the_same_message_to_two_is_handled_once_also_when_one_dies(fleet: Fleet) -> None:
    office = fleet.office
    await fleet.start(2)
    posting = await fault(office, CREATE_CARD, delayMs=600, reset=True)
    said = await office.control.say("wang", MARKETING, "rm /report.pdf")
    await struck(office, posting)
    await until(lambda: _delivered_to_two(office, said["msgId"]))
    working, other = await fleet.runner("message:")
    await struck(office, posting, 2)
    await working.kill()
    assert _handles(working), "each failed attempt leaves a line"
    assert not _handles(other)
    await heal(office)
    await office.control.ask("POST", "stream", {"action": "redeliver", "msgId": said["msgId"]})
    card = await office.card("wang", MARKETING, "Delete 1 item", after=said["seq"])
    assert (await office.press("wang", card, "confirm"))["ok"]
    found = await told(office, card, database_url=fleet.url)
    assert found.results == {"/report.pdf": DELETED}
    async with fleet.store() as store:
        assert len(await store.requests.latest()) == 1


async def test_beside_others_a_card_is_updated_when_none_of_them_can_be_answering_a_click_of_before(
    office: Office, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is late would overwrite the final card. Alone, a robot knows its clicks and need not wait."""
    monkeypatch.setattr("bot.messenger.ANSWERED_S", 5.0)
    shared = Office(office.control, office.folder, await begin_on(postgres))
    async with shared.robot() as app:
        alone = await delete(shared, app, *await files(office, "alone"))
        assert alone.made(UPDATE)
        await app.store.replicas.register("another", "1")
        card = await ask(shared, *await files(office, "beside"))
        before = len(await office.calls(UPDATE))
        assert (await office.press("wang", card, "confirm"))["ok"]
        await office.card("wang", MARKETING, "Moved", after=card["seq"])
        assert len(await office.calls(UPDATE)) == before
        await account(shared, app.store, card)


async def _delivered_to_two(office: Office, msg_id: str) -> bool:
    """Deliver it once more; whether two replicas have acknowledged it by now."""
    await office.control.ask("POST", "stream", {"action": "redeliver", "msgId": msg_id})
    frames = (await office.control.ask("GET", "frames", msgId=msg_id))["frames"]
    return len({frame["connectionId"] for frame in frames if frame["ack"] and frame["ack"]["code"] == OK}) > 1


def _handles(replica: Process) -> bool:
    return any(str(line.get("workflow", "")).startswith("message:") for line in replica.log)
