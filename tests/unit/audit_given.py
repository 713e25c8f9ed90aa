"""An audit trail to prove, and somebody who writes to its database past the program."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, text

from bot.models import AuditRecord
from bot.settings import load
from bot.store import Store
from bot.store.chain import GENESIS, chain_hash
from tests.unit.store_given import NOW

TABLES = ("audit", "audit_head", "audit_anchor")


def driven(url: str) -> str:
    """The URL as the settings make it: with the driver that we carry."""
    return load(Path("/nonexistent"), client_id="c", client_secret="s", database_url=url).database_url


def chained(count: int, start: int = 0, previous: str = GENESIS, **fields: Any) -> list[dict[str, Any]]:
    """That many records behind one another, as the store would have them."""
    records = []
    for seq in range(start + 1, start + count + 1):
        record: dict[str, Any] = {
            "seq": seq,
            "at": NOW + timedelta(seconds=seq),
            "corp_id": "ding",
            "request_id": f"R{seq % 3}",
            "actor": "wang",
            "event": "test.happened",
            "details": {"n": seq, "name": "删除 🎉", "nothing": None, "yes": True},
            "previous_hash": previous,
        } | fields
        records.append(record | {"hash": (previous := chain_hash(record))})
    return records


async def write(store: Store, count: int, **fields: Any) -> None:
    for number in range(count):
        given: dict[str, Any] = {"corp_id": "ding", "actor": "wang", "event": "test.happened", "n": number}
        await store.audit.append(NOW + timedelta(seconds=number), **(given | fields))


async def trail(store: Store, request_id: str | None = None) -> list[AuditRecord]:
    return [record async for record in store.audit.records(request_id)]


def broken_at(records: Sequence[AuditRecord]) -> int | None:
    """The first record that does not follow from the one before; None for a whole chain."""
    previous = GENESIS
    for number, record in enumerate(records, 1):
        fields = record.model_dump()
        if (record.seq, record.previous_hash, record.hash) != (number, previous, chain_hash(fields)):
            return number
        previous = record.hash
    return None


@contextmanager
def console(url: str, *, unguarded: bool = False) -> Iterator[Connection]:
    """A transaction of somebody at the database; `unguarded` is one who may drop the triggers, too."""
    engine = create_engine(driven(url).replace("+aiosqlite", ""))
    try:
        with engine.begin() as connection:
            if unguarded:
                _drop_triggers(connection)
            yield connection
    finally:
        engine.dispose()


@contextmanager
def attacked(url: str, *statements: str) -> Iterator[None]:
    """The trail as these statements leave it; afterwards it is as it was, but for the triggers."""
    with console(url, unguarded=True) as connection:
        kept = {table: connection.execute(text(f"SELECT * FROM {table}")).all() for table in TABLES}  # noqa: S608
        for statement in statements:
            connection.execute(text(statement))
    yield
    with console(url) as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608
            for row in kept[table]:
                values = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in row._mapping.items()}
                names = ", ".join(values)
                marks = ", ".join(f":{name}" for name in values)
                connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)  # noqa: S608


def _drop_triggers(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in found.scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
    else:
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def undo(connection: Connection) -> None:
    """The database as the migration before that of the trail left it."""
    if connection.dialect.name != "sqlite":
        functions = "SELECT proname FROM pg_proc WHERE proname LIKE 'audit%'"
        for name in connection.execute(text(functions)).scalars().all():
            connection.execute(text(f"DROP FUNCTION {name} CASCADE"))
    for statement in (
        "DROP TABLE request_people",
        "DROP TABLE audit_anchor",
        "DROP INDEX ix_audit_at",
        "DROP INDEX ix_audit_event",
        "UPDATE alembic_version SET version_num = '0002'",
    ):
        connection.execute(text(statement))
