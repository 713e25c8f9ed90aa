"""What a job costs a robot with a long past beside one without: the same jobs in turns, from command to closed card."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.figures import Costs, Growth
from tests.bench.jobs import delete
from tests.bench.past import write_past
from tests.bench.stage import PATIENCE_S, Robot, Stage, database_in, dingsweep

WARM_UP = 3
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True)
class Side:
    """One of the two."""

    stage: Stage
    robot: Robot
    files: Iterator[str]
    costs: Costs

    async def job(self) -> None:
        await delete(self.stage, next(self.files))

    async def timed_job(self) -> None:
        began = time.perf_counter()
        await self.job()
        self.costs.elapsed_ms.append((time.perf_counter() - began) * 1000)


async def growth(new: Stage, robot: Robot, old: Stage, *, past: int, files_each: int, jobs: int) -> Growth:
    """Let a new robot do one deletion, give another one that `past` times as its past, and both `jobs` of one file."""
    with TemporaryDirectory(prefix="dingsweep-bench-") as folder:
        await delete(new, " ".join(await new.plant(f"/past/{i}.bin" for i in range(files_each))))
        database = database_in(Path(folder))
        await _at_rest(robot.database)
        _copy(robot.database, database)
        records = await write_past(database, past)
        found = Growth(past, files_each, records, database.stat().st_size)
        async with dingsweep(old, Path(folder)) as with_past:
            sides = [
                Side(new, robot, await _files(new, WARM_UP + jobs), found.empty),
                Side(old, with_past, await _files(old, WARM_UP + jobs), found.full),
            ]
            await _measure(sides, jobs)
    return found


async def _files(stage: Stage, count: int) -> Iterator[str]:
    return iter(await stage.plant(f"/growth/{i:05}.bin" for i in range(count)))


async def _measure(sides: list[Side], jobs: int) -> None:
    for side in sides:
        for _ in range(WARM_UP):
            await side.job()
    before_s = [side.robot.program.cpu_s() for side in sides]
    for _ in range(jobs):
        for side in sides:
            await side.timed_job()
    for side, before in zip(sides, before_s, strict=True):
        side.costs.cpu_ms = (side.robot.program.cpu_s() - before) / jobs * 1000


async def _at_rest(database: Path) -> None:
    """Wait until nothing is under way any more: whoever is given that as the past would go on with all of it."""
    async with asyncio.timeout(PATIENCE_S):
        with closing(sqlite3.connect(database)) as looking:
            unfinished = "SELECT 1 FROM workflow_status WHERE status != 'SUCCESS'"
            while looking.execute(unfinished).fetchone():  # noqa: ASYNC110  of another process
                await asyncio.sleep(LOOK_AGAIN_S)


def _copy(database: Path, to: Path) -> None:
    to.parent.mkdir()
    with closing(sqlite3.connect(database)) as whole, closing(sqlite3.connect(to)) as copy:
        whole.backup(copy)
