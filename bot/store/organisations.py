"""The organisations that authorised a third-party app: a row each, and a part of the database each.

The rows are in the main database, where every replica looks now and then. All else that an organisation has is in
its own part (a SQLite file beside the main one, a schema on a PostgreSQL), which goes as a whole when it goes.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import delete, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import DropSchema

from bot.models import Model
from bot.store.audit import append
from bot.store.database import Database, Partition, bounded
from bot.store.lease import InUseError, lease
from bot.store.tables import audit, organisations

SYSTEM = "dingsweep"
STOPPED, REMOVED = "organisation.stopped", "organisation.removed"
"""What the trail calls it when somebody does not want to serve it any more, and when its data is gone."""
BUSY_S = 30.0
_CORP_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_THEIRS = "WHERE substr(workflow_uuid, 1, length(:prefix)) = :prefix"
"""Not LIKE: on a SQLite, upper and lower case are one to it."""
_END = f"UPDATE {{schema}}workflow_status SET status = 'CANCELLED' {_THEIRS} AND status NOT IN ('SUCCESS', 'ERROR')"  # noqa: S608
_FORGET = tuple(
    f"DELETE FROM {{schema}}{table} {_THEIRS}"  # noqa: S608  nothing of it comes from outside
    for table in ("workflow_input", "workflow_output", "operation_outputs", "workflow_status")
)
"""Where the engine keeps what was said in an organisation; its other tables follow the last one.
https://docs.dbos.dev/explanations/system-tables"""
_BESIDE = ("", "-wal", "-shm", "-journal", ".lock")


class OrganisationState(StrEnum):
    SERVED = "served"
    STOPPED = "stopped"
    """it cancelled the app or turned it off, or somebody stopped serving it; its data is still there"""


class KnownOrganisation(Model):
    """An organisation that has, or had, authorised the app. `since`: from when on it is in this state."""

    corp_id: str
    name: str
    state: OrganisationState
    since: datetime


class StillServedError(Exception):
    """Its data is in use."""


class Organisations:
    """The repository of the main database that knows them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[KnownOrganisation]:
        query = select(organisations).order_by(organisations.c.since, organisations.c.corp_id)
        async with self._database.reading() as connection:
            return [
                KnownOrganisation.model_validate(dict(row))
                for row in (await connection.execute(query)).mappings()
            ]

    async def get(self, corp_id: str) -> KnownOrganisation | None:
        query = select(organisations).where(organisations.c.corp_id == corp_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
        return KnownOrganisation.model_validate(dict(row)) if row else None

    async def serve(self, corp_id: str, name: str, *, at: datetime, event: str) -> bool:
        """From now on it is served; False when it was. `event` is what the trail calls it; "" keeps the old name."""
        state = OrganisationState.SERVED
        row = {"corp_id": corp_id, "name": name, "state": state, "since": at}
        changed = {"state": state, "since": at} | ({"name": name} if name else {})
        is_other = organisations.c.state != state
        put = self._database.upsert(organisations, row, is_other, **changed)
        async with self._database.writing() as connection:
            is_new = (await connection.execute(put.returning(organisations.c.corp_id))).first() is not None
            if is_new:
                await _note(connection, at, corp_id, event, SYSTEM)
            return is_new

    async def changed(self, corp_id: str, name: str, *, at: datetime, event: str) -> None:
        """It has changed what it authorised, and maybe its name. Nothing for one that is not known."""
        known = organisations.c.corp_id == corp_id
        async with self._database.writing() as connection:
            changed = await connection.execute(
                update(organisations).where(known).values({"name": name} if name else {"corp_id": corp_id})
            )
            if changed.rowcount:
                await _note(connection, at, corp_id, event, SYSTEM)

    async def stop(self, corp_id: str, *, at: datetime, event: str, actor: str = SYSTEM) -> bool:
        """From now on it is not served; False when it was not. What it had begun is not begun again."""
        served = (organisations.c.corp_id == corp_id) & (organisations.c.state == OrganisationState.SERVED)
        change = update(organisations).where(served).values(state=OrganisationState.STOPPED, since=at)
        async with self._database.writing() as connection:
            is_new = (await connection.execute(change)).rowcount == 1
            if is_new:
                await _note(connection, at, corp_id, event, actor)
            return is_new

    async def was_turned_away(self, corp_id: str) -> bool:
        """Whether a person here stopped serving it before its data was removed, as far as the trail goes back."""
        query = select(audit.c.event, audit.c.actor).where(audit.c.corp_id == corp_id)
        async with self._database.reading() as connection:
            latest = await connection.execute(query.order_by(audit.c.seq.desc()).limit(2))
            found = [(row.event, row.actor) for row in latest]
        return [event for event, _ in found] == [REMOVED, STOPPED] and found[1][1] != SYSTEM

    async def end_workflows(self, corp_id: str) -> None:
        """What the engine has of it and did not finish is never taken up again: it was asked of an app it had."""
        async with self._database.writing() as connection:
            await connection.execute(text(self._engine(_END)), {"prefix": f"{corp_id}/"})

    async def partition(self, corp_id: str) -> Partition:
        """Where its own rows are. Raises ValueError for what is no corpId."""
        return partition_of(self._database.url, corp_id, await self._home())

    async def remove(self, corp_id: str, *, at: datetime, actor: str) -> None:
        """Take away all its data, and note that it was done. Raises StillServedError."""
        partition = await self.partition(corp_id)
        theirs = organisations.c.corp_id == corp_id
        async with self._database.writing() as connection:
            # Looked at in here: whoever authorises the app anew in this moment waits, and finds nothing, or is served.
            state = select(organisations.c.state).where(theirs).with_for_update()
            if (await connection.execute(state)).scalar() == OrganisationState.SERVED:
                raise StillServedError(corp_id)
            if self._database.is_sqlite:
                _remove_files(Path(make_url(partition.url).database or ""))
            if partition.schema:
                await connection.execute(DropSchema(partition.schema, cascade=True, if_exists=True))
            await connection.execute(delete(organisations).where(theirs))
            for forget in _FORGET:
                await connection.execute(text(self._engine(forget)), {"prefix": f"{corp_id}/"})
            await _note(connection, at, corp_id, REMOVED, actor)
        if self._database.is_sqlite:
            await asyncio.to_thread(_wipe, self._database.url.database or "")

    def _engine(self, statement: str) -> str:
        return statement.format(schema="" if self._database.is_sqlite else "dbos.")

    async def _home(self) -> str:
        if self._database.is_sqlite:
            return ""
        async with self._database.reading() as connection:
            return str((await connection.execute(text("SELECT current_schema()"))).scalar())


def is_corp_id(text: str) -> bool:
    """Whether this can be one: it becomes part of names, and may come from anywhere."""
    return _CORP_ID.fullmatch(text) is not None


def partition_of(url: URL, corp_id: str, home: str = "") -> Partition:
    """The part of one organisation in the database at `url`. Raises ValueError for what is no corpId.

    Its name is short enough for a PostgreSQL, and another one for each, also where upper and lower case are one.
    """
    if not is_corp_id(corp_id):
        raise ValueError("no corpId")
    digest = hashlib.sha256(corp_id.encode()).hexdigest()[:12]
    name = f"org_{re.sub('[^a-z0-9]', '_', corp_id.lower())[:40]}_{digest}"
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        own = url.set(database=str(path.with_name(f"{path.stem}.{name}{path.suffix}")))
        return Partition(own.render_as_string(hide_password=False))
    options = bounded(url).query["options"]
    given = options if isinstance(options, str) else " ".join(options)
    own = url.update_query_dict({"options": f"{given} -c search_path={name}"})
    return Partition(own.render_as_string(hide_password=False), name, home)


def _wipe(path: str) -> None:
    """What is deleted in a SQLite can still be read in its file, until that is written anew."""
    with closing(sqlite3.connect(path, timeout=BUSY_S)) as connection:
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _remove_files(path: Path) -> None:
    """Raises StillServedError while a robot has it open."""
    if not path.exists():
        return
    try:
        with lease(path):
            for end in _BESIDE:
                path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    except InUseError:
        raise StillServedError(path.name) from None


async def _note(connection: AsyncConnection, at: datetime, corp_id: str, event: str, actor: str) -> None:
    await append(connection, at, corp_id=corp_id, actor=actor, event=event)
