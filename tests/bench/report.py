"""A run's figures as tables for people and as JSON for programs."""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.figures import Bill, Comparison, Figures, Growth, Latency, Race, Starts
from tests.bench.load import CALLBACK_MS

MIB = 2**20


def as_json(figures: Figures, surroundings: Mapping[str, Any]) -> dict[str, Any]:
    """Every figure; durations in ms or s, memory in bytes, as the names say."""
    return {
        **surroundings,
        "latency": [
            {
                "what": c.what,
                "dingsweep": _latency(c.dingsweep),
                "echo": _latency(c.echo),
                "ratio_p50": round(c.dingsweep.p50_ms / c.echo.p50_ms, 2),
                "ratio_p99": round(c.dingsweep.p99_ms / c.echo.p99_ms, 2),
            }
            for c in (*figures.commands, *figures.clicks)
        ],
        "calls": [
            {
                "files": b.files,
                "in_folder": b.in_folder,
                "space_known": b.space_known,
                "counted": dict(b.counted),
                "free": dict(b.free),
            }
            for b in (*figures.bills, *figures.thousand)
        ],
        "start": {
            name: {"connected_s": starts.connected_s, "idle_bytes": starts.idle_bytes}
            for name, starts in (("dingsweep", figures.dingsweep), ("echo", figures.echo))
        },
        "memory_bytes": figures.memory,
        "races": [
            asdict(r) | {"limit_s": r.limit_s, "ratio_limit": r.over_limit, "ratio_sdk": r.over_sdk}
            for r in figures.races
        ],
        "growth": figures.growth and asdict(figures.growth) | {"ratio_cpu": figures.growth.cpu_ratio},
        "peak": figures.peak and asdict(figures.peak),
    }


def _latency(latency: Latency) -> dict[str, Any]:
    return {
        "n": len(latency.values_ms),
        "p50_ms": round(latency.p50_ms, 3),
        "p99_ms": round(latency.p99_ms, 3),
        "clock_step_ms": latency.step_ms,
    }


def show(figures: Figures, surroundings: Mapping[str, Any], console: Console) -> None:
    """Print the tables."""
    for topic, facts in surroundings.items():
        words = ", ".join(f"{k} {v}" for k, v in facts.items()) if isinstance(facts, dict) else str(facts)
        console.print(f"[bold]{topic}[/] {words}", highlight=False, soft_wrap=True)
    console.print(_latencies([*figures.commands, *figures.clicks]))
    console.print(*_remarks(figures), sep="\n", highlight=False, soft_wrap=True)
    console.print(_bills(figures.bills))
    console.print(_bills(figures.thousand))
    console.print("Warm: it is known which space the conversation has.", highlight=False)
    console.print(_process(figures))
    if figures.races:
        console.print(_races(figures.races))
    if figures.growth:
        console.print(_growth(figures.growth))


def _remarks(figures: Figures) -> Iterator[str]:
    """What the table of latencies does not say by itself."""
    yield "Commands: from frame to the call that answers. Clicks: from frame to answer."
    if any(side.is_coarse for c in figures.commands for side in (c.dingsweep, c.echo)):
        yield "~ one step of the sandbox's clock is more than a tenth of this"
    for c in figures.clicks:
        if late := c.dingsweep.reaching(CALLBACK_MS):
            yield f"{c.what}: {late} answers came after the {CALLBACK_MS / 1000:g} s that DingTalk waits"


def _table(title: str, *headings: str) -> Table:
    """A table with figures in all columns but the first; narrow enough for 80 characters."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _latencies(comparisons: list[Comparison]) -> Table:
    headings = ("n", "Dingsweep\np50", "\np99", "echo\np50", "\np99", "ratio\np50", "\np99")
    table = _table("Overhead in ms beside a bare echo robot", *headings)
    for c in comparisons:
        ours, theirs = c.dingsweep, c.echo
        table.add_row(
            c.what,
            str(len(ours.values_ms)),
            _p50(ours),
            f"{ours.p99_ms:.1f}",
            _p50(theirs),
            f"{theirs.p99_ms:.1f}",
            _ratio(ours.p50_ms, theirs.p50_ms),
            _ratio(ours.p99_ms, theirs.p99_ms),
        )
    return table


def _ratio(ours: float, theirs: float) -> str:
    ratio = ours / theirs
    return f"{ratio:.1f}" if ratio < 100 else f"{ratio:.0f}"


def _p50(latency: Latency) -> str:
    return f"{'~' if latency.is_coarse else ''}{latency.p50_ms:.1f}"


def _bills(bills: list[Bill]) -> Table:
    headings = [f"{b.files:,}\n{_kind(b)}" for b in bills]
    table = _table("Counted calls of one request, by number of files", *headings)
    for route in dict.fromkeys(route for b in bills for route in b.counted):
        table.add_row(_short(route), *(str(b.counted[route] or "") for b in bills))
    table.add_section()
    table.add_row("[bold]all", *(f"[bold]{b.counted.total()}" for b in bills))
    table.add_row("free: tokens, contacts", *(str(b.free.total()) for b in bills))
    return table


def _kind(bill: Bill) -> str:
    if bill.in_folder:
        return "one folder"
    return "warm" if bill.space_known else "cold"


def _short(route: str) -> str:
    """Method and the end of the path."""
    method, _, path = route.partition(" ")
    return f"{method} …/{'/'.join(path.split('/')[-2:])}"


def _process(figures: Figures) -> Table:
    ours, theirs = figures.dingsweep, figures.echo
    table = _table("Start and memory", "Dingsweep", "echo", "ratio")
    s, b = statistics.median(ours.connected_s), statistics.median(theirs.connected_s)
    table.add_row(f"start to connected, {_of(ours)}", f"{s:.2f} s", f"{b:.2f} s", _ratio(s, b))
    s, b = statistics.median(ours.idle_bytes), statistics.median(theirs.idle_bytes)
    table.add_row("resident memory when connected", _mib(s), _mib(b), _ratio(s, b))
    for moment, resident in figures.memory.items():
        table.add_row(f"resident memory {moment}", _mib(resident))
    if figures.peak:
        moment = f"most memory, folder of {figures.peak.dentries:,}"
        table.add_row(f"{moment}, asked", _mib(figures.peak.asked_bytes))
        table.add_row(f"{moment}, deleted", _mib(figures.peak.peak_bytes))
    return table


def _races(races: list[Race]) -> Table:
    pace = races[0].pace
    table = _table(
        f"Seconds for many files at {pace.latency_ms} ms an answer and {pace.calls_per_second} calls a second",
        *(
            "limit",
            "Dingsweep",
            "SDK in\na loop",
            "ratio\nlimit",
            "ratio\nSDK",
            "processor\ntime",
            "throttled",
        ),
    )
    for r in races:
        times = (r.limit_s, r.dingsweep_s, r.sdk_s)
        ratios = (r.over_limit, r.over_sdk)
        table.add_row(
            f"{r.files:,} files",
            *(f"{seconds:.1f}" for seconds in times),
            *(f"{ratio:.2f}" for ratio in ratios),
            f"{r.cpu_s:.1f}",
            str(r.throttled),
        )
    return table


def _growth(growth: Growth) -> Table:
    table = _table(
        f"One job of one file, of {len(growth.full.elapsed_ms)}, command to closed card",
        *("empty store", f"{growth.past:,} past\nrequests", "ratio"),
    )
    e, f = growth.empty, growth.full
    table.add_row("p50", f"{e.p50_ms:.0f} ms", f"{f.p50_ms:.0f} ms", f"{f.p50_ms / e.p50_ms:.2f}")
    table.add_row("processor time", f"{e.cpu_ms:.0f} ms", f"{f.cpu_ms:.0f} ms", f"{growth.cpu_ratio:.2f}")
    return table


def _of(starts: Starts) -> str:
    return f"median of {len(starts.connected_s)}"


def _mib(size: float) -> str:
    return f"{size / MIB:.1f} MiB"
