"""The one place where everything is built, wired, started and drained."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.approvers import Approvers
from bot.deletion.clocks import Clocks
from bot.deletion.consent import Consents
from bot.deletion.decisions import Decisions
from bot.deletion.follow import PATIENT, Patience
from bot.deletion.job import Jobs
from bot.deletion.lifecycle import JOB, NEWS, Lifecycle
from bot.deletion.news import News
from bot.deletion.receipts import Receipts
from bot.deletion.spaces import SpaceFinder
from bot.deletion.undo import Undo
from bot.dingtalk import DingTalk, InternalAppTokens, ThirdPartyTokens, TokenProvider
from bot.engine import AWAY, Engine
from bot.health import Health
from bot.hours import held_until
from bot.messenger import Messenger
from bot.notices import Notices
from bot.operators import Operators
from bot.replica import TIMES, Replica, Superseded, Times
from bot.settings import Settings
from bot.store import Store
from bot.stream import NotTaken, Stream
from handlers import clicks, details, events, messages, pulls, undo
from handlers.announce import CardAnnouncer
from handlers.inbound import CardPull, IncomingMessage, InvalidMessage
from handlers.notices import NoticeWords
from handlers.services import Services

log = structlog.get_logger()

MESSAGE = "message"
METER_EVERY_S = 5.0
DATABASE_AWAY_S = 5.0
STORED_WITHIN_S = 5.0
"""A message that takes longer to be stored waits for a database that is locked: its sender should know."""
PRUNE_EVERY_S = 24 * 3600.0


def utc_now() -> datetime:
    return datetime.now(UTC)


class App:
    """A running robot. Build it with `running()`; `stream` says whether it is connected."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        services: Services,
        *,
        clocks: Clocks,
        notices: Notices,
        stream: Stream,
        replica: Replica,
    ) -> None:
        self.settings = settings
        self.store = store
        self.services = services
        self.clocks = clocks
        self.notices = notices
        self.stream = stream
        self.replica = replica

    async def serve(self) -> None:
        """Run until cancelled.

        Raises, in a group, CredentialsRefusedError when the first connection is refused, and Superseded when other
        replicas have taken this one's work over.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_unbroken(self.clocks.watch))
            tasks.create_task(_unbroken(self.services.lifecycle.watch_starts))
            tasks.create_task(_unbroken(self.notices.run))
            tasks.create_task(_unbroken(self._write_meter))
            if self.settings.audit_days:
                tasks.create_task(_unbroken(self._keep_trail))
            tasks.create_task(_unbroken(self._take_over))
            tasks.create_task(self._give_way())
            tasks.create_task(self._hold_without_database())
            tasks.create_task(self.stream.run())

    async def _take_over(self) -> None:
        """See to it that what other replicas left unfinished when they ended, or fell silent, is done."""
        while True:
            dead = await self.replica.bury()
            if orphans := await self.replica.orphans():
                log.warning("replica.adopting", replicas=orphans)
                await self.services.engine.adopt(orphans)
            if dead:  # one may have died before it began what follows from a change
                await self.services.lifecycle.heal()
            await self.replica.pause()

    async def _give_way(self) -> None:
        """What others do now, this replica must not go on with."""
        try:
            await self.replica.superseded()
        except Superseded:
            await self.services.engine.interrupt()
            raise

    async def _hold_without_database(self) -> None:
        """Let other replicas have the frames as long as nothing can be stored here."""
        while True:
            await self.replica.lost.wait()
            await self.stream.hold()
            await self.replica.reached.wait()
            self.stream.go_on()

    async def _write_meter(self) -> None:
        while True:
            await asyncio.sleep(METER_EVERY_S)
            await self.store.meter.flush()

    async def _keep_trail(self) -> None:
        """Take away what is older than the trail is kept for, at the start and once a day."""
        while True:
            now = self.services.clock()
            await self.store.audit.prune(now - timedelta(days=self.settings.audit_days), now)
            await asyncio.sleep(PRUNE_EVERY_S)


async def _unbroken(work: Callable[[], Awaitable[None]]) -> None:
    """Work that goes on for ever: a database that is away for a moment interrupts it and does not end the robot."""
    while True:
        try:
            await work()
        except SQLAlchemyError as exc:
            log.error("database.failed", error=type(exc).__name__)
            await asyncio.sleep(DATABASE_AWAY_S)


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    patience: Patience = PATIENT,
    times: Times = TIMES,
) -> AsyncIterator[App]:
    """Open everything, and at the end stop taking, drain, close, in that order."""
    zone = ZoneInfo(settings.timezone)
    policy = settings.policy
    async with (
        Store(settings.database_url) as store,
        store.leased(),
        Replica(store.replicas, times) as replica,
        aiohttp.ClientSession(trust_env=True, cookie_jar=aiohttp.DummyCookieJar()) as session,
        DingTalk(
            api_base_url=settings.api_base_url,
            oapi_base_url=settings.oapi_base_url,
            tokens=_tokens(settings, store),
            robot_code=settings.robot_code,
            meter=store.meter,
            session=session,
            calls_per_second=settings.calls_per_second,
            lanes=store.lanes,
            may_write=replica.may_act,
        ) as dingtalk,
    ):
        messenger = Messenger(
            dingtalk,
            store,
            settings.card_template_id,
            replica.has_others,
            progress_source=settings.progress_source,
        )
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
        engine = Engine(settings.database_url, executor_id=replica.name)
        notices = Notices(settings, dingtalk, store, NoticeWords(zone), clock, courier=replica.name)
        lifecycle = Lifecycle(store, engine, notices, clock, bin_days=settings.recycle_bin_days)
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
            patience=patience,
        )
        services = Services(
            dingtalk=dingtalk,
            store=store,
            engine=engine,
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
            corp_id=settings.corp_id or settings.auth_corp_id,
            language=settings.language,
        )
        engine.add(JOB, jobs.run)
        engine.add(NEWS, News(store, announcer, receipts, notices, engine).spread)
        engine.add(MESSAGE, partial(messages.handle, services))
        engine.add(clicks.TELL, partial(clicks.tell, services))
        engine.add(clicks.UNDO, partial(undo.ask_by_button, services))
        engine.add(clicks.DETAILS, partial(details.send_details, services))
        async with engine:
            await store.audit.note_policy(clock(), policy.hash, policy.text)
            await lifecycle.heal()
            clocks = Clocks(
                store,
                lifecycle,
                approvers,
                announcer,
                clock=clock,
                awake=partial(held_until, settings.quiet_hours, zone=zone),
            )
            stream = Stream(
                client_id=settings.client_id,
                client_secret=settings.client_secret.get_secret_value(),
                api_base_url=settings.api_base_url,
                receiver=Receiver(services, settings.suite_key, replica),
                session=session,
            )
            try:
                yield App(
                    settings, store, services, clocks=clocks, notices=notices, stream=stream, replica=replica
                )
            finally:
                await stream.stop()


class Receiver:
    """Takes what the stream brings: messages become durable workflows, clicks are answered at once."""

    def __init__(self, services: Services, suite_key: str, replica: Replica) -> None:
        self._services = services
        self._suite_key = suite_key
        self._replica = replica

    async def message(self, data: dict[str, Any]) -> None:
        """Returns once the message is stored; the same message again finds its workflow and starts nothing."""
        if self._replica.lost.is_set():  # the engine would try for ever to store it
            raise NotTaken("the database is away")
        try:
            key = IncomingMessage.from_data(data, robot_code=self._services.robot_code).message_key
        except InvalidMessage as exc:
            log.warning("message.invalid", missing=exc.missing)
            return
        starting = asyncio.create_task(self._services.engine.start(MESSAGE, f"{MESSAGE}:{key}", data))
        stored, _ = await asyncio.wait({starting}, timeout=STORED_WITHIN_S)
        if not stored or isinstance(starting.exception(), AWAY):
            await messages.not_stored(self._services, data)
        try:
            await starting
        except Exception as exc:
            if not isinstance(exc, AWAY):
                log.exception("message.not_stored")
            raise NotTaken(type(exc).__name__) from exc

    async def click(self, data: dict[str, Any]) -> dict[str, Any]:
        if CardPull.is_meant(data):
            return await pulls.handle(self._services, data)
        if self._replica.lost.is_set():
            return clicks.database_away(self._services)
        return await clicks.handle(self._services, data)

    async def event(self, event_type: str, data: dict[str, Any]) -> None:
        await events.handle(self._services, self._suite_key, event_type, data)


def _tokens(settings: Settings, store: Store) -> TokenProvider:
    if settings.suite_key:
        return ThirdPartyTokens(
            settings.suite_key, settings.suite_secret, settings.auth_corp_id, store.tickets
        )
    return InternalAppTokens(settings.client_id, settings.client_secret)


async def run(
    settings: Settings,
    stopping: asyncio.Event,
    on_start: Callable[[App], None] | None = None,
    *,
    times: Times = TIMES,
) -> None:
    """Run the robot until `stopping` is set. Declared dead by other replicas, it begins anew, as another one."""
    async with Health(settings.health) as health:
        while not stopping.is_set():
            with suppress(Superseded):
                await _run_once(settings, stopping, on_start, health=health, times=times)


async def _run_once(
    settings: Settings,
    stopping: asyncio.Event,
    on_start: Callable[[App], None] | None,
    *,
    health: Health,
    times: Times,
) -> None:
    async with running(settings, times=times) as app:
        if on_start:
            on_start(app)
        with health.of(app.stream, app.replica):
            serving = asyncio.create_task(app.serve())
            waiting = asyncio.create_task(stopping.wait())
            await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await app.stream.stop()
            serving.cancel()
            try:
                await serving
            except asyncio.CancelledError:
                pass
            except ExceptionGroup as failures:
                if failures.subgroup(Superseded):
                    raise Superseded from failures
                raise
