"""A robot that starts before its database does: it waits, says for what, and ends at once when it is told to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, MutableMapping
from typing import Any

import structlog

log = structlog.get_logger()

FIRST_S, LONGEST_S = 1.0, 10.0
SAID_AGAIN_S = 60.0


class Waiting:
    """`missing` is what the health page tells, by name: a sentence each."""

    def __init__(self, stopping: asyncio.Event, missing: MutableMapping[str, str]) -> None:
        self._stopping = stopping
        self._missing = missing
        self._pause_s = FIRST_S
        self._said = ("", 0.0)
        self._has_begun = False

    def begun(self) -> None:
        """All is there; from here on the work itself sees to it that it ends."""
        if self._missing:
            log.info("start.going_on")
        self._missing.clear()
        self._pause_s, self._said = FIRST_S, ("", 0.0)
        self._has_begun = True

    async def through(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this work; told to stop before it has begun, it is cancelled. What it raises is raised."""
        self._has_begun = False
        working = asyncio.create_task(work)
        told = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
            if not self._has_begun:
                working.cancel()
            await asyncio.wait({working})
        finally:
            told.cancel()
            working.cancel()
        if not working.cancelled():
            working.result()

    async def pause(self, what: str, sentence: str, reason: str) -> None:
        """Something is not there; returns when it is time to try again, or to stop."""
        if self._stopping.is_set():
            return
        self._missing[what] = sentence
        said, at = self._said
        if said != reason or time.monotonic() - at >= SAID_AGAIN_S:
            log.warning("start.waiting", waiting_for=what, reason=reason)
            self._said = (reason, time.monotonic())
        try:
            async with asyncio.timeout(self._pause_s):
                await self._stopping.wait()
        except TimeoutError:
            self._pause_s = min(2 * self._pause_s, LONGEST_S)
