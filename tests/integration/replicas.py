"""Several robots, each a process of its own, on one PostgreSQL and one sandbox."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import create_engine, text

from bot.store import Store
from tests import forked
from tests.databases import Postgres
from tests.integration.office import MARKETING_SPACE, REMOVE, Json, Office
from tests.integration.program import environment, whole

PATIENCE_S = 60
"""Three processes that start at once take seconds each, and tens of them on a busy machine."""
QUERY = "POST /v1.0/storage/spaces/{spaceId}/dentries/query"


class Process:
    """One replica; what it logs goes to a file, for a pipe that nobody reads would hold it up."""

    def __init__(self, process: forked.Forked, log: Path) -> None:
        self._process = process
        self._log = log

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.send(number)
        async with asyncio.timeout(PATIENCE_S):
            return await self._process.wait()

    async def kill(self) -> None:
        await self.end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.returncode is None

    @property
    def text(self) -> str:
        """All it has printed."""
        return self._log.read_text()

    @property
    def log(self) -> list[dict[str, Any]]:
        """Its lines so far."""
        lines = self.text.splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    async def says(self, event: str, times: int = 1) -> dict[str, Any]:
        """Wait until it has logged this event so often; the line."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = [line for line in self.log if line["event"] == event]
                if len(found) >= times:
                    return found[times - 1]
                assert self.runs, self.text
                await asyncio.sleep(0.02)

    async def is_ready(self) -> None:
        """Wait until its health page says so."""
        assert await self._page(200) == {"ready": True, "wrong": {}}

    async def is_not_ready(self) -> set[str]:
        """Wait until its health page says so; what is wrong."""
        return set((await self._page(503))["wrong"])

    async def _page(self, status: int) -> Json:
        port = (await self.says("health.open"))["port"]
        async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as http:
            while True:
                async with http.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    if answer.status == status:
                        return await answer.json()
                await asyncio.sleep(0.02)


class Fleet:
    """The replicas of one office."""

    def __init__(self, office: Office, url: str) -> None:
        self.office = office
        self.url = url
        self._numbers = count(1)
        self._all: list[Process] = []

    async def begin(self, **given: str) -> Process:
        """One more replica, not yet connected."""
        variables = environment(
            self.office, DINGSWEEP_DATABASE_URL=self.url, DINGSWEEP_HEALTH="127.0.0.1:0", **given
        )
        log = self.office.folder / f"replica {next(self._numbers)}.log"
        with log.open("w") as file:
            process = await forked.create_subprocess_exec(
                *(sys.executable, "-m", "tests.integration.impatient", "run"),
                cwd=self.office.folder,
                env=whole(variables),
                stdout=file,
                stderr=file,
            )
        self._all.append(Process(process, log))
        return self._all[-1]

    async def start(self, number: int, **given: str) -> list[Process]:
        """So many more, connected."""
        begun = [await self.begin(**given) for _ in range(number)]
        for process in begun:
            await process.says("stream.connected")
        return begun

    async def runner(self, workflow: str) -> tuple[Process, Process]:
        """Of two, the one that runs this workflow (the beginning of its id), and the other."""
        query = text("SELECT executor_id FROM dbos.workflow_status WHERE workflow_uuid LIKE :id")
        engine = create_engine(self.office.settings(database_url=self.url).database_url)
        with engine.connect() as connection:
            [executor] = connection.execute(query, {"id": f"{workflow}%"}).scalars()
        engine.dispose()
        one, other = [process for process in self._all if process.runs]
        return (one, other) if f"-{one.pid}-" in executor else (other, one)

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """The database they share."""
        async with Store(self.office.settings(database_url=self.url).database_url) as store:
            yield store

    async def end(self) -> None:
        """Whatever still runs is killed."""
        for process in self._all:
            if process.runs:
                process.send(signal.SIGCONT)
                await process.kill()


@pytest.fixture
async def fleet(office: Office, postgres: Postgres) -> AsyncIterator[Fleet]:
    """An office with an empty database, and no replica yet."""
    made = Fleet(office, postgres())
    try:
        yield made
    finally:
        await made.end()


async def no_duplicate_batch(office: Office) -> None:
    """Nothing was named in a delete call again unless it was looked at after the call before."""
    calls = (await office.control.ask("GET", "calls"))["calls"]
    sent: set[str] = set()
    for call in sorted(calls, key=lambda call: int(call["seq"])):
        if call["route"] == REMOVE:
            named = set(call["request"]["dentryIds"])
            assert not named & sent, f"sent again without a look: {named & sent}"
            sent |= named
        elif call["route"] == QUERY:
            sent -= set(call["request"]["dentryIds"])
    everything = (await office.control.ask("GET", f"drive/{MARKETING_SPACE}", deleted=1))["dentries"]
    binned = Counter(entry["path"] for entry in everything if entry["deleted"])
    assert not [path for path, times in binned.items() if times > 1]
