"""This process as one of several on a database: it says that it lives, and does nothing once nobody knows that.

Every replica renews its row. Whoever is silent for `dead_s` is declared dead by another, which deletes the row,
and its unfinished workflows are taken over. So that a process that was only paused, or cut off, sends nothing
beside its successor, none may change anything at DingTalk unless it renewed within `act_s`; what it sent just
before that has had its answer, or its time-out, when the successor begins: act_s + HTTP time-out < dead_s.
"""

from __future__ import annotations

import asyncio
import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from secrets import token_hex
from typing import Self

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.store import Replicas

log = structlog.get_logger()

ALONE = "local"
"""The one process of a SQLite; it finds its unfinished work by this name after a restart."""
NAME_LENGTH = 100
GOODBYE_S = 1.0
"""Who could not sign off is declared dead a little later."""


@dataclass(frozen=True, slots=True)
class Times:
    """How often a replica renews, how long it may act after it did, and how long a silent one counts as alive."""

    renew_s: float = 3.0
    act_s: float = 8.0
    dead_s: float = 20.0


TIMES = Times()


class Superseded(Exception):
    """This replica was declared dead, and others do its work: it must begin anew, under another name."""


class Replica:
    """`async with`: registered, and renewing until the block ends."""

    def __init__(self, rows: Replicas, times: Times = TIMES) -> None:
        self._rows = rows
        self._times = times
        self._renewed = _Moment()
        self._steady_since = _Moment()
        self._renewal = asyncio.Event()
        self._superseded = asyncio.Event()
        self.name = _new_name() if rows.is_shared else ALONE
        self.reached = asyncio.Event()
        """set while the database answers"""
        self.lost = asyncio.Event()
        """set while it does not"""

    async def __aenter__(self) -> Self:
        await self._rows.register(self.name, version("dingsweep"))
        self._renewed = self._steady_since = _Moment()
        self.reached.set()
        log.debug("replica.registered", replica=self.name)
        self._renewing = asyncio.create_task(self._renew_until_superseded())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Sign off: whatever is still unfinished is there to be taken over at once."""
        self._renewing.cancel()
        await asyncio.wait([self._renewing], timeout=GOODBYE_S)
        if self._rows.is_shared and not self.lost.is_set():
            with suppress(SQLAlchemyError, OSError, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._rows.leave(self.name)

    @property
    def may_act_now(self) -> bool:
        """Whether nobody can have declared it dead yet."""
        if self._superseded.is_set():
            return False
        return not self._rows.is_shared or self._renewed.age_s < self._times.act_s

    async def may_act(self) -> None:
        """Return as soon as this replica may change anything at DingTalk: mostly at once.

        Call it right before the call is sent. It never returns once the replica was superseded: whoever waits for
        it then is being cancelled.
        """
        while not self.may_act_now:
            self._renewal.clear()
            await self._renewal.wait()

    async def superseded(self) -> None:
        """Raises Superseded as soon as it is so."""
        await self._superseded.wait()
        raise Superseded

    async def has_others(self) -> bool:
        """Whether other replicas may be answering clicks at this moment."""
        return self._rows.is_shared and await self._rows.has_others(self.name)

    async def bury(self) -> list[str]:
        """Declare dead whoever has been silent for too long; the names, each told to one replica only.

        One that was cut off itself cannot tell who else was, so it waits until all had time to renew.
        """
        if not self._rows.is_shared or self._steady_since.age_s < self._times.dead_s:
            return []
        dead = await self._rows.bury(timedelta(seconds=self._times.dead_s))
        for name in dead:
            log.warning("replica.dead", replica=name)
        return dead

    async def orphans(self) -> list[str]:
        """Replicas that are no more, dead or signed off, and left workflows unfinished."""
        return await self._rows.orphans() if self._rows.is_shared else []

    async def pause(self) -> None:
        """From one look at the others to the next."""
        await asyncio.sleep(self._times.renew_s)

    async def _renew_until_superseded(self) -> None:
        while not self._superseded.is_set():
            await asyncio.sleep(self._times.renew_s)
            await self._renew()

    async def _renew(self) -> None:
        began = _Moment()
        try:
            async with asyncio.timeout(self._times.act_s - self._times.renew_s):
                is_alive = await self._rows.renew(self.name)
        except (SQLAlchemyError, OSError, TimeoutError) as exc:
            self._lose(exc)
            return
        if not is_alive:
            log.error("replica.superseded", replica=self.name)
            self._superseded.set()
            return
        if self.lost.is_set() or self._renewed.age_s >= self._times.act_s:
            self._steady_since = began
        self._renewed = began
        self._renewal.set()
        if self.lost.is_set():
            log.info("database.back")
            self.lost.clear()
            self.reached.set()

    def _lose(self, exc: Exception) -> None:
        if not self.lost.is_set():
            log.error("database.lost", error=type(exc).__name__)
            self.reached.clear()
            self.lost.set()


class _Moment:
    """Now. A machine that sleeps may stop one clock, and somebody may set the other: the longer time counts."""

    def __init__(self) -> None:
        self._steady, self._wall = time.monotonic(), time.time()

    @property
    def age_s(self) -> float:
        return max(time.monotonic() - self._steady, time.time() - self._wall)


def _new_name() -> str:
    """Another at every start: what a process has left behind is not its next start's own."""
    return f"{platform.node()[:NAME_LENGTH]}-{os.getpid()}-{token_hex(4)}"
