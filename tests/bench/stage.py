"""A sandbox with one robot connected to it: Dingsweep itself, or the bare echo robot it is compared with."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp

from tests.bench.programs import BenchError, Program, running
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, Control

PATIENCE_S = 60
PLANTED_AT_ONCE = 5000
GROUP = "cidMarketing=="
SPACE = "24010001"
PERSON = "wang"

Json = dict[str, Any]


@dataclass
class Stage:
    """One sandbox. `calls_seen` and `frames_seen` are the last numbers of its logs that were looked at."""

    control: Control
    calls_seen: int = 0
    frames_seen: int = 0

    async def skip_calls(self) -> None:
        """Look only at calls that come from now on."""
        self.calls_seen = (await self.control.ask("DELETE", "calls"))["lastSeq"]

    async def plant(self, paths: Iterable[str], sizes: Iterable[int] = repeat(1000)) -> list[str]:
        """Put files there, and the folders above them where they lack; returns the files' dentryIds."""
        wishes = [
            {"path": path, "size": size, "creator": PERSON} for path, size in zip(paths, sizes, strict=False)
        ]
        made: list[Json] = []
        for start in range(0, len(wishes), PLANTED_AT_ONCE):
            some = {"create": wishes[start : start + PLANTED_AT_ONCE]}
            made += (await self.control.ask("POST", f"drive/{SPACE}", some))["created"]
        return [entry["id"] for entry in made if entry["type"] == "FILE"]

    async def calls(
        self, route: str = "", *, count: int = 1, after: int = 0, within_s: int = PATIENCE_S
    ) -> list[Json]:
        """The calls since `skip_calls` (or `after` a later one), of one route if given, once there are `count`."""
        found: list[Json] = []
        until = time.monotonic() + within_s
        while len(found) < count and (left_s := until - time.monotonic()) > 0:
            found = (
                await self.control.ask(
                    "GET",
                    f"calls?path={quote(route)}",
                    after=max(after, self.calls_seen),
                    count=count,
                    wait=round(min(left_s, PATIENCE_S)),
                )
            )["calls"]
        if len(found) < count:
            raise BenchError(f"{count} calls of {route or 'any route'} were expected, {len(found)} came")
        return found

    async def pushed_at(self) -> dict[str, int]:
        """When each message since the last look went out to the robot, by msgId, in ms of the sandbox's clock."""
        answer = await self.control.ask(
            "GET", "frames", after=self.frames_seen, direction="out", type="CALLBACK"
        )
        self.frames_seen = answer["lastSeq"]
        return {frame["msgId"]: frame["at"] for frame in answer["frames"]}


@dataclass(frozen=True)
class Robot:
    """A connected robot of either kind; `idle_bytes` is the memory it held when it had just connected."""

    program: Program
    folder: Path
    connected_after_s: float
    idle_bytes: int

    @property
    def database(self) -> Path:
        """Where it keeps what it knows; what it keeps there may be read while it runs."""
        return database_in(self.folder)


def database_in(folder: Path) -> Path:
    """The file of a robot that runs, or ran, in this folder."""
    return folder / "var" / "dingsweep.sqlite"


class Starter(Protocol):
    """`dingsweep` or `echo`."""

    def __call__(self, stage: Stage) -> AbstractAsyncContextManager[Robot]:
        """Start a robot; it is connected when the block begins, and gone when it ends."""


@asynccontextmanager
async def new_stage() -> AsyncIterator[Stage]:
    """A sandbox without latency and without limits, freshly seeded."""
    with TemporaryDirectory(prefix="dingsweep-bench-") as folder:
        arguments = ("sandbox", "--port", "0")
        async with running(Path(folder), *arguments, reads_output=True) as program:
            assert program.process.stdout is not None
            url = (await program.process.stdout.readline()).decode().strip()
            if not url:
                raise BenchError(f"The sandbox did not start:\n{program.last_words()}")
            async with aiohttp.ClientSession() as http:
                control = Control(http, url)
                await control.limits(permitUnlimited=True, latencyMs=0)
                yield Stage(control)


def dingsweep(
    stage: Stage, folder: Path | None = None, *, program: str = "bot", **settings: str
) -> AbstractAsyncContextManager[Robot]:
    """Dingsweep as people run it; with a new database, or that of a folder in which it ran before."""
    environment = {
        "DINGSWEEP_CLIENT_ID": CLIENT_ID,
        "DINGSWEEP_CLIENT_SECRET": CLIENT_SECRET,
        "DINGSWEEP_API_BASE_URL": stage.control.url,
        "DINGSWEEP_OAPI_BASE_URL": stage.control.url,
        "DINGSWEEP_RULES": '[{"name": "Whoever asks confirms", "answer": "confirm"}]',
        "DINGSWEEP_HEALTH": "off",
    }
    return _robot(stage, (program, "run"), environment | settings, folder)


def echo(stage: Stage) -> AbstractAsyncContextManager[Robot]:
    """The bare robot."""
    return _robot(stage, ("tests.bench.echo",), {"DINGTALK_OPENAPI_ENDPOINT": stage.control.url}, None)


@asynccontextmanager
async def _robot(
    stage: Stage, arguments: tuple[str, ...], environment: Mapping[str, str], kept: Path | None
) -> AsyncIterator[Robot]:
    with TemporaryDirectory(prefix="dingsweep-bench-") as new:
        folder = kept or Path(new)
        async with running(folder, *arguments, environment=dict(environment)) as program:
            connections = await _connections(stage, 1)
            elapsed_s = time.perf_counter() - program.started_at
            if not connections:
                raise BenchError(f"{arguments[0]} did not connect:\n{program.last_words()}")
            try:
                yield Robot(program, folder, elapsed_s, program.resident_bytes())
            except BenchError as error:
                raise BenchError(f"{error}\n{program.last_words()}") from error
        await _connections(stage, 0)


async def _connections(stage: Stage, count: int) -> list[Json]:
    answer = await stage.control.ask("GET", "stream", count=count, wait=PATIENCE_S)
    connections: list[Json] = answer["connections"]
    return connections
