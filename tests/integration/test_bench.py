"""The benchmark measures what it says, in a form too small to be a measurement."""

import asyncio
import io
from collections import Counter

import pytest
from rich.console import Console

from tests import forked
from tests.bench.figures import (
    Bill,
    Comparison,
    Costs,
    Figures,
    Growth,
    Latency,
    Pace,
    Peak,
    Race,
    Starts,
    step_ms,
)
from tests.bench.readme import MIB, Language, block
from tests.bench.report import as_json, show
from tests.bench.run import Plan, run

TINY = Plan(
    trial_starts=0,
    files=(31,),
    commands_per_second=4,
    command_rounds=1,
    sustained_s=0,
    clicks_per_second=2,
    click_rounds=1,
    race_files=(60,),
    race_pace=Pace(calls_per_second=40, latency_ms=10),
    past_requests=20,
    past_files=2,
    growth_jobs=1,
    folder_files=60,
    peak_dentries=120,
)


async def test_a_tiny_run_finds_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "create_subprocess_exec", forked.create_subprocess_exec)
    figures = await run(TINY)

    [commands] = figures.commands
    assert len(commands.dingsweep.values_ms) == len(commands.echo.values_ms) == 4
    assert [len(clicks.dingsweep.values_ms) for clicks in figures.clicks] == [2, 2]
    assert [(b.files, b.space_known, b.counted.total()) for b in figures.bills] == [
        (31, False, 8),
        (31, True, 6),
    ]
    assert [(b.files, b.in_folder) for b in figures.thousand] == [(60, False), (60, True)]
    assert [
        b.counted["POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"] for b in figures.thousand
    ] == [2, 1]
    assert list(figures.memory) == [
        "after 31 deletions",
        "after 62 deletions",
        "after 8 requests under load",
    ]
    for starts in (figures.dingsweep, figures.echo):
        assert len(starts.connected_s) == len(starts.idle_bytes) == 2

    [race] = figures.races
    assert (race.files, race.limit_s, race.throttled) == (60, 0.01, 0)
    assert min(race.dingsweep_s, race.sdk_s) > race.limit_s
    assert figures.growth
    assert figures.growth.records > 20 * 10
    assert len(figures.growth.empty.elapsed_ms) == len(figures.growth.full.elapsed_ms) == 1
    assert figures.peak
    assert figures.peak.dentries == 120
    assert figures.peak.asked_bytes <= figures.peak.peak_bytes

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


def test_the_limit_is_what_pace_and_latency_allow_and_nothing_more() -> None:
    def limit_s(files: int) -> float:
        return Race(files, Pace(calls_per_second=20, latency_ms=100), 1, 1, 1).limit_s

    assert [limit_s(files) for files in (1, 1000, 1001, 10_000)] == [0.1, 0.1, 1.1, 9.1]


@pytest.mark.parametrize(
    ("language", "many"),
    [
        ("en", "for 1,000 files 57 named by ID, 46 as one folder"),
        ("zh", "1,000 个文件：按 ID 指定 57 次，作为一个文件夹 46 次"),
    ],
)
def test_the_readme_gets_what_was_measured(language: Language, many: str) -> None:
    even = Latency((20.0, 20.0), step_ms=1)
    paces = [Comparison(what, even, even) for what in ("bursts", "long", "cancel", "confirm")]
    named = [(1, False, 7), (1, True, 5), (50, True, 6), (500, True, 30)]
    bills = [Bill(files, known, Counter(calls=calls), Counter()) for files, known, calls in named]
    figures = Figures(
        commands=paces[:2],
        clicks=paces[2:],
        bills=bills,
        thousand=[
            Bill(1000, True, Counter(calls=57), Counter()),
            Bill(1000, True, Counter(calls=46), Counter(), in_folder=True),
        ],
        races=[Race(10_000, Pace(), 11.2, 23.4, 5)],
        growth=Growth(10_000, 5, 1, 1, Costs([100], 50), Costs([110], 51)),
        peak=Peak(100_000, 120 * MIB, 130 * MIB, 60, 60),
        memory={"after 500 deletions": 123 * MIB},
        dingsweep=Starts([1.4], [113 * MIB]),
        echo=Starts([0.4], [41 * MIB]),
    )
    written = block(figures, language)
    assert many in written
    assert "| 11.2 s | 9.1 s | 23.4 s |".replace("s", {"en": "s", "zh": "秒"}[language]) in written
    assert "{" not in written
