"""The whole demo: start the two programs, play the story, stay up; and end everything, however it ends."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rich.console import Console

from bot.demo import by_hand, company, programs, story
from bot.demo.director import Director
from bot.demo.programs import Program, ProgramError
from bot.demo.sandbox import Unreachable
from bot.demo.stage import MAX_WIDTH, Stage

LAST_WORDS_S = 2
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Demo:
    """One performance. `code` is what the program ends with: 0 when every check held, None before that is known."""

    def __init__(self, stage: Stage, *, once: bool, svg: Path | None) -> None:
        self.code: int | None = None
        self._stage = stage
        self._once = once
        self._svg = svg

    async def run(self) -> None:
        """Play; return when the story is over (`once`) or cannot go on, else stay up until cancelled."""
        folder = Path(mkdtemp(prefix="dingsweep-demo-"))
        try:
            async with programs.sandbox(folder) as (sandbox, box):
                company.set_up(folder, box)
                async with programs.robot(folder, box) as robot:
                    director = await Director.arrive(box, self._stage)
                    await _watched(self._perform(director, folder, robot.log), sandbox, robot)
        except (ProgramError, Unreachable) as exc:
            self._stage.failed(str(exc))
            self.code = 1
        finally:
            if self.code in {0, None}:
                shutil.rmtree(folder, ignore_errors=True)

    async def _perform(self, director: Director, folder: Path, log: Path) -> None:
        await story.play(director, programs.database_url(folder))
        self.code = self._verdict(director, log)
        if self._svg:
            self._save(self._svg)
        if not self._once:
            await by_hand.offer(director.box)
            by_hand.explain(director, folder, log)
            await by_hand.follow(director)

    def _save(self, svg: Path) -> None:
        try:
            self._stage.save_svg(svg)
        except OSError as exc:
            self._stage.failed(f"The picture cannot be saved: {exc}")
            self.code = 1

    def _verdict(self, director: Director, log: Path) -> int:
        if not director.failures:
            self._stage.verdict(f"All {director.checks} checks hold.", good=True)
            return 0
        failed = "; ".join(director.failures)
        self._stage.verdict(
            f"{len(director.failures)} of {director.checks} checks failed: {failed}. The robot's log: {log}",
            good=False,
        )
        return 1


async def play(*, once: bool, svg: Path | None = None) -> int:
    """Run the demo; its exit code. With `svg`, the story is saved there as a picture.

    SIGINT, SIGTERM and SIGHUP end it: with the story's own code once that is known, as a signal does before.
    """
    console = _console(record=svg is not None)
    demo = Demo(Stage(console, paced=console.is_terminal and not once), once=once, svg=svg)
    with _signal() as signalled:
        running = asyncio.create_task(demo.run())
        ends: list[asyncio.Future[Any]] = [running, signalled]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        await asyncio.wait({running})
    if not running.cancelled():
        running.result()
    if signalled.done() and signalled.result() != signal.SIGHUP:  # then there is nobody to tell
        console.print("\nStopped.")
    return 128 + signalled.result() if demo.code is None else demo.code


def _console(*, record: bool) -> Console:
    """Standard output; characters that it cannot show become question marks."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    console = Console(record=record)
    return Console(record=record, width=min(console.width, MAX_WIDTH))


@contextmanager
def _signal() -> Iterator[asyncio.Future[int]]:
    """Done with the number of the first signal that says stop."""
    loop = asyncio.get_running_loop()
    signalled: asyncio.Future[int] = loop.create_future()

    def stop(number: int) -> None:
        if not signalled.done():
            signalled.set_result(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        yield signalled
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _watched(work: Coroutine[None, None, None], *running: Program) -> None:
    """Do the work while the programs run. Raises ProgramError when one ends."""
    working = asyncio.create_task(work)
    endings = [asyncio.create_task(program.ended()) for program in running]
    tasks: list[asyncio.Task[Any]] = [working, *endings]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if working.done() and working.exception():  # what went wrong is often that a program is gone
            await asyncio.wait(endings, timeout=LAST_WORDS_S, return_when=asyncio.FIRST_COMPLETED)
        for ending in endings:
            if ending.done():
                raise ending.result()
        working.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
