"""Durable workflows on DBOS Transact: what was started is finished, also after a crash.

A workflow is an async function of one JSON object, safe to begin again. Inside it, `step` runs a function
once and keeps its answer, so a workflow taken up again after a crash goes on behind the last finished step.
The engine's tables live beside ours in the same database, and its workflows run on the loop that opened it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, Self, TypeVar

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowSerializationFormat
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.ending import Ending
from bot.store.database import bounded

log = structlog.get_logger()

Payload = dict[str, Any]
Workflow = Callable[[Payload], Awaitable[None]]
T = TypeVar("T")

APPLICATION_VERSION = "1"
"""Pinned: the library's default is a hash of the code, and a workflow that an upgrade finds stored under
another version is never taken up again. Raise it only when old workflows cannot be continued."""

ORGANISATION, PAYLOAD = "organisation", "payload"
"""How a workflow is addressed where there are several organisations."""

AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""What says that the database is locked, full or gone at the moment, and nothing of what was asked."""
AWAY_S = 5.0
INTERRUPT_S = 5.0
KEPT_S = 3.0
"""Of the time to end, for what comes after the drain: a third for the interrupted, a third for the library, a third for
all that is closed after the engine."""
CONNECTIONS = 10
"""To a PostgreSQL, which by default takes 100; the repositories of a replica have 15 more, and its renewal one."""

LISTEN_EVERY_S = 1.0
"""How often the library looks for what nobody sends here. On a SQLite its end waits for the look that is due."""

MAX_REMEMBERED = 10_000
"""Ids of workflows stored lately; of all others the database knows."""

_SYNC_DRIVERS = {"sqlite+aiosqlite": "sqlite", "postgresql+psycopg": "postgresql+psycopg"}


class Workflows(Protocol):
    """What those who have something done durably need of the engine; see `Engine`."""

    async def start(self, workflow: str, workflow_id: str, payload: Payload) -> None: ...

    def start_soon(self, workflow: str, workflow_id: str, payload: Payload) -> None: ...

    async def step(self, name: str, function: Callable[[], Awaitable[T]]) -> T: ...


class Engine:
    """The durable engine of this process: `add` its workflows, `async with`, then `start`. One at a time."""

    def __init__(
        self,
        database_url: str,
        *,
        executor_id: str = "local",
        drain_s: float = 8.0,
        ending: Ending | None = None,
    ) -> None:
        """What one left unfinished is taken up by the next of the same `executor_id`, or by whoever adopts it.

        No two that run on one database may have the same. To end, it takes no longer than `ending` leaves it.
        """
        url = make_url(database_url)
        self._config = DBOSConfig(
            name="dingsweep",
            system_database_url=bounded(url.set(drivername=_SYNC_DRIVERS[url.drivername])).render_as_string(
                False
            ),
            application_version=APPLICATION_VERSION,
            executor_id=executor_id,
            sys_db_pool_size=CONNECTIONS,
            notification_listener_polling_interval_sec=LISTEN_EVERY_S,
            log_level="WARNING",
            enable_otlp=False,
        )
        self._functions: dict[str, Workflow] = {}
        self._registered: dict[str, Workflow] = {}
        self._drain_s = drain_s
        self._ending = ending or Ending()
        self._stored: OrderedDict[str, None] = OrderedDict()
        self._running: dict[str, asyncio.Task[Any]] = {}
        self._starting: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, name: str, workflow: Workflow) -> None:
        """Make a workflow known by a stable name. Before the engine is opened, or recovery would not find it."""
        self._functions[name] = workflow

    async def __aenter__(self) -> Self:
        _log_through_ours()
        DBOS(config=self._config)
        self._registered = {name: self._register(name, f) for name, f in self._functions.items()}
        try:
            DBOS.launch()  # here, not in a thread: recovered workflows then run on this loop too
        except BaseException:  # half open it would stand in the way of the next one
            DBOS.destroy(destroy_registry=True)
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Give running workflows `drain_s` to end; what is left is taken up at the next start."""
        if self._starting:
            await asyncio.wait(self._starting, timeout=self._ending.left(self._drain_s, kept_s=KEPT_S))
        try:
            async with asyncio.timeout(self._ending.left(self._drain_s, kept_s=KEPT_S)):
                await self._idle.wait()
        except TimeoutError:
            log.warning("engine.left_running", workflows=sorted(self._running))
            await self.interrupt()
        destroying = asyncio.create_task(asyncio.to_thread(DBOS.destroy, destroy_registry=True))
        await asyncio.wait({destroying}, timeout=self._ending.left(math.inf, kept_s=KEPT_S / 3))
        if destroying.done():
            destroying.result()
        else:  # its threads wait for a database that does not answer
            log.warning("engine.left_open")
        # The library made its own threads the loop's, and has just ended them.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())

    async def interrupt(self, prefix: str = "") -> None:
        """Cancel what runs: one that went on without its database and network would take that for its own failure.

        The library keeps a cancelled one as unfinished. One that does not obey in time is left behind.
        """
        tasks = [task for name, task in self._running.items() if name.startswith(prefix)]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self._ending.left(INTERRUPT_S, kept_s=KEPT_S * 2 / 3))

    async def adopt(self, executors: Sequence[str]) -> None:
        """Have done what these executors, which are no more, left unfinished: here, or by whoever is faster.

        Nothing is run twice for being adopted twice: the library puts each workflow back in its queue if it still
        belongs to one of them, the queue gives it to one runner, and a former one cannot write to it any more.
        """
        await asyncio.to_thread(DBOS._recover_pending_workflows, list(executors))  # noqa: SLF001  no other way in

    async def start(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        """Store the workflow and let it run; returns as soon as it is stored.

        Does nothing when one with this id was stored before: that makes a redelivered frame harmless.
        """
        if (
            workflow_id in self._stored
        ):  # a crowd presses one button: the database need not be asked each time
            return
        with SetWorkflowID(workflow_id):
            await DBOS.start_workflow_async(self._registered[workflow], payload)  # type: ignore[arg-type]
        self._stored[workflow_id] = None
        if len(self._stored) > MAX_REMEMBERED:
            self._stored.popitem(last=False)

    def start_soon(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        """Start it as soon as there is time, for those who have none: nothing is stored yet when this returns.

        In a context of its own: started from a workflow it would be that one's child, which cannot be begun any
        more once the parent has ended.
        """
        starting = self.start(workflow, workflow_id, payload)
        task = asyncio.create_task(starting, context=contextvars.Context())
        self._starting.add(task)
        task.add_done_callback(self._started)

    def _started(self, task: asyncio.Task[None]) -> None:
        self._starting.discard(task)
        if not task.cancelled() and (failure := task.exception()):
            log.error("engine.start_failed", exc_info=failure)

    async def step(self, name: str, function: Callable[[], Awaitable[T]]) -> T:
        """Run `function` once in this workflow, and keep its answer, which must be plain JSON."""

        async def run() -> T:
            return await function()

        return await DBOS.run_step_async({"name": name}, run)

    def _register(self, name: str, function: Workflow) -> Workflow:
        async def run(payload: Payload) -> None:
            workflow_id = DBOS.workflow_id or ""
            self._running[workflow_id] = _this_task()
            self._idle.clear()
            structlog.contextvars.clear_contextvars()  # those of whoever started this one
            structlog.contextvars.bind_contextvars(workflow=workflow_id)
            try:
                await self._through(function, payload)
            finally:
                del self._running[workflow_id]
                if not self._running:
                    self._idle.set()

        # By default the library gives up one that was begun a hundred times, and its request would never end.
        return DBOS.workflow(
            name=name, serialization_type=WorkflowSerializationFormat.PORTABLE, max_recovery_attempts=None
        )(run)

    async def _through(self, function: Workflow, payload: Payload) -> None:
        """Begin again as long as the database is away.

        One that has broken is broken for the library, for ever: its request would never end, and nobody be told.
        """
        while True:
            try:
                return await function(payload)
            except AWAY as exc:
                log.error("database.failed", error=type(exc).__name__)
                await asyncio.sleep(AWAY_S)


class Share:
    """The engine as one organisation of several uses it: ids and payloads of its workflows bear its name."""

    def __init__(self, engine: Engine, corp_id: str) -> None:
        self._engine = engine
        self._corp_id = corp_id
        self.prefix = f"{corp_id}/"

    async def start(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        await self._engine.start(workflow, self.prefix + workflow_id, self._named(payload))

    def start_soon(self, workflow: str, workflow_id: str, payload: Payload) -> None:
        self._engine.start_soon(workflow, self.prefix + workflow_id, self._named(payload))

    async def step(self, name: str, function: Callable[[], Awaitable[T]]) -> T:
        return await self._engine.step(name, function)

    async def interrupt(self) -> None:
        await self._engine.interrupt(self.prefix)

    def _named(self, payload: Payload) -> Payload:
        return {ORGANISATION: self._corp_id, PAYLOAD: payload}


def addressed(payload: Payload) -> tuple[str, Payload]:
    """The organisation of several that a stored workflow is of, "" where there is only one, and what is for it."""
    if payload.keys() == {ORGANISATION, PAYLOAD}:
        return payload[ORGANISATION], payload[PAYLOAD]
    return "", payload


def _this_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a workflow runs as a task")
    return task


def _log_through_ours() -> None:
    """The library installs a console handler of its own unless it finds one: give it ours to find."""
    logger = logging.getLogger("dbos")
    logger.handlers = [logging.NullHandler()]
    logger.propagate = True
