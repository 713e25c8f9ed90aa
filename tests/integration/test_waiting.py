"""A robot that starts before its database: it waits, says for what, goes on by itself, and ends when it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from structlog.testing import capture_logs

from bot import app, waiting
from bot.settings import Settings
from bot.store import SchemaTooNewError, Store, StoreAwayError, StoreError, answering
from bot.store.away import is_worth_waiting
from tests.databases import Postgres
from tests.integration.office import PATIENCE_S, Office
from tests.integration.program import SHUTDOWN_S, environment, started

Lines = list[MutableMapping[str, Any]]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST_S", 0.05)
    monkeypatch.setattr(waiting, "LONGEST_S", 0.05)


class Robot:
    def __init__(self, lines: Lines, stopping: asyncio.Event, running: asyncio.Task[None]) -> None:
        self._lines = lines
        self._stopping = stopping
        self._running = running

    async def said(self, event: str) -> MutableMapping[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            while not (found := [line for line in self._lines if line["event"] == event]):
                assert not self._running.done(), self._running
                await asyncio.sleep(0.01)
        return found[0]

    async def page(self, path: str) -> tuple[int, dict[str, Any]]:
        port = (await self.said("health.open"))["port"]
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://[::1]:{port}{path}") as answer,
        ):
            return answer.status, await answer.json()

    async def ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                status, _ = await self.page("/readyz")
                if status == HTTPStatus.OK:
                    return
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        self._stopping.set()
        await asyncio.wait_for(asyncio.shield(self._running), SHUTDOWN_S)


@asynccontextmanager
async def robot(settings: Settings) -> AsyncIterator[Robot]:
    """`dingsweep run` in this process."""
    stopping = asyncio.Event()
    with capture_logs() as lines:
        running = asyncio.create_task(app.run(settings, stopping))
        try:
            made = Robot(lines, stopping, running)
            yield made
            await made.end()
        finally:
            running.cancel()
            await asyncio.wait([running])


async def test_it_waits_for_a_server_and_goes_on_by_itself(office: Office, postgres: Postgres) -> None:
    settings = office.settings(database_url=postgres(), health="[::1]:0")
    postgres.stop()
    try:
        async with robot(settings) as waits:
            line = await waits.said("start.waiting")
            assert line["waiting_for"] == "database"
            assert "failed" in line["reason"]
            assert await waits.page("/livez") == (200, {"live": True})
            status, told = await waits.page("/readyz")
            assert (status, set(told["wrong"])) == (503, {"database"})
            postgres.start()
            await waits.said("start.going_on")
            await office.control.ask("GET", "stream", wait=PATIENCE_S, count=1)
            await waits.ready()
    finally:
        postgres.start()


async def test_told_to_end_it_waits_no_longer(office: Office) -> None:
    settings = office.settings(database_url="postgresql://robot@127.0.0.1:1/x")
    async with robot(settings) as waits:
        await waits.said("start.waiting")


async def test_a_folder_that_is_not_there_yet_is_waited_for(office: Office, tmp_path: Path) -> None:
    """A volume that is mounted late: nothing is made in its place."""
    volume = tmp_path / "volume"
    settings = office.settings(database_url=f"sqlite:///{volume}/var/robot.sqlite")
    async with robot(settings) as waits:
        assert f"there is no folder {volume}" in (await waits.said("start.waiting"))["reason"]
        assert not volume.exists()
        volume.mkdir()
        await waits.said("start.going_on")
        await waits.said("stream.connected")
    assert (volume / "var" / "robot.sqlite").exists()


async def test_a_volume_this_machine_knows_of_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "my data"
    place.mkdir()
    table = tmp_path / "fstab"
    table.write_text(
        f"# what is mounted\n/dev/sdb1 {str(place).replace(' ', chr(92) + '040')} ext4 nofail 0 2\n\n"
    )
    monkeypatch.setattr("bot.store.away.FSTAB", table)
    with pytest.raises(StoreAwayError, match="my data is not mounted"):
        async with Store(f"sqlite+aiosqlite:///{place}/robot.sqlite"):
            pass
    assert list(place.iterdir()) == []
    async with Store(f"sqlite+aiosqlite:///{tmp_path}/robot.sqlite"):
        pass


async def test_a_server_that_never_answers_keeps_nobody_from_ending(office: Office) -> None:
    """Told in the middle of the start, while a thread waits for the database."""
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    variables = environment(office, DINGSWEEP_DATABASE_URL=f"postgresql://robot@127.0.0.1:{port}/x")
    async with started(office.folder, "run", variables=variables) as program:
        await asyncio.wait_for(asked.wait(), PATIENCE_S)
        ended = await program.end(within_s=SHUTDOWN_S)
    server.close()
    assert ended.code == 0, ended.errors
    assert "shutdown.begun" in ended.errors
    assert "shutdown.cut_off" not in ended.errors
    assert "Traceback" not in ended.printed


async def test_what_only_a_person_mends_is_not_waited_for(postgres: Postgres) -> None:
    url = postgres()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
    asked = url.replace("postgresql://postgres", "postgresql+psycopg://{}")
    assert asked != url
    for user, kind in (("stranger", StoreError), ("crowded", StoreAwayError)):
        with pytest.raises(StoreError) as caught:
            async with Store(asked.format(user)):
                pass
        assert type(caught.value) is kind, caught.value
    no_such = asked.format("postgres").replace(f"/{url.split('?')[0].rpartition('/')[2]}?", "/nothing?")
    with pytest.raises(StoreError, match="does not exist") as caught:
        async with Store(no_such):
            pass
    assert not isinstance(caught.value, StoreAwayError)


@pytest.mark.parametrize(
    ("said", "is_worth"),
    [
        ('connection to server at "db", port 5432 failed: Connection refused', True),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", True),
        ('connection to server at "db" failed: FATAL:  the database system is starting up', True),
        ('connection to server at "db" failed: FATAL:  sorry, too many clients already', True),
        ("connection timeout expired", True),
        ('connection to server at "db" failed: FATAL:  password authentication failed for user "x"', False),
        ('connection to server at "db" failed: FATAL:  database "x" does not exist', False),
        ('connection to server at "db" failed: FATAL:  no pg_hba.conf entry for host "10.0.0.1"', False),
        ("server does not support SSL, but SSL was required", False),
    ],
)
def test_which_words_of_a_server_are_worth_waiting(said: str, is_worth: bool) -> None:
    assert is_worth_waiting(psycopg.OperationalError(said)) is is_worth


def test_a_database_that_goes_away_during_the_start_is_waited_for() -> None:
    from sqlalchemy.exc import DBAPIError, OperationalError  # noqa: PLC0415

    gone = OperationalError("SELECT", {}, psycopg.errors.AdminShutdown("terminating connection"))
    with pytest.raises(StoreAwayError, match="terminating connection"), answering():
        raise gone
    with pytest.raises(DBAPIError), answering():
        raise OperationalError("SELECT", {}, psycopg.OperationalError("password authentication failed"))
    assert not issubclass(SchemaTooNewError, StoreAwayError)
