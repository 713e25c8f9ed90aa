"""The audit trail: append-only records, each carrying the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import AuditRecord
from bot.store.database import Database
from bot.store.tables import audit, audit_head

GENESIS = "0" * 64


class Audit:
    """Reading the trail, and adding what belongs to no other change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(
        self, at: datetime, *, corp_id: str, actor: str, event: str, request_id: str = "", **details: Any
    ) -> None:
        """Add one record in a transaction of its own."""
        async with self._database.writing() as connection:
            await append(
                connection, at, corp_id=corp_id, actor=actor, event=event, request_id=request_id, **details
            )

    async def records(self, request_id: str | None = None) -> AsyncIterator[AuditRecord]:
        """All records in the order they were written, or those of one request."""
        query = select(audit).order_by(audit.c.seq)
        if request_id:
            query = query.where(audit.c.request_id == request_id)
        async with self._database.reading() as connection:
            async for row in (await connection.stream(query)).mappings():
                yield AuditRecord.model_validate(dict(row))


async def append(
    connection: AsyncConnection,
    at: datetime,
    *,
    corp_id: str,
    actor: str,
    event: str,
    request_id: str = "",
    **details: Any,
) -> None:
    """Add one record inside the caller's transaction, so that a change and its record stand or fall together."""
    head = (await connection.execute(select(audit_head).with_for_update())).one()
    record: dict[str, Any] = {
        "seq": head.seq + 1,
        "at": at.astimezone(UTC),
        "corp_id": corp_id,
        "request_id": request_id,
        "actor": actor,
        "event": event,
        "details": details,
        "previous_hash": head.hash,
    }
    record["hash"] = chain_hash(record)
    await connection.execute(audit.insert().values(**record))
    await connection.execute(update(audit_head).values(seq=record["seq"], hash=record["hash"]))


def chain_hash(record: dict[str, Any]) -> str:
    """SHA-256 over every field of a record but its own hash, in one fixed JSON form."""
    fields = {key: value for key, value in record.items() if key != "hash"}
    fields["at"] = record["at"].isoformat(timespec="microseconds")
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
