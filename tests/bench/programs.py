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
        return self._memory("VmRSS")

    def peak_bytes(self) -> int:
        """The most memory it ever held; without a /proc what it holds now."""
        return self._memory("VmHWM")

    def cpu_s(self) -> float:
        """Processor time it has used so far, in seconds."""
        stat = Path(f"/proc/{self.process.pid}/stat")
        if not stat.exists():
            clock = self._ps("time").split(":")  # [hours:]minutes:seconds
            return sum(float(part) * 60.0**power for power, part in enumerate(reversed(clock)))
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def _memory(self, kind: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return int(self._ps("rss")) * 1024
        [line] = [line for line in status.read_text().splitlines() if line.startswith(f"{kind}:")]
        return int(line.split()[1]) * 1024

    def _ps(self, field: str) -> str:
        """What `ps` knows of it, where there is no /proc, as on macOS."""
        asked = ["ps", "-o", f"{field}=", "-p", str(self.process.pid)]
        return subprocess.check_output(asked, text=True).strip()  # noqa: S603

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
