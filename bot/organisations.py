"""Who is served: one organisation, or, with a third-party app, all that have authorised it.

With one, all is in the main database, and whatever a frame says it is for that one: who is not of it is told so by
its handlers. With several, a frame is for the organisation it names, and each has a store, a client and services of
its own, so that nothing of another one can be reached from there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import aiohttp

from bot.client import client_of, tokens_of
from bot.deletion.follow import Patience
from bot.dingtalk import DingTalk
from bot.engine import Engine, Workflows
from bot.organisation import Foundation, Organisation
from bot.replica import Replica
from bot.settings import Settings
from bot.store import Store
from bot.stream import Event


@dataclass(frozen=True)
class Process:
    """What all organisations of this process share. `store` is the main one."""

    store: Store
    engine: Engine
    replica: Replica
    session: aiohttp.ClientSession
    clock: Callable[[], datetime]
    patience: Patience

    def client(self, settings: Settings, corp_id: str, store: Store) -> DingTalk:
        """A client for this organisation, whose calls are counted and paced in its own store."""
        tokens = tokens_of(settings, corp_id, self.store.tickets)
        return client_of(
            settings, tokens, self.session, store.meter, lanes=store.lanes, may_write=self.replica.may_act
        )

    def foundation(self, corp_id: str, store: Store, dingtalk: DingTalk, engine: Workflows) -> Foundation:
        return Foundation(corp_id, store, dingtalk, engine, self.replica, self.clock, self.patience)


class Organisations(Protocol):
    """Those that this process serves."""

    def __iter__(self) -> Iterator[Organisation]: ...

    async def of(self, corp_id: str) -> Organisation | None:
        """The one that a frame of this corpId is for, None when it is not served."""

    async def working_for(self, corp_id: str) -> Organisation | None:
        """The one that a stored workflow is of, "" where there is only one; None when it is not served."""

    async def hear(self, event: Event) -> bool:
        """Whether the event was about who is served; then it is so when this returns."""

    async def begin(self) -> None:
        """Take up what there is to do for each of them. With the engine open."""

    async def use(self, settings: Settings) -> None:
        """Go by these settings from now on; where it raises, all of them by the old ones."""

    async def serve(self) -> None:
        """What goes on for ever for each of them, until cancelled."""


class Only:
    """The one organisation of an internal app, or of a third-party app that is to serve no other."""

    def __init__(self, organisation: Organisation) -> None:
        self._one = organisation

    def __iter__(self) -> Iterator[Organisation]:
        return iter((self._one,))

    async def of(self, _: str) -> Organisation | None:
        return self._one

    async def working_for(self, corp_id: str) -> Organisation | None:
        return None if corp_id else self._one

    async def hear(self, _: Event) -> bool:
        return False

    async def begin(self) -> None:
        await self._one.begin()

    async def use(self, settings: Settings) -> None:
        await self._one.note(settings)
        self._one.use(settings)

    async def serve(self) -> None:
        await self._one.serve()


@asynccontextmanager
async def only(settings: Settings, process: Process) -> AsyncIterator[Organisations]:
    """In the main database, whose workflows bear no organisation's name: as it was before there could be several."""
    corp_id = settings.corp_id or settings.auth_corp_id
    async with process.client(settings, settings.auth_corp_id, process.store) as dingtalk:
        yield Only(
            Organisation(process.foundation(corp_id, process.store, dingtalk, process.engine), settings)
        )
