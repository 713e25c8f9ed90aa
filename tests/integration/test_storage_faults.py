"""What the robot does when it cannot store: it says so, begins nothing that has no record, and goes on afterwards."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Pool, event
from structlog.testing import capture_logs

from bot import engine, receiver
from bot.models import RequestState
from bot.store import Store, StoreError
from tests.integration.deletions import DELETED, Clock, agree, ask, files, struck, until
from tests.integration.endings import fault, told
from tests.integration.office import MARKETING, REMOVE, Office
from tests.integration.program import Program, environment, ran, robot
from tests.migrated import begin

CANNOT = "I cannot store anything right now"
BUSY_MS = 50


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A robot that waits for a lock, and for its database to come back, only shortly."""

    def hurry(connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        cursor.close()

    monkeypatch.setattr(engine, "AWAY_S", 0.1)
    monkeypatch.setattr(receiver, "STORED_WITHIN_S", 0.1)
    event.listen(Pool, "checkout", hurry)
    yield
    event.remove(Pool, "checkout", hurry)


@contextmanager
def locked(office: Office) -> Iterator[None]:
    """Somebody else writes into the database for longer than the robot waits."""
    with closing(sqlite3.connect(office.folder / "robot.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(office: Office, program: Program) -> Iterator[None]:
    """No file of the robot's can grow."""
    _, most = resource.prlimit(program.pid, resource.RLIMIT_FSIZE)
    size = (office.folder / "robot.sqlite-wal").stat().st_size
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (size, most))
    yield
    resource.prlimit(program.pid, resource.RLIMIT_FSIZE, (most, most))


async def heard(office: Office, said: dict[str, Any]) -> None:
    """Wait until the person is told that nothing can be stored."""
    await office.until("wang", MARKETING, said["seq"], lambda m: CANNOT in m.get("text", ""))


@pytest.mark.usefixtures("impatient")
async def test_a_message_during_a_lock_is_answered_and_obeyed_after_it(office: Office) -> None:
    async with office.robot() as app:
        with locked(office):
            said = await office.control.say("wang", MARKETING, "rm /report.pdf")
            await heard(office, said)
            assert await app.store.requests.latest() == []
        card = await office.card("wang", MARKETING, "Delete 1 item", after=said["seq"])
        found = await agree(office, app, card)
    assert found.results == {"/report.pdf": DELETED}


@pytest.mark.usefixtures("impatient")
async def test_a_lock_in_the_middle_of_a_job_costs_nothing_but_time(office: Office) -> None:
    """The answer came, and could not be kept: it is looked up, and nothing is sent twice."""
    async with office.robot() as app:
        card = await ask(office, *await files(office, "a", "b"))
        hanging = await fault(office, REMOVE, after=True, delayMs=300, count=1)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        with locked(office), capture_logs() as logged:
            await until(lambda: _failed(logged))
        found = await told(office, card)
        assert (await app.store.audit.verify()).broken is None
    assert found.results == {"/a": DELETED, "/b": DELETED}
    assert found.sizes == [2]


async def _failed(logged: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a workflow could not store, and waits to begin again."""
    return any(entry["event"] == "database.failed" for entry in logged)


@pytest.mark.usefixtures("impatient")
async def test_a_click_during_a_lock_decides_nothing(office: Office) -> None:
    async with office.robot() as app:
        card = await ask(office, "/report.pdf")
        with locked(office):
            pressed = await office.press("wang", card, "confirm")
            assert pressed["ok"]
            assert "cardData" not in pressed["response"]
            [request] = await app.store.requests.latest()
            assert request.state is RequestState.AWAITING_CONFIRMATION
        found = await agree(office, app, card)
    assert found.results == {"/report.pdf": DELETED}


async def test_a_full_disk_when_somebody_asks(office: Office) -> None:
    async with robot(office) as program:
        await office.say("wang", "ls")
        with full(office, program):
            said = await office.control.say("wang", MARKETING, "rm /report.pdf")
            await heard(office, said)
            assert await office.calls(REMOVE) == []
        await office.control.ask("POST", "stream", {"action": "redeliver", "msgId": said["msgId"]})
        card = await office.card("wang", MARKETING, "Delete 1 item", after=said["seq"])
        assert (await office.press("wang", card, "confirm"))["ok"]
        found = await told(office, card)
    assert found.results == {"/report.pdf": DELETED}


async def test_a_full_disk_in_the_middle_of_a_job(office: Office) -> None:
    """The deletion's answer cannot be kept: once there is room it is looked up, and not sent again."""
    async with robot(office) as program:
        card = await ask(office, *await files(office, "a", "b"))
        hanging = await fault(office, REMOVE, after=True, delayMs=500, count=1)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        with full(office, program):
            await program.says("database.failed")
        found = await told(office, card)
    assert found.results == {"/a": DELETED, "/b": DELETED}
    assert found.sizes == [2]


async def test_a_damaged_file_is_found_at_the_start(office: Office) -> None:
    whole = await _closed(office)
    for spoilt in (whole[: len(whole) // 2], whole[:40_000] + bytes(9000) + whole[49_000:]):
        (office.folder / "robot.sqlite").write_bytes(spoilt)
        with pytest.raises(StoreError, match=r"is damaged .* dingsweep backup restore FILE"):
            await _open(office)
    (office.folder / "robot.sqlite").write_bytes(b"no database at all" * 1000)
    ended = await ran(office.folder, "run", variables=environment(office))
    assert (ended.code, ended.output) == (2, ""), ended.printed
    [line] = ended.errors.splitlines()
    assert "is damaged (file is not a database): dingsweep backup restore FILE" in line


async def _closed(office: Office) -> bytes:
    """A database that nobody uses, in one file."""
    path = office.folder / "robot.sqlite"
    await begin(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path.read_bytes()


async def _open(office: Office) -> None:
    async with Store(office.settings().database_url) as store, store.leased():
        pass


async def test_a_clock_that_is_set_back_between_request_and_decision(office: Office) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        card = await ask(office, "/report.pdf")
        clock.advance(hours=-1)
        found = await agree(office, app, card)
        assert (await app.store.audit.verify()).broken is None
    assert found.results == {"/report.pdf": DELETED}
    assert "-" not in found.card["params"]["title"]


async def test_a_clock_that_is_set_back_in_the_middle_of_a_job(office: Office) -> None:
    clock = Clock()
    async with office.robot(clock=clock) as app:
        card = await ask(office, *await files(office, "a", "b"))
        hanging = await fault(office, REMOVE, after=True, delayMs=300, count=1)
        assert (await office.press("wang", card, "confirm"))["ok"]
        await struck(office, hanging)
        clock.advance(hours=-1)
        found = await told(office, card)
        assert (await app.store.audit.verify()).broken is None
    assert found.results == {"/a": DELETED, "/b": DELETED}
    assert found.sizes == [2]
    assert found.request.finished_at
    assert "-" not in found.text.replace("one-to-one", "")
