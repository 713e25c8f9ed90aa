"""One organisation that the robot works for: its store, its way to DingTalk, and what serves its people.

A robot has one or several. What one of them needs is put together here from its settings, and anew when they change:
the store, the client and what is under way stay. Nothing in it knows of any other organisation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.approvers import Approvers
from bot.deletion.clocks import Clocks
from bot.deletion.consent import Consents
from bot.deletion.decisions import Decisions
from bot.deletion.follow import Patience
from bot.deletion.job import Jobs
from bot.deletion.lifecycle import JOB, NEWS, SYSTEM, Lifecycle
from bot.deletion.news import News
from bot.deletion.receipts import Receipts
from bot.deletion.spaces import SpaceFinder
from bot.deletion.undo import Undo
from bot.dingtalk import DingTalk
from bot.engine import Workflow, Workflows
from bot.hours import held_until
from bot.messenger import Messenger
from bot.models import OPEN_STATES, RequestState
from bot.notices import Notices
from bot.operators import Operators
from bot.replica import Replica
from bot.settings import Settings
from bot.store import Store
from handlers import clicks, details, messages, undo
from handlers.announce import CardAnnouncer
from handlers.notices import NoticeWords
from handlers.services import Services

log = structlog.get_logger()

MESSAGE = "message"
WORKFLOWS = (JOB, NEWS, MESSAGE, clicks.TELL, clicks.UNDO, clicks.DETAILS)
"""The names of all that an organisation has done durably."""
METER_EVERY_S = 5.0
DATABASE_AWAY_S = 5.0
PRUNE_EVERY_S = 24 * 3600.0
DEEP = 20
"""Turns of the loop until a cancellation has reached the innermost task, at most."""
NOT_SERVED = "notServed"
"""Why a job rests whose organisation has cancelled the app."""


@dataclass(frozen=True)
class Foundation:
    """What an organisation stands on, whatever its settings say. `corp_id` is empty where any is welcome."""

    corp_id: str
    store: Store
    dingtalk: DingTalk
    engine: Workflows
    replica: Replica
    clock: Callable[[], datetime]
    patience: Patience


@dataclass(frozen=True)
class Parts:
    """What is made from the settings, and anew when they change."""

    settings: Settings
    services: Services
    clocks: Clocks
    notices: Notices
    workflows: Mapping[str, Workflow] = field(repr=False)


class Organisation:
    """The parts in force, and the work that goes on for ever for it."""

    def __init__(self, foundation: Foundation, settings: Settings) -> None:
        self._foundation = foundation
        self._changed = asyncio.Event()
        self.corp_id = foundation.corp_id
        self.store = foundation.store
        self.dingtalk = foundation.dingtalk
        self.messenger = Messenger(
            foundation.dingtalk,
            foundation.store,
            settings.card_template_id,
            foundation.replica.has_others,
            progress_source=settings.progress_source,
        )
        self.parts = _made(foundation, self.messenger, settings)

    @property
    def services(self) -> Services:
        return self.parts.services

    async def begin(self) -> None:
        """Note the policy in force, and have done what a crash kept from being begun. With the engine open."""
        policy = self.services.policy
        await self.store.audit.note_policy(self.services.clock(), policy.hash, policy.text)
        await self.services.lifecycle.heal()

    async def note(self, settings: Settings) -> None:
        """Put on record that these are about to be used."""
        policy = settings.policy
        await self.store.audit.note_policy(self.services.clock(), policy.hash, policy.text)

    def use(self, settings: Settings) -> None:
        """Go by these settings from now on. What is under way, and what was agreed to, stays as it is."""
        self.messenger.use(settings.card_template_id, settings.progress_source)
        self.dingtalk.use(settings.calls_per_second)
        self.parts = _made(self._foundation, self.messenger, settings)
        self._changed.set()

    async def serve(self) -> None:
        """Do what falls due, by the settings in force, until cancelled."""
        while True:
            self._changed.clear()
            await _whichever(self.store, self._keep_going(self.parts), self._changed.wait())

    async def _keep_going(self, parts: Parts) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(unbroken(parts.clocks.watch))
            tasks.create_task(unbroken(parts.services.lifecycle.watch_starts))
            tasks.create_task(unbroken(parts.notices.run))
            tasks.create_task(unbroken(self._write_meter))
            tasks.create_task(self.messenger.check_template())
            if parts.settings.audit_days:
                tasks.create_task(unbroken(partial(self._keep_trail, parts.settings.audit_days)))

    async def _write_meter(self) -> None:
        while True:
            await asyncio.sleep(METER_EVERY_S)
            await self.store.meter.flush()

    async def _keep_trail(self, days: int) -> None:
        """Take away what is older than the trail is kept for, at the start and once a day."""
        while True:
            now = self.services.clock()
            await self.store.audit.prune(now - timedelta(days=days), now)
            await asyncio.sleep(PRUNE_EVERY_S)


async def lay_down(store: Store, at: datetime) -> None:
    """End what was agreed to and not begun, and let rest what runs: whose robot it is does not want it any more.

    What rests can be resumed by its people once the robot works for them again, and until then nothing is looked up.
    """
    for resting in await store.jobs.rest(NOT_SERVED, at=at):
        log.warning("job.paused", request_id=resting.id, cause=NOT_SERVED)
    while ended := await store.requests.in_states({*OPEN_STATES, RequestState.APPROVED}):
        for request in ended:
            await store.requests.change(
                request.id,
                {request.state},
                RequestState.CANCELLED,
                at=at,
                actor=SYSTEM,
                is_news=True,
                reason="the organisation is not served",
            )


async def unbroken(work: Callable[[], Awaitable[None]]) -> None:
    """Work that goes on for ever: a database that is away for a moment interrupts it and does not end the robot."""
    while True:
        try:
            await work()
        except SQLAlchemyError as exc:
            log.error("database.failed", error=type(exc).__name__)
            await asyncio.sleep(DATABASE_AWAY_S)


async def _whichever(store: Store, *works: Coroutine[Any, Any, Any]) -> None:
    """Until the first of these ends, which ends the others, too. Raises what it raises."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        raise
    await cancelled(store, tasks)
    for task in done:
        task.result()


async def cancelled(store: Store, tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel these, and what they wait for, in a moment in which none of them writes; wait until they have ended."""
    async with store.quiet():
        for task in tasks:
            task.cancel()
        for _ in range(DEEP):
            await asyncio.sleep(0)
    await asyncio.wait(tasks)


def _made(on: Foundation, messenger: Messenger, settings: Settings) -> Parts:
    """Everything, wired."""
    store, dingtalk, clock, replica = on.store, on.dingtalk, on.clock, on.replica
    zone = ZoneInfo(settings.timezone)
    policy = settings.policy
    announcer = CardAnnouncer(
        messenger,
        store,
        zone,
        clock,
        allow_permanent=policy.allow_permanent,
        monthly_calls=settings.monthly_calls,
    )
    operators = Operators(dingtalk)
    approvers = Approvers(dingtalk, clock)
    notices = Notices(settings, dingtalk, store, NoticeWords(zone), clock, courier=replica.name)
    lifecycle = Lifecycle(store, on.engine, notices, clock, bin_days=settings.recycle_bin_days)
    receipts = Receipts(store, operators, clock)
    jobs = Jobs(
        dingtalk,
        store,
        announcer,
        receipts,
        clock,
        lifecycle=lifecycle,
        notices=notices,
        runner=lambda: replica.name,
        allow_permanent=policy.allow_permanent,
        has_events=settings.deletion_events,
        patience=on.patience,
    )
    services = Services(
        dingtalk=dingtalk,
        store=store,
        engine=on.engine,
        consents=Consents(policy, approvers, operators),
        lifecycle=lifecycle,
        decisions=Decisions(store, lifecycle, policy, approvers, notices=notices, clock=clock),
        receipts=receipts,
        undo=Undo(
            store,
            lifecycle,
            clock,
            who=settings.undo,
            confirm_within=timedelta(minutes=settings.confirm_minutes),
            policy_hash=policy.hash,
        ),
        spaces=SpaceFinder(dingtalk, store, settings.spaces, clock),
        operators=operators,
        messenger=messenger,
        announcer=announcer,
        policy=policy,
        clock=clock,
        zone=zone,
        robot_code=settings.robot_code,
        corp_id=on.corp_id,
        language=settings.language,
    )
    awake = partial(held_until, settings.quiet_hours, zone=zone)
    clocks = Clocks(store, lifecycle, approvers, announcer, clock=clock, awake=awake)
    workflows: dict[str, Workflow] = {
        JOB: jobs.run,
        NEWS: News(store, announcer, receipts, notices, on.engine).spread,
        MESSAGE: partial(messages.handle, services),
        clicks.TELL: partial(clicks.tell, services),
        clicks.UNDO: partial(undo.ask_by_button, services),
        clicks.DETAILS: partial(details.send_details, services),
    }
    return Parts(settings, services, clocks, notices, workflows)
