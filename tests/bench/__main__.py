"""The command line of the benchmark: measures, prints tables, writes JSON when asked to."""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from rich.console import Console

from tests.bench.machine import machine, versions
from tests.bench.programs import BenchError
from tests.bench.readme import put
from tests.bench.report import as_json, show
from tests.bench.run import Plan, run


def main() -> int:
    """0 when everything was measured; no figure is too slow to pass."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--readme", action="store_true", help="put the figures into both READMEs, too")
    parser.add_argument(
        "--seed", type=int, default=Plan.seed, help="of pace and file sizes (default: %(default)s)"
    )
    options = parser.parse_args()
    console = Console()
    surroundings = {"machine": machine(), "versions": versions(), "seed": options.seed}
    began = time.monotonic()
    try:
        plan = Plan(seed=options.seed)
        figures = asyncio.run(run(plan, lambda what: console.print(f"measuring {what} …", style="dim")))
    except BenchError as exc:
        console.print(str(exc), style="red", markup=False)
        return 1
    show(figures, surroundings, console)
    console.print(f"took {time.monotonic() - began:.0f} s", style="dim")
    if options.readme:
        put(figures)
    if options.json:
        options.json.write_text(json.dumps(as_json(figures, surroundings), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
