"""A copy of the whole database while the robot runs, and the way back, which must not carry out old decisions.

Our tables and the engine's lie in one database, so a copy of one moment holds both. What was decided after that
moment is not in it: a request that was open or approved may have been withdrawn or carried out since, a running job
may have ended. So what is restored is first made safe, before any robot can open it: nothing in it is sent again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import OPEN_STATES, Operator, RequestState
from bot.store import files, servers
from bot.store.audit import append
from bot.store.chain import Link
from bot.store.copying import BackupError, Copied
from bot.store.database import Database, Partition
from bot.store.inspection import known_schemas
from bot.store.rows import entering, news, note, note_state, request_of
from bot.store.store import Store
from bot.store.tables import manifest_entries, replicas, requests

OPERATOR = "operator"
"""Who restores a backup: a person at the command line, not the robot."""
_NOT_CARRIED_ON = ("message", "tell", "details", "undo", "job")
"""Workflows that a restored database does not take up again: what they were to do was done since, or is too late."""
_ASKED_AGAIN = (*OPEN_STATES, RequestState.APPROVED)


@dataclass(frozen=True)
class Restored:
    """What came of restoring: the link the backup's trail ended with, and the requests that were ended by it.

    `replaced` is the file or the database that was there before, empty where none was; `expired` were waiting,
    `stopped` were being deleted.
    """

    head: Link
    replaced: str
    expired: list[str]
    stopped: list[str]


def back_up(database_url: str, to: Path) -> Copied:
    """Write a copy of the database into a new file, or one of a name by the time into the folder `to`.

    The robot may be running. Raises BackupError, and leaves no file then.
    """
    url = make_url(database_url)
    is_file = url.get_backend_name() == "sqlite"
    target = to / _name("sqlite" if is_file else "pgdump") if to.is_dir() else to
    with _new(target) as part:
        made = (files if is_file else servers).copy(url, part)
        if is_file:  # a dump of a server has all schemas
            _back_up_parts(url, target)
    return Copied(path=target, schema=made.schema, head=made.head, size_bytes=target.stat().st_size)


def restore(database_url: str, file: Path, at: datetime) -> Restored:
    """Put a backup in the place of the database, which is kept aside. Raises BackupError, and changes nothing then."""
    url = make_url(database_url)
    way = files if url.get_backend_name() == "sqlite" else servers
    if not file.is_file():
        raise BackupError(f"{file} is not there: name a file that dingsweep backup has written.")
    parts = files.beside(file) if way is files else {}
    for part in parts.values():  # before anything is replaced
        files.require_ours(part, known_schemas())
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    with way.replacing(url, file, stamp, known_schemas()) as (new, replaced, head):
        expired, stopped = asyncio.run(
            _prepare(new.render_as_string(hide_password=False), file, head, replaced, at)
        )
    for name, part in parts.items():
        own = url.set(database=str(files.part(Path(url.database or ""), name)))
        more = _restore_part(own, part, stamp, at)
        expired, stopped = expired + more[0], stopped + more[1]
    return Restored(head, replaced, expired, stopped)


def _back_up_parts(url: URL, target: Path) -> None:
    """Each organisation of several has a file of its own: each is copied beside the copy of the main one, or none."""
    with ExitStack() as copies:
        for name, path in files.beside(Path(url.database or "")).items():
            files.copy(url.set(database=str(path)), copies.enter_context(_new(files.part(target, name))))


def _restore_part(url: URL, file: Path, stamp: str, at: datetime) -> tuple[list[str], list[str]]:
    with files.replacing(url, file, stamp, known_schemas()) as (new, replaced, head):
        made_safe = _prepare(
            new.render_as_string(hide_password=False), file, head, replaced, at, has_engine=False
        )
        return asyncio.run(made_safe)


def _name(kind: str) -> str:
    return f"dingsweep-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{kind}"


@contextmanager
def _new(target: Path) -> Iterator[Path]:
    """A private file beside `target`, which becomes it when the block ends well. Nothing is ever written over."""
    part = target.with_name(f".{target.name}.part")
    try:
        _make(target)
    except FileExistsError:
        raise BackupError(f"{target} is there already: name another file, nothing is written over.") from None
    except OSError as exc:
        raise BackupError(f"{target} cannot be written: {exc.strerror}.") from exc
    try:
        part.unlink(missing_ok=True)
        try:
            _make(part)
        except OSError as exc:
            raise BackupError(f"{part} cannot be written: {exc.strerror}.") from exc
        yield part
        part.replace(target)
    except BaseException:
        target.unlink(missing_ok=True)
        part.unlink(missing_ok=True)
        raise


def _make(file: Path) -> None:
    """Never one that is there, nor what a link leads to: others may write in this folder, too. Raises OSError."""
    os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


async def _prepare(
    database_url: str, file: Path, head: Link, replaced: str, at: datetime, *, has_engine: bool = True
) -> tuple[list[str], list[str]]:
    partitions = await _up_to_date(database_url)
    async with Database(database_url) as database:
        if database.is_sqlite and await _triggers(database) != await _own_triggers():
            raise BackupError(f"{file} has triggers that are not ours, or lacks some: take another one.")
        expired, stopped = await _make_safe(database, head, replaced, at, has_engine=has_engine)
    for partition in partitions:
        async with Store(partition.url, partition), Database(partition.url, partition) as own:
            more = await _make_safe(own, head, replaced, at, has_engine=False)
            expired, stopped = expired + more[0], stopped + more[1]
    return expired, stopped


async def _up_to_date(database_url: str) -> list[Partition]:
    """Bring an older schema up to date; the parts of organisations that are in the same database."""
    async with Store(database_url) as store:
        if make_url(database_url).get_backend_name() == "sqlite":
            return []
        known = await store.organisations.all()
        return [await store.organisations.partition(each.corp_id) for each in known]


async def _own_triggers() -> set[str]:
    """What a new database has: a trigger of somebody else would undo here whatever makes a backup safe."""
    with TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{folder}/new.sqlite"
        async with Store(url), Database(url) as database:
            return await _triggers(database)


async def _triggers(database: Database) -> set[str]:
    query = "SELECT sql FROM sqlite_master WHERE type IN ('trigger', 'view')"
    async with database.reading() as connection:
        return set((await connection.execute(text(query))).scalars())


async def _make_safe(
    database: Database, head: Link, replaced: str, at: datetime, *, has_engine: bool
) -> tuple[list[str], list[str]]:
    """End what was open, and have what was running only looked at. One transaction, with its records."""
    async with database.writing() as connection:
        await append(
            connection,
            at,
            corp_id="",
            actor=OPERATOR,
            event="backup.restored",
            head=str(head),
            replaced=Path(replaced).name,
        )
        expired = await _expire(connection, at)
        stopped = await _stop(connection, at)
        await connection.execute(replicas.delete())
        if has_engine:
            await _drop_workflows(connection, database.url)
        return expired, stopped


async def _expire(connection: AsyncConnection, at: datetime) -> list[str]:
    """What waited for somebody, or for its job, may have come to any end since: it is over, and its people hear so."""
    waiting = select(requests).where(requests.c.state.in_(_ASKED_AGAIN)).order_by(requests.c.created_at)
    found = [request_of(row) for row in (await connection.execute(waiting)).mappings()]
    for request in found:
        by = _operator(request.requester.corp_id)
        values = (
            entering(RequestState.EXPIRED, at, None) | news() | {"stop_asked": by.model_dump(mode="json")}
        )
        change = update(requests).where(requests.c.id == request.id).values(**values).returning(requests)
        row = (await connection.execute(change)).mappings().one()
        await note_state(connection, request_of(row), at, actor=OPERATOR, reason="a backup was restored")
    return [request.id for request in found]


async def _stop(connection: AsyncConnection, at: datetime) -> list[str]:
    """All that a running job had not settled may have been sent since: it counts as sent, so it is looked at."""
    running = select(requests).where(requests.c.state == RequestState.RUNNING).order_by(requests.c.created_at)
    found = [request_of(row) for row in (await connection.execute(running)).mappings()]
    for request in found:
        table = manifest_entries.c
        unsettled = (table.request_id == request.id) & table.target_id.is_(None) & table.outcome.is_(None)
        not_sent = update(manifest_entries).where(unsettled, table.sent_at.is_(None))
        await connection.execute(not_sent.values(sent_at=at))
        by = _operator(request.requester.corp_id).model_dump(mode="json")
        change = update(requests).where(requests.c.id == request.id)
        await connection.execute(change.values(stop_asked=by, paused="", runs=request.runs + 1))
        await note(
            connection, request, at, actor=OPERATOR, event="job.stop_asked", reason="a backup was restored"
        )
    return [request.id for request in found]


def _operator(corp_id: str) -> Operator:
    return Operator(corp_id=corp_id, user_id=OPERATOR, union_id="", name=OPERATOR)


async def _drop_workflows(connection: AsyncConnection, url: URL) -> None:
    """A message said before the backup would be obeyed again. A job is begun anew under another id, to look."""
    table = "workflow_status" if url.get_backend_name() == "sqlite" else "dbos.workflow_status"
    drop = (
        f"UPDATE {table} SET status = 'CANCELLED' WHERE name = :name AND status NOT IN ('SUCCESS', 'ERROR')"  # noqa: S608
    )
    for name in _NOT_CARRIED_ON:
        await connection.execute(text(drop), {"name": name})
