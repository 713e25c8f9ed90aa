"""The pieces of work of one job that are under way at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.store import NotMineError

MOST_UNDER_WAY = 200
"""Batches and folders that are looked after at once; what they take of the memory is bounded by it."""


@dataclass
class Crew:
    """What is under way at once. `stop` is the first error; the others end their work, and nothing new is begun."""

    stop: BaseException | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, None], *, then: Callable[[], None] | None = None) -> None:
        """Begin some work, and do `then` when it is over: also where it is interrupted before its first step."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        if then:
            task.add_done_callback(lambda _: then())

    async def room(self) -> None:
        """Return when there is room for more."""
        while len(self._tasks) >= MOST_UNDER_WAY:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def __aenter__(self) -> Crew:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        """Wait for all of them, and raise `stop`; when this is interrupted itself, they are, too."""
        try:
            while kind is None and self._tasks and not isinstance(self.stop, NotMineError):
                await asyncio.wait(self._tasks)
        finally:
            await self._interrupt()
        if kind is None and self.stop:
            raise self.stop

    async def _interrupt(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.stop = self.stop or error
