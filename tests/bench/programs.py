"""Programs of ours in processes of their own: started, watched from outside, ended."""

import asyncio
import os
import subprocess
import sys
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
END_WITHIN_S = 15
LAST_LINES = 5


class BenchError(Exception):
    """The benchmark cannot go on; the text says why."""


@dataclass(frozen=True)
class Program:
    """A running program; `log` is what it writes, `started_at` is in seconds of time.perf_counter."""

    process: Process
    log: Path
    started_at: float

    def resident_bytes(self) -> int:
        """Memory it holds at this moment, as the operating system counts it."""
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            [line] = [line for line in status.read_text().splitlines() if line.startswith("VmRSS:")]
            return int(line.split()[1]) * 1024
        asked = ["ps", "-o", "rss=", "-p", str(self.process.pid)]
        return int(subprocess.check_output(asked)) * 1024  # noqa: S603  macOS has no /proc

    def last_words(self) -> str:
        """The end of its log, for whoever must find out what went wrong."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-LAST_LINES:])


@asynccontextmanager
async def running(
    folder: Path, *arguments: str, environment: dict[str, str] | None = None, reads_output: bool = False
) -> AsyncIterator[Program]:
    """`python -m ARGUMENTS` in `folder`; at the end told to stop, and waited for.

    Its output goes to a file, or with `reads_output` its standard output to `process.stdout`.
    """
    log = folder / f"{arguments[0]}.log"
    with log.open("ab") as out:
        started_at = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            cwd=folder,
            env=_surroundings() | (environment or {}),
            stdout=PIPE if reads_output else out,
            stderr=out if reads_output else STDOUT,
        )
    try:
        yield Program(process, log, started_at)
    finally:
        await _end(process)


def _surroundings() -> dict[str, str]:
    """Our environment without settings of a robot, able to import us, and never through a proxy."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DINGSWEEP_")}
    return kept | {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


async def _end(process: Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), END_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
