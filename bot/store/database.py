"""The connection to the database, and how its two kinds are made to behave alike."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Engine, MetaData, Table, UpdateBase, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import CreateSchema, CreateTable, DropTable

from bot import metrics
from bot.store.away import require_place

IDLE_MS = 8000
"""How long a transaction on a PostgreSQL may rest; as long as a replica that is not heard from may act."""
MIGRATION_LOCK = 0x44494E47
"""The advisory lock of whoever changes the schema of a PostgreSQL; any number, as long as it stays the same."""

PATIENCE = {"connect_timeout": 5, "tcp_user_timeout": 8000}
"""Seconds and milliseconds: a server that is cut off answers nothing, and would be waited for a quarter of an hour."""

SMALL_POOL = {"pool_size": 2, "max_overflow": 3}
"""Connections of one organisation of several: a PostgreSQL has 100 for all of them."""


class WrongPartitionError(Exception):
    """A connection of one organisation's part is not confined to it: nothing may be read or written there."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The part of one organisation: a SQLite file beside the main one, or a schema beside `home` on a PostgreSQL.

    Connections to its `url` see nothing else, so that no statement can reach into another's part by mistake.
    """

    url: str
    schema: str = ""
    home: str = ""


class Database:
    """One engine, with the two ways to use it: `reading()` and `writing()` (one transaction each)."""

    def __init__(self, url: str, partition: Partition | None = None) -> None:
        """Of a `partition`, `url` is that of it."""
        self.url: URL = make_url(url)
        self._partition = partition
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine: AsyncEngine
        self._turn: AbstractAsyncContextManager[object] = asyncio.Lock() if self.is_sqlite else nullcontext()

    async def __aenter__(self) -> Self:
        if self.is_sqlite:
            _make_private(self.url)
        self._engine = create_async_engine(
            bounded(self.url),
            pool_pre_ping=not self.is_sqlite,
            connect_args={} if self.is_sqlite else PATIENCE,
            hide_parameters=True,
            **(SMALL_POOL if self._partition else {}),
        )
        self._prepare(self._engine.sync_engine)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A consistent look at the data; never waits for a writer."""
        with _honest():
            async with self._engine.connect() as connection:
                await connection.execution_options(reading=True)
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Like `reading`, and all that is read is of one moment, however many statements it takes."""
        async with self.reading() as connection:
            if not self.is_sqlite:  # there, the first read of a transaction fixes the moment anyway
                await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection

    @asynccontextmanager
    async def writing(self, staged: AsyncConnection | None = None) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed when the block ends, undone when it raises; `staged` is of `staging`.

        SQLite has one writer, and who waits for it sleeps and tries again without a queue: of 50 at once the
        last one waited 0.6 s, in a queue 0.08 s. So here they queue.
        """
        with _honest():
            async with self._turn, self._written(staged) as connection:
                yield connection

    @asynccontextmanager
    async def _written(self, staged: AsyncConnection | None) -> AsyncIterator[AsyncConnection]:
        if staged is None:
            async with self._engine.begin() as connection:
                yield connection
            return
        await staged.execution_options(reading=False)
        try:
            async with staged.begin():
                yield staged
        finally:
            await staged.execution_options(reading=True)

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """While nobody here writes: what is cancelled in the middle of a write may leave a SQLite locked."""
        async with self._turn:
            yield

    @asynccontextmanager
    async def staging(self, table: Table) -> AsyncIterator[AsyncConnection]:
        """A connection with this temporary table, empty: for very much that is to be written at once.

        It is put there first, while others write, committed, and then copied inside `writing(staged=…)`: of 100 000
        rows that keeps SQLite's one writer for a third of the time.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(reading=True)
            try:
                await self._checkpoint_at_commit(connection, is_on=False)
                await connection.execute(CreateTable(table))
                yield connection
            finally:
                await connection.rollback()
                await connection.execute(DropTable(table, if_exists=True))
                await connection.commit()
                await self._checkpoint_at_commit(connection, is_on=True)

    async def _checkpoint_at_commit(self, connection: AsyncConnection, *, is_on: bool) -> None:
        """After very much is written SQLite moves it to its place: off, others need not wait for that, too."""
        if not self.is_sqlite:
            return
        await connection.exec_driver_sql(f"PRAGMA wal_autocheckpoint={1000 if is_on else 0}")
        if is_on:
            await connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction outside the event loop, in which no other process is: for changes of the schema."""
        url = self.url.set(drivername="sqlite") if self.is_sqlite else self.url
        engine = create_engine(url, hide_parameters=True)
        self._prepare(engine)
        try:
            with engine.begin() as connection:
                if not self.is_sqlite:  # there, a writer is alone anyway
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
                    if self._partition and self._partition.schema:
                        connection.execute(CreateSchema(self._partition.schema, if_not_exists=True))
                yield connection
        finally:
            engine.dispose()

    def shared(self, table: Table) -> Table:
        """This table as all partitions of the database have it in common: that of the database itself."""
        home = self._partition.home if self._partition else ""
        return table.to_metadata(MetaData(), schema=home) if home else table

    def upsert(
        self,
        table: Table,
        row: Mapping[str, Any],
        only_if: ColumnElement[bool] | None = None,
        /,
        **instead: Any,
    ) -> UpdateBase:
        """Insert this row; where its primary key is taken, write its values, or those of `instead`, over what is there.

        `only_if` is a condition on what is there.

        One statement, because two that do the same at the same moment must both succeed.
        """
        insert = (sqlite if self.is_sqlite else postgresql).insert(table).values(**row)
        keys = [column.name for column in table.primary_key]
        changes = instead or {name: insert.excluded[name] for name in row if name not in keys}
        statement: UpdateBase = insert.on_conflict_do_update(index_elements=keys, set_=changes, where=only_if)
        return statement

    def _prepare(self, engine: Engine) -> None:
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        elif self._partition:
            event.listen(engine, "connect", partial(_require_partition, self._partition.schema))


def bounded(url: URL) -> URL:
    """So that a process which is paused in a transaction does not keep its locks, and all others waiting, for ever."""
    if url.get_backend_name() == "sqlite" or "options" in url.query:
        return url
    return url.update_query_dict({"options": f"-c idle_in_transaction_session_timeout={IDLE_MS}"})


@contextmanager
def _honest() -> Iterator[None]:
    """Let errors say what they are.

    A statement that is cancelled comes back as an error of the library's own: who goes on after errors of the database
    would go on for ever, and a process would not end. And SQLite says of a statement which it never takes what it says
    of a file that is locked: who tries again would try for ever.
    """
    try:
        yield
    except SQLAlchemyError as exc:
        task = asyncio.current_task()
        if task and task.cancelling():
            raise asyncio.CancelledError from exc
        metrics.database_failed(exc)
        if isinstance(exc, OperationalError) and _is_refused_for_good(exc.orig):
            raise ProgrammingError(exc.statement, None, exc.orig or exc, hide_parameters=True) from exc
        raise


def _is_refused_for_good(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_TOOBIG}


def _make_private(url: URL) -> None:
    """The file holds names and file paths of a company: nobody but its owner may read it."""
    if not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    require_place(path)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.execute("PRAGMA journal_mode=WAL")  # readers and the writer do not wait for each other
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _require_partition(schema: str, connection: Any, _record: Any) -> None:
    """A pool on the way may leave out what a connection is opened with, and lead to the part of all others."""
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT current_setting('search_path')")
        if cursor.fetchone()[0] != schema:
            raise WrongPartitionError(schema)
    finally:
        cursor.close()
        connection.rollback()


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: taking it in mid-transaction fails when another was faster."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
