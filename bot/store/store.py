"""The store as a whole: opens the database, brings its schema up to date, and holds the repositories."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Self

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.audit import Audit
from bot.store.away import is_worth_waiting
from bot.store.database import Database, Partition, WrongPartitionError
from bot.store.jobs import Jobs
from bot.store.lanes import SharedLanes
from bot.store.lease import InUseError, lease
from bot.store.memory import CallMeter, KnownSpaces, SuiteTickets
from bot.store.organisations import Organisations
from bot.store.outbox import Outbox
from bot.store.replicas import Replicas
from bot.store.requests import Requests
from bot.store.restores import Restores
from bot.store.votes import Votes
from bot.store.watch import Watch

log = structlog.get_logger()

FLUSH_S = 2.0


class StoreError(Exception):
    """The database cannot be used; the text is one sentence for the operator of the robot, without its password."""


class StoreAwayError(StoreError):
    """It may well be there in a while."""


class SchemaTooNewError(StoreError):
    """A newer Dingsweep has used this database."""


@contextmanager
def answering() -> Iterator[None]:
    """What fails here because the database went away is a StoreAwayError."""
    try:
        yield
    except DBAPIError as exc:
        if not is_worth_waiting(exc.orig):
            raise
        reason = str(exc.orig).splitlines()[0]
    except PoolTimeout:
        reason = "no connection to it is free"
    else:
        return
    raise StoreAwayError(f"The database does not answer: {reason}")


class Store:
    """`async with Store(url)`: the repositories, on a database whose schema is the one this version knows."""

    def __init__(self, database_url: str, partition: Partition | None = None) -> None:
        """Of a `partition`, `database_url` is that of it."""
        self._database = Database(database_url, partition)
        self.requests = Requests(self._database)
        self.votes = Votes(self._database)
        self.jobs = Jobs(self._database)
        self.restores = Restores(self._database)
        self.audit = Audit(self._database)
        self.meter = CallMeter(self._database)
        self.spaces = KnownSpaces(self._database)
        self.tickets = SuiteTickets(self._database)
        self.outbox = Outbox(self._database)
        self.organisations = Organisations(self._database)
        self.watch = Watch(self._database)
        self.lanes = None if self._database.is_sqlite else SharedLanes(self._database)
        self.quiet = self._database.quiet
        self._renewals = Database(database_url)
        self.replicas = Replicas(self._renewals)

    async def of(self, corp_id: str) -> Store:
        """The store of one organisation of several, to be opened. Raises ValueError for what is no corpId."""
        partition = await self.organisations.partition(corp_id)
        return Store(partition.url, partition)

    async def __aenter__(self) -> Self:
        """Raises StoreError when the database cannot be used or its schema is newer than ours.

        StoreAwayError when it is worth waiting for.
        """
        try:
            await self._database.__aenter__()
            await self._renewals.__aenter__()
            await asyncio.to_thread(self._migrate)
        except WrongPartitionError as exc:
            raise StoreError(
                "Connections to the PostgreSQL do not keep to the schema they ask for, so that organisations would "
                "see each other's rows: connect to it directly, or by a pool that passes `options` on."
            ) from exc
        except (OSError, DBAPIError) as exc:
            raise self._unusable(exc) from exc
        return self

    def _unusable(self, exc: Exception) -> StoreError:
        where = self._database.url.set(query={}).render_as_string(hide_password=True)
        cause = exc.orig if isinstance(exc, DBAPIError) else exc
        reason = str(cause).splitlines()[0]
        if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
            return StoreError(
                f"The database {where} is damaged ({reason}): dingsweep backup restore FILE puts a backup in its place."
            )
        kind = StoreAwayError if is_worth_waiting(cause) else StoreError
        return kind(f"The database {where} cannot be used: {reason}")

    @asynccontextmanager
    async def leased(self) -> AsyncIterator[None]:
        """For the robot itself, which on a SQLite must be the only one. Raises StoreError."""
        if not self._database.is_sqlite:
            yield
            return
        with ExitStack() as held:
            try:
                held.enter_context(lease(Path(self._database.url.database or "")))
            except InUseError:
                raise StoreError(
                    "Another Dingsweep is running on this database: stop it first, one robot a SQLite file; "
                    "several take a PostgreSQL."
                ) from None
            await asyncio.to_thread(self._require_whole)
            yield

    async def __aexit__(self, *exc: object) -> None:
        try:
            async with asyncio.timeout(FLUSH_S):
                await self.meter.flush()
        except (
            SQLAlchemyError,
            TimeoutError,
        ) as failure:  # to end while the database is away is no failure of the robot
            log.error("meter.lost", error=type(failure).__name__)
        finally:
            await self._renewals.__aexit__(*exc)
            await self._database.__aexit__(*exc)

    def _require_whole(self) -> None:
        """A damaged file is found out at the start, and not by a job. Raises StoreError."""
        try:
            with self._database.alone() as connection:
                said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        except DBAPIError as exc:
            raise self._unusable(exc) from exc
        if said != "ok":
            raise self._unusable(sqlite3.DatabaseError(said))

    def _migrate(self) -> None:
        """Run what is missing, forward only; of several that start at once, one does.

        A migration leaves what the version before it reads and writes: replicas of that version go on meanwhile. What
        is started anew must know the schema.
        """
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
        with self._database.alone() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in known:
                raise SchemaTooNewError(
                    f"The database has schema {current}, written by a newer Dingsweep: install that version "
                    "or restore the backup made before its upgrade."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
