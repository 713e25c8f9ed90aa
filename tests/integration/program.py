"""The robot as people run it: a process of its own, that can be told to end, or killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from tests import forked
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET
from tests.integration.office import CONFIRMED, PATIENCE_S, Office

SHUTDOWN_S = 10
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code (negative for a signal), and all it printed."""

    code: int
    output: str
    errors: str

    @property
    def printed(self) -> str:
        return self.output + self.errors


class Program:
    """`python -m bot …`, running."""

    def __init__(self, process: asyncio.subprocess.Process | forked.Forked) -> None:
        self._process = process
        self._said = b""

    async def end(self, number: signal.Signals = signal.SIGTERM, *, within_s: float = SHUTDOWN_S) -> Ended:
        """Send a signal and wait for the end; raises TimeoutError when it takes too long."""
        self._process.send_signal(number)
        return await self.ended(within_s)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def says(self, word: str) -> None:
        """Wait until a line on standard error holds this word."""
        assert self._process.stderr
        while word.encode() not in self._said:
            line = await self._process.stderr.readline()
            assert line, f"it ended without saying {word}: {self._said.decode()}"
            self._said += line

    async def ended(self, within_s: float = PATIENCE_S) -> Ended:
        async with asyncio.timeout(within_s):
            output, errors = await self._process.communicate()
        assert self._process.returncode is not None
        return Ended(self._process.returncode, output.decode(), (self._said + errors).decode())

    @property
    def peak_bytes(self) -> int:
        """The most memory it has ever held, as Linux counts it."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.returncode is None


def environment(office: Office, **given: str) -> dict[str, str]:
    """Settings as variables, and nothing of those of whoever runs the tests."""
    settings = {
        "DINGSWEEP_CLIENT_ID": CLIENT_ID,
        "DINGSWEEP_CLIENT_SECRET": CLIENT_SECRET,
        "DINGSWEEP_API_BASE_URL": office.control.url,
        "DINGSWEEP_OAPI_BASE_URL": office.control.url,
        "DINGSWEEP_DATABASE_URL": office.database_url,
        "DINGSWEEP_RULES": json.dumps(CONFIRMED),
        "DINGSWEEP_HEALTH": "off",
    }
    return settings | given


@asynccontextmanager
async def started(folder: Path, *arguments: str, variables: Mapping[str, str]) -> AsyncIterator[Program]:
    """`python -m bot ARGUMENTS` in `folder`; whatever still runs at the end is killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments), cwd=folder, env=whole(variables), stdout=PIPE, stderr=PIPE
    )
    async with _ending(Program(process)) as program:
        yield program


@asynccontextmanager
async def _ending(program: Program) -> AsyncIterator[Program]:
    try:
        yield program
    finally:
        if program.runs:
            await program.end(signal.SIGKILL)


def whole(variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program with these settings, and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DINGSWEEP_")}
    return {**inherited, "PYTHONPATH": str(ROOT), **variables}


async def ran(folder: Path, *arguments: str, variables: Mapping[str, str]) -> Ended:
    """A command that ends by itself."""
    async with started(folder, *arguments, variables=variables) as program:
        return await program.ended()


async def ran_inside(folder: Path, *arguments: str, variables: Mapping[str, str]) -> Ended:
    """The same without a process of its own, whose start takes a second: what is said to a pipe, and the exit code."""
    hidden = {name: None for name in os.environ if name.startswith("DINGSWEEP_")}
    runner = CliRunner(env={**hidden, **variables})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = await asyncio.to_thread(runner.invoke, main, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


@asynccontextmanager
async def robot(office: Office, **given: str) -> AsyncIterator[Program]:
    """The robot's process, connected; one that can be killed and missed has less patience than people have."""
    module = "bot" if office.database_url.startswith("sqlite") else "tests.integration.impatient"
    process = await forked.create_subprocess_exec(
        *(sys.executable, "-m", module, "run"),
        cwd=office.folder,
        env=whole(environment(office, **given)),
        stdout=PIPE,
        stderr=PIPE,
    )
    async with _ending(Program(process)) as program:
        await office.control.ask("GET", "stream", wait=PATIENCE_S, count=1)
        yield program


async def killed(office: Office, program: Program) -> None:
    """What a crash is: no drain, no goodbye."""
    await program.end(signal.SIGKILL)
    await office.control.ask("GET", "stream", wait=PATIENCE_S, count=0)
