"""Many files, named one by one: how long until all of them are deleted, and how long the official SDK takes.

Dingsweep's time goes from the click that confirms to the stored receipt, as its own rows have them: with it every
batch is noted before it is sent, every answer, and what became of every file. That of the SDK is its bare loop.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.store import Store
from tests.bench.figures import Bill, Pace, Race
from tests.bench.jobs import ask, bill, confirm, delete, too_fast
from tests.bench.programs import BenchError, running
from tests.bench.stage import PERSON, SPACE, Robot, Stage, dingsweep

REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
ROOMY = "tests.bench.roomy"
PLENTY = 10**9
WITHIN_S = 300


async def races(stage: Stage, sizes: Sequence[int], pace: Pace) -> tuple[list[Race], Bill]:
    """A race over each number of files; and what Dingsweep's first one cost in calls."""
    planted = iter(await stage.plant(f"/race/{i:06}.bin" for i in range(2 * sum(sizes) + 1)))
    run: list[Race] = []
    first: Bill | None = None
    async with dingsweep(stage, program=ROOMY, DINGSWEEP_MAX_DENTRIES=str(max(sizes))) as robot:
        await delete(stage, next(planted))  # finds out which space it is
        for size in sizes:
            swept_s, cpu_s, throttled = await _sweep(stage, robot, list(islice(planted, size)), pace)
            first = first or await bill(stage, size, space_known=True)
            sdk_s = await _loop(stage, list(islice(planted, size)), pace)
            run.append(Race(size, pace, swept_s, sdk_s, cpu_s, throttled))
    if first is None:
        raise BenchError("There is no race without files")
    return run, first


async def _sweep(stage: Stage, robot: Robot, dentry_ids: list[str], pace: Pace) -> tuple[float, float, int]:
    """Seconds until the receipt was stored, processor time until it was told, and calls that were too many."""
    card = await ask(stage, " ".join(dentry_ids), within_s=WITHIN_S)
    before_s = robot.program.cpu_s()
    async with _limited(stage, pace):
        await confirm(stage, card, within_s=WITHIN_S)
    cpu_s = robot.program.cpu_s() - before_s
    calls = await stage.calls(REMOVE)
    async with Store(f"sqlite+aiosqlite:///{robot.database}") as store:
        request = await store.requests.by_card(card)
    if not (request and request.decided_at and request.finished_at and request.state == "done"):
        raise BenchError(
            f"{len(dentry_ids)} files were to be deleted, and that is {request and request.state}"
        )
    elapsed = request.finished_at - request.decided_at
    return elapsed.total_seconds(), cpu_s, sum(map(too_fast, calls))


async def _loop(stage: Stage, dentry_ids: list[str], pace: Pace) -> float:
    """Seconds that the loop around the SDK takes."""
    union_id = (await stage.control.people())[PERSON]["unionId"]
    token = await stage.control.token()
    with TemporaryDirectory(prefix="dingsweep-bench-") as folder:
        file = Path(folder) / "ids"
        file.write_text("\n".join(dentry_ids))
        arguments = ("tests.bench.sdk_loop", stage.control.url, token, SPACE, union_id, str(file))
        async with _limited(stage, pace), running(Path(folder), *arguments, reads_output=True) as program:
            assert program.process.stdout is not None
            printed = (await program.process.stdout.readline()).decode()
            if not printed:
                raise BenchError(f"The SDK did not delete them:\n{program.last_words()}")
    return float(printed)


@asynccontextmanager
async def _limited(stage: Stage, pace: Pace) -> AsyncIterator[None]:
    """DingTalk as it is, but for the month's quota."""
    await stage.control.limits(
        permitUnlimited=False,
        callsPerSecond=pace.calls_per_second,
        latencyMs=pace.latency_ms,
        monthlyQuota=PLENTY,
        pushQuota=PLENTY,
    )
    try:
        yield
    finally:
        await stage.control.limits(permitUnlimited=True, latencyMs=0)
