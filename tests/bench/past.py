"""A long past, written quickly: the one deletion that really was, told again as if there had been thousands of it.

Every row that it left is repeated, those of the durable engine included, under a name and at a time of its own, and
the records of the audit trail are chained as the robot chains them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from sqlalchemy import MetaData, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.audit import append_many
from bot.store.database import Database
from bot.store.tables import audit, cards, manifest_entries, request_people, requests

APART = timedelta(minutes=30)
AT_ONCE = 200
"""Requests in one transaction."""
OURS = (requests, manifest_entries, request_people, cards)
ENGINES = ("workflow_status", "workflow_input", "workflow_output")
RECORD = ("at", "corp_id", "request_id", "actor", "event", "details")
"""What a record of the audit trail says, without its place in the chain."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Story:
    """All that one request left: rows by table, and its records."""

    request_id: str
    rows: Sequence[tuple[Table, Sequence[Row]]]
    records: Sequence[Row]

    def told(self, number: int, before: timedelta) -> Self:
        """The same about another request, so much earlier."""
        rename = _Rename(self.request_id, number, before)
        return type(self)(
            rename.request_id,
            [(table, [rename.row(row) for row in rows]) for table, rows in self.rows],
            [rename.row(record) for record in self.records],
        )


@dataclass(frozen=True)
class _Rename:
    old_id: str
    number: int
    before: timedelta

    @property
    def request_id(self) -> str:
        """Small letters: no real one has any."""
        return f"past{self.number:06}"

    def row(self, row: Row) -> Row:
        new = {name: self._value(value) for name, value in row.items()}
        for unique in new.keys() & {"message_key", "workflow_uuid"}:
            new[unique] = f"{new[unique]}:{self.number}"
        return new

    def _value(self, value: Any) -> Any:
        match value:
            case datetime():
                return value - self.before
            case str():
                return value.replace(self.old_id, self.request_id)
            case {"out_track_id": str()}:  # in a record
                return value | {"out_track_id": self._value(value["out_track_id"])}
        return value


async def write_past(database: Path, count: int) -> int:
    """Tell the one request in this database `count` times, the oldest first; the number of records there are then."""
    async with Database(f"sqlite+aiosqlite:///{database}") as opened:
        async with opened.reading() as connection:
            story = await _story(connection)
        for first in range(count, 0, -AT_ONCE):
            numbers = range(first, max(first - AT_ONCE, 0), -1)
            async with opened.writing() as connection:
                await _write(connection, [story.told(number, number * APART) for number in numbers])
    return (count + 1) * len(story.records)


async def _story(connection: AsyncConnection) -> Story:
    engine = MetaData()
    await connection.run_sync(lambda c: engine.reflect(c, only=ENGINES))
    tables = [*OURS, *(engine.tables[name] for name in ENGINES)]
    rows = [(table, await _all(connection, table)) for table in tables]
    [request] = rows[0][1]
    records = [row for row in await _all(connection, audit) if row["request_id"] == request["id"]]
    return Story(request["id"], rows, [{name: row[name] for name in RECORD} for row in records])


async def _all(connection: AsyncConnection, table: Table) -> list[Row]:
    return [dict(row) for row in (await connection.execute(select(table))).mappings()]


async def _write(connection: AsyncConnection, stories: Sequence[Story]) -> None:
    for part, (table, _) in enumerate(stories[0].rows):
        await connection.execute(table.insert(), [row for story in stories for row in story.rows[part][1]])
    await append_many(connection, (record for story in stories for record in story.records))
