"""The benchmark measures what it says, in a form too small to be a measurement."""

import io

from rich.console import Console

from tests.bench.figures import Latency, step_ms
from tests.bench.report import as_json, show
from tests.bench.run import Plan, run

TINY = Plan(
    files=(31,),
    commands_per_second=4,
    command_rounds=1,
    sustained_s=0,
    clicks_per_second=2,
    click_rounds=1,
)


async def test_a_tiny_run_finds_every_figure() -> None:
    figures = await run(TINY)

    [commands] = figures.commands
    assert len(commands.dingsweep.values_ms) == len(commands.echo.values_ms) == 4
    assert [len(clicks.dingsweep.values_ms) for clicks in figures.clicks] == [2, 2]
    assert [(b.files, b.space_known, b.counted.total()) for b in figures.bills] == [
        (31, False, 8),
        (31, True, 6),
    ]
    assert list(figures.memory) == [
        "after 31 deletions",
        "after 62 deletions",
        "after 8 requests under load",
    ]
    for starts in (figures.dingsweep, figures.echo):
        assert len(starts.connected_s) == len(starts.idle_bytes) == 2

    printed = io.StringIO()
    show(figures, {"seed": TINY.seed}, Console(file=printed, width=140))
    assert "dentries/batchRemove" in printed.getvalue()
    assert as_json(figures, {"seed": TINY.seed})["calls"][1]["files"] == 31


def test_a_median_is_read_between_the_steps_of_the_clock() -> None:
    assert Latency((1, 2, 2, 2, 2, 3, 3, 3), step_ms=1).p50_ms == 2.25
    assert Latency(tuple(range(200)), step_ms=1).p99_ms == 198
    assert Latency((2, 2, 2), step_ms=1).is_coarse
    assert not Latency((20, 20, 20), step_ms=1).is_coarse


def test_the_step_of_a_clock_is_the_smallest_it_was_seen_to_make() -> None:
    assert step_ms([40, 10, 25, 10]) == 15
    assert step_ms([7]) == 1
