"""How fast the robot calls while the sandbox allows more or less: the share it uses of that, and what is refused.

The long forms print their figures, to be seen with `pytest -m soak -s`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.conformance.control import Control, Json
from tests.databases import NewDatabase
from tests.integration.hurried import ROUTE, working
from tests.integration.office import PATIENCE_S
from tests.unit.test_store import driven

ROOT = Path(__file__).parents[2]


async def calls(sandbox: Control, after: int = 0, *, count: int = 0) -> list[Json]:
    """The calls with a higher number than this, once there are so many (one is for a token)."""
    wait = PATIENCE_S if count else 0
    found: list[Json] = (await sandbox.ask("GET", "calls", after=after, count=count or 1, wait=wait))["calls"]
    assert len(found) >= count
    return found


def taken(those: list[Json]) -> list[Json]:
    """Those that were not too fast."""
    return [call for call in those if not call["note"]]


class Watch:
    """What the sandbox saw in a stretch of real time."""

    def __init__(self, sandbox: Control) -> None:
        self._sandbox = sandbox
        self.taken = self.refused = 0
        self.offered = 0.0

    async def over(self, seconds: float, allowed: int) -> None:
        """Watch for so long, while so many calls a second are allowed."""
        await self._sandbox.limits(callsPerSecond=allowed)
        began_ms = time.time() * 1000
        await asyncio.sleep(seconds)
        seen = await calls(self._sandbox)
        those = [
            call
            for call in seen
            if call["route"] == ROUTE and began_ms <= call["at"] < began_ms + seconds * 1000
        ]
        took = len(taken(those))
        self.taken, self.refused = self.taken + took, self.refused + len(those) - took
        self.offered += allowed * seconds
        _say(f"{allowed} a second: {took / (allowed * seconds):.1%} used, {len(those) - took} refused")

    @property
    def shares(self) -> tuple[float, float]:
        """How much of what was allowed was used, and how much of what was called was refused."""
        return self.taken / self.offered, self.refused / (self.taken + self.refused)


async def test_the_pace_falls_when_it_must_and_rises_when_it_may(sandbox_process: Control) -> None:
    await sandbox_process.limits(callsPerSecond=40, latencyMs=50)
    async with working(sandbox_process.url, calls_per_second=40):
        fast = await calls(sandbox_process, count=20)
        await sandbox_process.limits(callsPerSecond=5)
        slow = (await calls(sandbox_process, after=fast[-1]["seq"], count=24))[-1]["seq"]
        slowed: list[Json] = []
        async with asyncio.timeout(PATIENCE_S):  # not all is refused; how much is used, the long form says
            while not taken(slowed):
                slowed = await calls(sandbox_process, slow, count=len(slowed) + 5)
        await sandbox_process.limits(callsPerSecond=40)
        seen: list[Json] = []
        async with asyncio.timeout(PATIENCE_S):
            while not _reaches(taken(seen), 25):
                seen = await calls(sandbox_process, slowed[-1]["seq"], count=len(seen) + 5)


def _reaches(those: list[Json], number: int) -> bool:
    """Whether so many came within a second at any time."""
    times = [call["at"] for call in those]
    return any(last - first <= 1000 for first, last in zip(times, times[number - 1 :], strict=False))


@pytest.mark.soak
async def test_what_is_allowed_is_used_when_it_falls_and_rises(sandbox_process: Control) -> None:
    await sandbox_process.limits(callsPerSecond=40, latencyMs=100)
    watch = Watch(sandbox_process)
    async with working(sandbox_process.url, calls_per_second=40):
        for allowed in (40, 5, 40):
            await watch.over(60, allowed)
    used, refused = watch.shares
    _say(f"in all: {used:.1%} of the allowed used, {refused:.2%} of the calls throttled")
    assert used >= 0.9
    assert refused < 0.02


@pytest.mark.soak
@pytest.mark.parametrize("replicas", [1, 2, 3])
async def test_replicas_together_use_what_one_app_may(
    sandbox_process: Control, postgres: NewDatabase, replicas: int
) -> None:
    await sandbox_process.limits(callsPerSecond=20, latencyMs=100)
    watch = Watch(sandbox_process)
    async with _processes(sandbox_process.url, driven(postgres()), replicas):
        await calls(sandbox_process, count=1)
        await watch.over(20, 20)
    used, refused = watch.shares
    _say(f"{replicas} replicas: {used:.1%} of 20 a second used, {refused:.2%} of the calls throttled")
    assert used >= 0.85
    assert refused < 0.02, (
        "none, unless the machine stands still for longer than a window is wider than a second"
    )


@asynccontextmanager
async def _processes(url: str, database_url: str, number: int) -> AsyncIterator[None]:
    """So many of them, all at work by now."""
    command = (sys.executable, "-m", "tests.integration.hurried", url, database_url, "60")
    async with AsyncExitStack() as stack:
        for _ in range(number):
            process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            stack.push_async_callback(process.wait)
            stack.callback(process.terminate)
            assert process.stdout
            assert process.stdin
            await process.stdout.readuntil(b"ready\n")
            process.stdin.write(b"go\n")
        yield


def _say(figures: str) -> None:
    print(figures)  # noqa: T201
