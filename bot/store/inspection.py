"""Looks at a database as it is: no schema is brought up to date, no file is made, nothing is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from bot.models import Model
from bot.store.database import Database
from bot.store.memory import CallMeter, SuiteTickets
from bot.store.organisations import Organisations
from bot.store.outbox import Outbox
from bot.store.tables import audit, audit_head, manifest_entries, requests

MIGRATIONS = Path(__file__).parent / "migrations"


class Unusable(Exception):
    """The database cannot be looked at; the text says why in a few words, without its password."""


class Missing(Unusable):
    """There is no such file yet."""


class Loss(Model):
    """A record of notices that did not go out: `notice.undelivered` or `notice.cut`."""

    event: str
    channel: str
    size: int
    error: str = ""


class Inspection:
    """What there is to see; only `schema` may be asked of a schema that is not ours."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.outbox = Outbox(database)
        self.meter = CallMeter(database)
        self.tickets = SuiteTickets(database)
        self.organisations = Organisations(database)

    async def schema(self) -> str | None:
        """The revision of the schema; None for an empty database."""

        def ask(connection: Connection) -> str | None:
            return MigrationContext.configure(connection).get_current_revision()

        async with self._database.reading() as connection:
            return await connection.run_sync(ask)

    async def audit_head(self) -> tuple[int, bool]:
        """The number of the last audit record, and whether that record is there as the head says."""
        async with self._database.reading() as connection:
            head = (await connection.execute(select(audit_head))).one()
            kept = select(audit.c.hash).where(audit.c.seq == head.seq)
            return head.seq, head.seq == 0 or (await connection.execute(kept)).scalar() == head.hash

    async def events_of_folders(self, since: datetime) -> tuple[int, int]:
        """Folders that jobs begun since then left to DingTalk, and of how many an event told that they are gone."""
        lately = select(requests.c.id).where(requests.c.began_at >= since)
        query = select(func.count(), func.count(manifest_entries.c.seen_gone_at)).where(
            manifest_entries.c.request_id.in_(lately), manifest_entries.c.task_id != ""
        )
        async with self._database.reading() as connection:
            folders, told = (await connection.execute(query)).one()
            return folders, told

    async def losses(self, since: datetime) -> list[Loss]:
        """Notices that did not go out since then, by the audit trail."""
        lost = audit.c.event.in_(("notice.undelivered", "notice.cut"))
        query = select(audit.c.event, audit.c.details).where(lost, audit.c.at >= since).order_by(audit.c.seq)
        async with self._database.reading() as connection:
            return [
                Loss(
                    event=row.event,
                    channel=row.details["target"],
                    size=row.details["size"],
                    error=row.details.get("error", ""),
                )
                for row in await connection.execute(query)
            ]


@asynccontextmanager
async def inspecting(database_url: str) -> AsyncIterator[Inspection]:
    """Raises Unusable when there is no such database (Missing), or it cannot be reached."""
    database = Database(database_url)
    if not _is_there(database):
        raise Missing("the file is not there; dingsweep run makes it")
    try:
        async with database:
            yield Inspection(database)
    except (OSError, DBAPIError) as exc:
        reason = str(exc.orig if isinstance(exc, DBAPIError) else exc).splitlines()[0]
        raise Unusable(reason) from exc


def _is_there(database: Database) -> bool:
    path = database.url.database if database.is_sqlite else None
    return not path or path == ":memory:" or Path(path).exists()


def known_schemas() -> list[str]:
    """The revisions of this version, the newest first."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return [revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()]
