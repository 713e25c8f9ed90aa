"""The process: where everything is opened, wired, started and drained. What serves people is in `organisation`."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.deletion.clocks import Clocks
from bot.deletion.follow import PATIENT, Patience
from bot.ending import Ending
from bot.engine import KEPT_S, Engine, Payload, addressed
from bot.health import Health, Part
from bot.network import open_session
from bot.notices import Notices
from bot.organisation import WORKFLOWS, Organisation, unbroken
from bot.organisations import Organisations, Process, only
from bot.receiver import Receiver
from bot.reload import InForce, changed, changes
from bot.replica import TIMES, Replica, Superseded, Times
from bot.settings import Settings, SettingsError
from bot.several import Several
from bot.store import Store, StoreAwayError, answering
from bot.stream import Stream
from bot.waiting import Waiting
from cards.catalogue import WordingError, replaced
from cards.texts import use
from handlers.services import Services

log = structlog.get_logger()


def utc_now() -> datetime:
    return datetime.now(UTC)


class App:
    """A running robot. Build it with `running()`; `stream` says whether it is connected.

    `main` is the store of what the process needs; with one organisation also the organisation's.
    """

    def __init__(
        self,
        settings: Settings,
        organisations: Organisations,
        *,
        main: Store,
        engine: Engine,
        stream: Stream,
        replica: Replica,
    ) -> None:
        self.settings = settings
        self.organisations = organisations
        self.main = main
        self.engine = engine
        self.stream = stream
        self.replica = replica

    @property
    def only(self) -> Organisation:
        """The organisation of a robot that serves one."""
        [one] = self.organisations
        return one

    @property
    def store(self) -> Store:
        return self.only.store

    @property
    def services(self) -> Services:
        return self.only.services

    @property
    def clocks(self) -> Clocks:
        return self.only.parts.clocks

    @property
    def notices(self) -> Notices:
        return self.only.parts.notices

    def parts(self) -> list[Part]:
        """The organisations as the health page sees them; where there is one, it needs no name."""
        return [
            Part(
                each.corp_id if self.settings.serves_several else "",
                each.store,
                each.dingtalk.authorise,
                each.parts.settings.monthly_calls,
                each.parts.settings.monthly_webhooks,
            )
            for each in self.organisations
        ]

    async def serve(self) -> None:
        """Run until cancelled.

        Raises, in a group, CredentialsRefusedError when the first connection is refused, and Superseded when other
        replicas have taken this one's work over.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.organisations.serve())
            tasks.create_task(unbroken(self._take_over))
            tasks.create_task(self._give_way())
            tasks.create_task(self._hold_without_database())
            tasks.create_task(self.stream.run())

    async def reload(self, read: Callable[[], Settings]) -> None:
        """Go by the settings as `read` finds them now, as far as they can change; by the old ones if they are wrong."""
        try:
            new = await asyncio.to_thread(read)
            logs.keep(logs.secrets_in(new))
            now, later = changes(self.settings, new)
            settings = changed(self.settings, new, now)
            if settings.texts:
                replaced(Path(settings.texts))
            await self.organisations.use(settings)
            use(settings.texts)  # also when the folder is the same: what is in it may not be
        except (SettingsError, WordingError) as exc:
            log.error("reload.refused", reason="; ".join(str(exc).splitlines()))
            return
        except SQLAlchemyError as exc:
            log.error("reload.refused", reason="the database is away", error=type(exc).__name__)
            return
        except Exception as exc:  # the next SIGHUP must be heard, too
            log.exception("reload.refused", reason="an unexpected error", error=type(exc).__name__)
            return
        self.settings = settings
        if later:
            log.warning("reload.needs_restart", settings=later)
        log.info("reload.done", settings=now, policy_hash=settings.policy.hash)

    async def _take_over(self) -> None:
        """See to it that what other replicas left unfinished when they ended, or fell silent, is done."""
        while True:
            dead = await self.replica.bury()
            if orphans := await self.replica.orphans():
                log.warning("replica.adopting", replicas=orphans)
                await self.engine.adopt(orphans)
            if dead:  # one may have died before it began what follows from a change
                for organisation in self.organisations:
                    await organisation.services.lifecycle.heal()
            await self.replica.pause()

    async def _give_way(self) -> None:
        """What others do now, this replica must not go on with."""
        try:
            await self.replica.superseded()
        except Superseded:
            await self.engine.interrupt()
            raise

    async def _hold_without_database(self) -> None:
        """Let other replicas have the frames as long as nothing can be stored here."""
        while True:
            await self.replica.lost.wait()
            await self.stream.hold()
            await self.replica.reached.wait()
            self.stream.go_on()


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = utc_now,
    patience: Patience = PATIENT,
    times: Times = TIMES,
    ending: Ending | None = None,
) -> AsyncIterator[App]:
    """Open everything, and at the end stop taking, drain, close, in that order, in the time that `ending` gives."""
    async with AsyncExitStack() as opened:
        session = await opened.enter_async_context(open_session(settings))
        store = await opened.enter_async_context(Store(settings.database_url))
        await opened.enter_async_context(store.leased())
        replica = await opened.enter_async_context(Replica(store.replicas, times))
        engine = Engine(settings.database_url, executor_id=replica.name, ending=ending)
        process = Process(store, engine, replica, session, clock, patience)
        organisations: Organisations = await opened.enter_async_context(
            Several(settings, process) if settings.serves_several else only(settings, process)
        )
        for name in WORKFLOWS:
            engine.add(name, partial(_run_for, organisations, name))
        await opened.enter_async_context(engine)
        await organisations.begin()
        stream = Stream(
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            api_base_url=settings.api_base_url,
            receiver=Receiver(organisations, settings, store, replica),
            session=session,
        )
        opened.push_async_callback(stream.stop)
        yield App(settings, organisations, main=store, engine=engine, stream=stream, replica=replica)


async def _run_for(organisations: Organisations, name: str, payload: Payload) -> None:
    """A workflow, by the parts of its organisation that are in force when it begins."""
    corp_id, payload = addressed(payload)
    if corp_id:
        structlog.contextvars.bind_contextvars(organisation=corp_id)
    organisation = await organisations.working_for(corp_id)
    if organisation is None:
        log.warning("workflow.not_served", corp_id=corp_id, kind=name)
        return
    await organisation.parts.workflows[name](payload)


async def run(
    settings: Settings,
    stopping: asyncio.Event,
    on_start: Callable[[App], None] | None = None,
    *,
    reloading: asyncio.Event | None = None,
    times: Times = TIMES,
) -> None:
    """Run the robot until `stopping` is set. Declared dead by other replicas, it begins anew, as another one.

    As long as its database is not there, it waits. Each time `reloading` is set, it reads its settings anew.
    """
    in_force = InForce(settings, reloading or asyncio.Event())
    is_default = "health" not in settings.model_fields_set
    async with Health(settings.health, is_default=is_default) as health:
        waiting = Waiting(stopping, health.missing)
        while not stopping.is_set():
            try:
                await waiting.through(
                    _run_once(in_force, stopping, on_start, health=health, times=times, waiting=waiting)
                )
            except Superseded:
                continue
            except StoreAwayError as exc:
                await waiting.pause(
                    "database", "The database cannot be used yet; the log says why.", str(exc)
                )


async def _run_once(
    in_force: InForce,
    stopping: asyncio.Event,
    on_start: Callable[[App], None] | None,
    *,
    health: Health,
    times: Times,
    waiting: Waiting,
) -> None:
    ending = Ending()
    told = asyncio.create_task(stopping.wait())
    told.add_done_callback(lambda _: ending.begin())
    try:
        async with AsyncExitStack() as stack:
            with answering():
                app = await stack.enter_async_context(running(in_force.settings, times=times, ending=ending))
            waiting.begun()
            if on_start:
                on_start(app)
            listening = asyncio.create_task(_reload_when_asked(app, in_force))
            stack.callback(listening.cancel)
            with health.of(app.stream, app.replica, app.main, app.parts):
                await _serve(app, told, ending)
    finally:
        told.cancel()


async def _reload_when_asked(app: App, in_force: InForce) -> None:
    while True:
        await in_force.asked.wait()
        in_force.asked.clear()
        await app.reload(in_force.read)
        in_force.settings = app.settings


async def _serve(app: App, told: asyncio.Task[Any], ending: Ending) -> None:
    serving = asyncio.create_task(app.serve())
    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    await app.stream.stop()
    serving.cancel()
    await asyncio.wait({serving}, timeout=ending.left(math.inf, kept_s=KEPT_S))
    if not serving.done() or serving.cancelled():
        return
    try:
        serving.result()
    except ExceptionGroup as failures:
        if failures.subgroup(Superseded):
            raise Superseded from failures
        raise
