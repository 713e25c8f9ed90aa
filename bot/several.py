"""All organisations that have authorised a third-party app, as they come and go while the robot runs.

Whose turn it is stands in the main database: a replica that is told by DingTalk writes it there, and each looks now
and then. An organisation that nobody knows of is asked for in the one way that cannot be wrong, by asking DingTalk
for its token: events that came while no robot ran are lost.

https://open.dingtalk.com/document/development/event-org-suite-auth
https://open.dingtalk.com/document/development/event-org-suite-relieve
https://open.dingtalk.com/document/development/enterprise-release-kit-authorization
https://open.dingtalk.com/document/development/third-party-enterprise-application-deactivation-stream
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import structlog

from bot.dingtalk.auth import NO_TICKET
from bot.dingtalk.errors import BadCredentials, DingTalkError
from bot.engine import AWAY, Share
from bot.organisation import Organisation, cancelled, lay_down, unbroken
from bot.organisations import Process
from bot.settings import Settings
from bot.store import KnownOrganisation, OrganisationState, StoreError, is_corp_id
from bot.stream import Event, NotTaken

log = structlog.get_logger()

RESTORED = "org_micro_app_restore"
"""The app is turned on again, which is no authorisation."""
BEGINS = {"org_suite_auth": "organisation.authorised", RESTORED: "organisation.restored"}
CHANGES = {"org_suite_change": "organisation.changed"}
ENDS = {
    "org_suite_relieve": "organisation.cancelled",
    "org_micro_app_stop": "organisation.stopped",
    "org_micro_app_remove": "organisation.stopped",
}
"""Events, and what the trail calls them. An app that is turned off or deleted keeps its authorisation."""
FOUND = "organisation.found"
REFUSED_S = 60.0
"""How long an organisation that DingTalk gives no token for is not asked for again."""
MAX_REFUSED = 1000
FAILED_S = 30.0


@dataclass
class _Served:
    """An organisation with what closes it."""

    organisation: Organisation
    share: Share
    closing: AsyncExitStack
    serving: asyncio.Task[None] | None = None


class Several:
    """`async with`, around the engine."""

    def __init__(self, settings: Settings, process: Process) -> None:
        self._settings = settings
        self._process = process
        self._rows = process.store.organisations
        self._served: dict[str, _Served] = {}
        self._refused: OrderedDict[str, float] = OrderedDict()
        self._turn = asyncio.Lock()
        self._has_begun = False
        self._tasks: asyncio.TaskGroup | None = None

    async def __aenter__(self) -> Self:
        await self.look()
        return self

    async def __aexit__(self, *exc: object) -> None:
        for served in self._served.values():
            await served.closing.aclose()

    def __iter__(self) -> Iterator[Organisation]:
        return iter([served.organisation for served in self._served.values()])

    async def of(self, corp_id: str) -> Organisation | None:
        """Raises NotTaken, or the database's error, when it cannot be told now."""
        if found := self._found(corp_id):
            return found
        if not is_corp_id(corp_id) or self._is_refused(corp_id):
            return None
        await self.look()
        is_unknown = not self._found(corp_id) and await self._rows.get(corp_id) is None
        if is_unknown and await self._rows.was_turned_away(corp_id):
            self._refuse(corp_id)
        elif is_unknown and await self._is_authorised(corp_id):
            await self._begin(corp_id, "", self._process.clock(), FOUND)
        return self._found(corp_id)

    async def working_for(self, corp_id: str) -> Organisation | None:
        if corp_id and corp_id not in self._served:
            await self.look()
        return self._found(corp_id)

    async def hear(self, event: Event) -> bool:
        now = self._process.clock()
        at = min(event.born_at or now, now)  # one from the future would make all that follow it look late
        if event.type in BEGINS:
            corp_id, name = await self._authorised_by(event)
            if not is_corp_id(corp_id):
                log.warning("organisation.event_ignored", corp_id=corp_id, what=BEGINS[event.type])
            elif await self._may_begin(corp_id, event.type):
                await self._begin(corp_id, name, at, BEGINS[event.type])
        elif event.type in CHANGES:
            corp_id, name = await self._authorised_by(event)
            await self._rows.changed(corp_id, name, at=at, event=CHANGES[event.type])
        elif event.type in ENDS:
            at = await self._ended_at(event.corp_id, at)
            await self._end(event.corp_id, at, ENDS[event.type])
        else:
            return False
        return True

    async def _may_begin(self, corp_id: str, event_type: str) -> bool:
        """Who had stopped, or only turns the app on again, must have authorised it: the event may be an old one."""
        known = await self._rows.get(corp_id)
        is_back = known is not None and known.state is OrganisationState.STOPPED
        return not (is_back or event_type == RESTORED) or await self._is_authorised(corp_id)

    async def _ended_at(self, corp_id: str, at: datetime) -> datetime:
        """When it ended. What looks too late is so only where DingTalk still gives a token: clocks differ."""
        known = await self._rows.get(corp_id)
        if known is None or not _is_late(known, at) or await self._is_authorised(corp_id):
            return at
        return known.since

    async def begin(self) -> None:
        self._has_begun = True
        for organisation in self:
            await _begun(organisation)

    async def use(self, settings: Settings) -> None:
        async with self._turn:  # or one that is opened meanwhile would go by the old ones
            own = [(each, settings.of_organisation(each.corp_id)) for each in self]
            for organisation, theirs in own:
                await organisation.note(theirs)
            for organisation, theirs in own:
                organisation.use(theirs)
            self._settings = settings

    async def serve(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                for served in self._served.values():
                    self._begin_serving(served)
                await unbroken(self._keep_looking)
            finally:
                self._tasks = None

    async def _keep_looking(self) -> None:
        while True:
            await self._process.replica.pause()
            await self.look()

    async def look(self) -> None:
        """Agree with the list, which other replicas and commands change, too."""
        async with self._turn:
            await self._agree()

    async def _agree(self) -> None:
        wanted = {
            each.corp_id: each for each in await self._rows.all() if each.state is OrganisationState.SERVED
        }
        for corp_id in [corp_id for corp_id in self._served if corp_id not in wanted]:
            await self._leave(corp_id)
        for corp_id in wanted:
            if corp_id not in self._served:
                await self._enter(corp_id)

    # Who begins, who ends

    async def _begin(self, corp_id: str, name: str, at: datetime, event: str) -> None:
        """Have it served, by all replicas. What it had agreed to before it stopped is over."""
        async with self._turn:
            known = await self._rows.get(corp_id)
            if _is_late(known, at):
                log.warning("organisation.event_ignored", corp_id=corp_id, what=event)
                return
            if known and known.state is OrganisationState.STOPPED:
                await self._lay_down_what_is_left(corp_id)
            self._refused.pop(corp_id, None)
            if await self._rows.serve(corp_id, name, at=at, event=event):
                log.info("organisation.begun", corp_id=corp_id, what=event)
            await self._agree()

    async def _end(self, corp_id: str, at: datetime, event: str) -> None:
        """Have nobody serve it any more: here at once, elsewhere as soon as they look."""
        async with self._turn:
            if _is_late(await self._rows.get(corp_id), at):
                log.warning("organisation.event_ignored", corp_id=corp_id, what=event)
                return
            if served := self._served.get(corp_id):
                served.organisation.dingtalk.shut()  # before anything that takes time
            if await self._rows.stop(corp_id, at=at, event=event):
                log.warning("organisation.ended", corp_id=corp_id, what=event)
            await self._agree()

    async def _enter(self, corp_id: str) -> None:
        """Open its part. One that cannot be opened keeps nobody else from being served."""
        closing = AsyncExitStack()
        try:
            store = await closing.enter_async_context(await self._process.store.of(corp_id))
            await closing.enter_async_context(store.leased())
            settings = self._settings.of_organisation(corp_id)
            client = self._process.client(settings, corp_id, store)
            dingtalk = await closing.enter_async_context(client)
        except (StoreError, OSError, ValueError) as exc:
            await closing.aclose()
            log.error("organisation.failed", corp_id=corp_id, problem=_problem(exc))
            return
        share = Share(self._process.engine, corp_id)
        organisation = Organisation(self._process.foundation(corp_id, store, dingtalk, share), settings)
        served = self._served[corp_id] = _Served(organisation, share, closing)
        log.info("organisation.served", corp_id=corp_id)
        self._begin_serving(served)
        if self._has_begun:
            await _begun(organisation)

    async def _leave(self, corp_id: str) -> None:
        """Send nothing more in its name, from this moment on; then lay down what it had begun, and close its part."""
        served = self._served.pop(corp_id)
        served.organisation.dingtalk.shut()
        async with served.closing:
            if served.serving:
                await cancelled(served.organisation.store, [served.serving])
            async with served.organisation.store.quiet():
                await served.share.interrupt()
            await lay_down(served.organisation.store, self._process.clock())
            await self._rows.end_workflows(corp_id)
        log.info("organisation.left", corp_id=corp_id)

    async def _lay_down_what_is_left(self, corp_id: str) -> None:
        """For one that stopped while no robot ran, or while the one that was told died."""
        async with await self._process.store.of(corp_id) as store:
            await lay_down(store, self._process.clock())
        await self._rows.end_workflows(corp_id)

    # Serving

    def _begin_serving(self, served: _Served) -> None:
        if self._tasks and served.serving is None:
            served.serving = self._tasks.create_task(_serve(served.organisation))

    def _found(self, corp_id: str) -> Organisation | None:
        served = self._served.get(corp_id)
        return served.organisation if served else None

    # Asking DingTalk

    async def _authorised_by(self, event: Event) -> tuple[str, str]:
        """The corpId and name of who authorised. Two places name it, and the documentation's examples differ there."""
        info = event.data.get("authCorpInfo")
        info = info if isinstance(info, dict) else {}
        name, corp_id = _text(info, "corpName"), _text(info, "corpid")
        if is_corp_id(corp_id) and corp_id != event.corp_id and await self._is_authorised(corp_id):
            return corp_id, name
        return event.corp_id, name

    async def _is_authorised(self, corp_id: str) -> bool:
        """Whether DingTalk gives a token for it: no call is counted. Raises NotTaken when it cannot be told now."""
        async with self._process.client(self._settings, corp_id, self._process.store) as dingtalk:
            try:
                await dingtalk.authorise()
            except DingTalkError as exc:
                log.warning("organisation.no_token", corp_id=corp_id, error=exc.code)
                if exc.code == NO_TICKET or not isinstance(exc, BadCredentials):
                    raise NotTaken(exc.code) from exc
                self._refuse(corp_id)
                return False
        return True

    def _is_refused(self, corp_id: str) -> bool:
        return time.monotonic() < self._refused.get(corp_id, 0.0)

    def _refuse(self, corp_id: str) -> None:
        self._refused[corp_id] = time.monotonic() + REFUSED_S
        if len(self._refused) > MAX_REFUSED:
            self._refused.popitem(last=False)


async def _begun(organisation: Organisation) -> None:
    """What cannot be read of one keeps nobody else from being served. Raises the database's error when it is away."""
    try:
        await organisation.begin()
    except AWAY:
        raise
    except Exception:
        log.exception("organisation.broke", corp_id=organisation.corp_id)


def _problem(exc: Exception) -> str:
    """Ours is a sentence; what others say may quote a setting."""
    return str(exc) if isinstance(exc, StoreError) else type(exc).__name__


async def _serve(organisation: Organisation) -> None:
    """What goes wrong for one is no reason to serve none."""
    structlog.contextvars.bind_contextvars(organisation=organisation.corp_id)
    while True:
        try:
            await organisation.serve()
        except Exception:
            log.exception("organisation.broke", corp_id=organisation.corp_id)
            await asyncio.sleep(FAILED_S)


def _is_late(known: KnownOrganisation | None, at: datetime) -> bool:
    """Whether the event is of before what is known: DingTalk delivers again what was not acknowledged."""
    return known is not None and at < known.since


def _text(info: dict[str, Any], name: str) -> str:
    value = info.get(name)
    return value if isinstance(value, str) else ""
