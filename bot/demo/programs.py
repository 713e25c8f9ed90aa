"""The two programs of the demo, started as anybody would start them: the sandbox, and the robot connected to it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from signal import Signals
from typing import Any, TypeVar

import bot
from bot.demo.sandbox import ROBOT, Sandbox

START_S = 30
STOP_S = 15
SAID_CHARS = 300
T = TypeVar("T")
_ROOT = Path(bot.__file__).parents[1]
_OURS = "DINGSWEEP_"


class ProgramError(Exception):
    """A program did not start, or ended before its time. Its text is one sentence, with the place of its log."""


class Program:
    """A running program of ours with a log of its own; it ends with us, however we end."""

    def __init__(self, name: str, process: Process, log: Path) -> None:
        self.name = name
        self.process = process
        self.log = log

    async def first_line(self) -> str:
        """The first line it prints; empty when it ends without one."""
        if self.process.stdout is None:
            return ""
        return (await self.process.stdout.readline()).decode().strip()

    async def ended(self) -> ProgramError:
        """Wait until it ends, and say so."""
        code = await self.process.wait()
        return self.problem(f"was ended by {Signals(-code).name}" if code < 0 else f"ended with code {code}")

    def problem(self, what: str) -> ProgramError:
        """A sentence about it, with what it said last."""
        said = _last_words(self.log)
        return ProgramError(f"The {self.name} {what}{f' ({said})' if said else ''}. Its log: {self.log}")

    async def stop(self) -> None:
        """End it as SIGTERM would, and by force when it does not listen."""
        if self.process.returncode is None:
            self.process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[tuple[Program, Sandbox]]:
    """A local DingTalk on a free port. Raises ProgramError when it does not start."""
    async with _running("sandbox", folder, "sandbox", "--port", "0", environment={}) as program:
        url = await _started(program, program.first_line())
        if not url:
            raise await program.ended()
        async with Sandbox(url) as box:
            yield program, box


def database_url(folder: Path) -> str:
    """Where the robot that runs in this folder keeps what it must not forget."""
    return f"sqlite+aiosqlite:///{folder / 'robot.sqlite'}"


@asynccontextmanager
async def robot(folder: Path, box: Sandbox) -> AsyncIterator[Program]:
    """The robot, connected to that sandbox. Raises ProgramError when it does not get there."""
    settings = {
        "CLIENT_ID": ROBOT,
        "CLIENT_SECRET": "sandbox-secret",
        "CORP_ID": "dingcorpsandbox",
        "API_BASE_URL": box.url,
        "OAPI_BASE_URL": box.url,
        "DATABASE_URL": database_url(folder),
        "LOG": "json",
        "HEALTH": "off",
    }
    environment = {_OURS + name: value for name, value in settings.items()}
    async with _running("robot", folder, "bot", "run", environment=environment) as program:
        await _started(program, box.connected(START_S))
        yield program


@asynccontextmanager
async def _running(
    name: str, folder: Path, module: str, *arguments: str, environment: dict[str, str]
) -> AsyncIterator[Program]:
    log = folder / f"{name}.log"
    with log.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.demo.guard", module, *arguments),
            cwd=folder,
            env=_environment() | environment,
            stdin=PIPE,
            stdout=PIPE if name == "sandbox" else DEVNULL,
            stderr=file,
            process_group=0,  # Ctrl-C reaches the demo alone, which stops the robot before the sandbox
        )
    program = Program(name, process, log)
    try:
        yield program
    finally:
        await program.stop()


def _environment() -> dict[str, str]:
    """Ours, without the settings of another robot, and with no proxy between the two programs."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(_OURS)}
    path = os.pathsep.join(filter(None, (str(_ROOT), kept.get("PYTHONPATH"))))
    return kept | {"PYTHONPATH": path, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


async def _started(program: Program, sign: Coroutine[Any, Any, T]) -> T:
    """What the sign of life is, or why there is none."""
    living, ending = asyncio.create_task(sign), asyncio.create_task(program.process.wait())
    try:
        await asyncio.wait({living, ending}, timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
        if ending.done():
            raise await program.ended()
        if not living.done():
            raise program.problem(f"was not ready within {START_S} s")
        return living.result()
    finally:
        living.cancel()
        ending.cancel()


def _last_words(log: Path) -> str:
    """What a program complained of last, if it is the last it said: a plain line, or a record of an error."""
    lines = log.read_text("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    try:
        record = json.loads(last)
    except ValueError:
        return last[:SAID_CHARS].rstrip(".")
    said = str(record.get("problem", record["event"])).rstrip(".")
    return said[:SAID_CHARS] if record.get("level") in {"error", "critical"} else ""
