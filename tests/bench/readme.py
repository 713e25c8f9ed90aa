"""The block of measured figures in both READMEs, from one run of the default plan.

Its words are in `readme.en.txt` and `readme.zh.txt`.
"""

import platform
import statistics
from pathlib import Path
from typing import Literal

from tests.bench.figures import Bill, Comparison, Figures, Latency, Race
from tests.bench.machine import CORES
from tests.bench.programs import ROOT, BenchError

MIB = 2**20
Language = Literal["en", "zh"]
READMES: dict[Language, Path] = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}

_WORDS: dict[Language, dict[str, str]] = {
    "en": {"ms": "ms", "s": "s", "files": "files", "and": " and ", "comma": ", "},
    "zh": {"ms": "毫秒", "s": "秒", "files": "个文件", "and": "、", "comma": "、"},
}


def put(figures: Figures) -> None:
    """Write the figures over those that stand there."""
    for language, readme in READMES.items():
        before, begin, end, after = _parts(readme.read_text("utf-8"))
        readme.write_text(before + begin + block(figures, language) + end + after, "utf-8")


def _parts(text: str) -> tuple[str, str, str, str]:
    before, begin, rest = text.partition("<!-- bench -->\n")
    _, end, after = rest.partition("<!-- /bench -->")
    return before, begin, end, after


def block(figures: Figures, language: Language) -> str:
    """What belongs between the two marks. Raises BenchError when something was not measured."""
    if not (figures.growth and figures.peak and figures.races):
        raise BenchError("The README tells of everything that the default plan measures")
    words, growth, peak = _WORDS[language], figures.growth, figures.peak
    pace = figures.races[0].pace
    latencies = [_pair(c, words["ms"]) for c in (*figures.commands, *figures.clicks)]
    ours, theirs = figures.dingsweep, figures.echo
    template = Path(__file__).with_name(f"readme.{language}.txt").read_text("utf-8")
    return template.format(
        **dict(zip(("bursts", "sustained", "cancel", "confirm"), latencies, strict=True)),
        **_calls(figures.bills, figures.thousand, words),
        latency_ms=pace.latency_ms,
        rate=pace.calls_per_second,
        races="\n".join(_race(race, words) for race in figures.races),
        past=growth.past,
        empty_ms=growth.empty.p50_ms,
        full_ms=growth.full.p50_ms,
        empty_cpu_ms=growth.empty.cpu_ms,
        full_cpu_ms=growth.full.cpu_ms,
        idle=statistics.median(ours.idle_bytes) / MIB,
        echo_idle=statistics.median(theirs.idle_bytes) / MIB,
        after_500=figures.memory["after 500 deletions"] / MIB,
        peak=peak.peak_bytes / MIB,
        peak_dentries=peak.dentries,
        start=statistics.median(ours.connected_s),
        echo_start=statistics.median(theirs.connected_s),
        cores=CORES,
        python=".".join(platform.python_version_tuple()[:2]),
    )


def _pair(compared: Comparison, ms: str) -> str:
    return f"{_both(compared.dingsweep)} {ms} | {_both(compared.echo)} {ms}"


def _both(latency: Latency) -> str:
    return " / ".join(f"{ms:.0f}" if ms >= 2 else f"{ms:.1f}" for ms in (latency.p50_ms, latency.p99_ms))


def _race(race: Race, words: dict[str, str]) -> str:
    times = " | ".join(f"{s:.1f} {words['s']}" for s in (race.dingsweep_s, race.limit_s, race.sdk_s))
    return f"| {race.files:,} {words['files']} | {times} |"


def _calls(few: list[Bill], many: list[Bill], words: dict[str, str]) -> dict[str, str | int]:
    """Counted calls: of files named by id, cold and warm; and of many files, named or in a folder."""
    warm = [bill.counted.total() for bill in few if bill.space_known]
    cold = [bill.counted.total() for bill in few if not bill.space_known]
    [named, folder] = many
    return {
        "calls": words["and"].join((words["comma"].join(map(str, warm[:-1])), str(warm[-1]))),
        "more": cold[0] - warm[0],
        "many": named.files,
        "many_named": named.counted.total(),
        "many_folder": folder.counted.total(),
    }
