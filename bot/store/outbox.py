"""What channels are still to be told. Rows wait here until they are sent, cut or given up; a restart loses none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, delete, func, select, update

from bot.channels import Notice
from bot.models import Model
from bot.store.audit import append
from bot.store.database import Database
from bot.store.tables import channels, notices, replicas

ERROR_LENGTH = 500


class ChannelState(Model):
    """How it stands with a channel. `failures` counts attempts since the last that went well, as `error` is of them;
    `failing_since` is about the message that is being tried."""

    name: str
    sent_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    retry_at: datetime | None = None
    error: str = ""


class Batch(Model):
    """The notices of one message. What was tried once is tried again as it was, under the same id."""

    id: str
    channel: str
    corp_id: str
    notices: tuple[Notice, ...]


class Outbox:
    """The repository of notices."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, names: Collection[str], corp_id: str, notice: Notice) -> None:
        """Have these channels told. Said again while it waits, it is told once."""
        row = {
            "request_id": notice.request_id,
            "event": notice.event,
            "at": notice.at,
            "corp_id": corp_id,
            "notice": notice.model_dump(mode="json"),
            "batch": "",
        }
        async with self._database.writing() as connection:
            for name in sorted(names):
                await connection.execute(self._database.upsert(notices, row | {"channel": name}))

    async def oldest(self, name: str) -> datetime | None:
        """When the first happened of what this channel is still to be told."""
        query = select(func.min(notices.c.at)).where(notices.c.channel == name)
        async with self._database.reading() as connection:
            at: datetime | None = (await connection.execute(query)).scalar()
            return at

    async def waiting(self) -> dict[str, int]:
        """How many notices wait, by channel."""
        query = select(notices.c.channel, func.count().label("number")).group_by(notices.c.channel)
        async with self._database.reading() as connection:
            return {row.channel: row.number for row in await connection.execute(query)}

    async def begin(self, state: ChannelState, batch_id: str, courier: str) -> Batch | None:
        """The message that was tried before, or all that waits as a new one.

        It is this courier's until it is closed, or its failure is put down. None when nothing waits, another that
        still lives has it, or the channel is no more as `state` says.
        """
        name = state.name
        mine = notices.c.channel == name
        async with self._database.writing() as connection:
            if (await connection.execute(self._claim(state, courier))).scalar() is None:
                return None
            tried = select(notices).where(mine, notices.c.batch != "")
            found = (await connection.execute(tried)).mappings().all()
            if not found:
                taken = update(notices).where(mine).values(batch=batch_id).returning(notices)
                found = (await connection.execute(taken)).mappings().all()
            if not found:
                await connection.execute(self._database.upsert(channels, _row(state)))
        if not found:
            return None
        kept = sorted(found, key=lambda row: (row["at"], row["request_id"]))
        return Batch(
            id=kept[0]["batch"],
            channel=name,
            corp_id=kept[0]["corp_id"],
            notices=tuple(Notice.model_validate(row["notice"]) for row in kept),
        )

    def _claim(self, state: ChannelState, courier: str) -> Executable:
        """Answers the name of the channel, or nothing.

        What one that is no more had is nobody's. On a SQLite nobody is in the table, and there is one courier.
        """
        living = self._database.shared(replicas)
        others = select(living.c.name).where(living.c.name != courier)
        is_free = channels.c.courier.not_in(others)
        is_as_known = channels.c.sent_at.is_not_distinct_from(state.sent_at)
        is_as_known &= channels.c.failures == state.failures
        row = _row(state) | {"courier": courier}
        claim = self._database.upsert(channels, row, is_free & is_as_known, courier=courier)
        named: Executable = claim.returning(channels.c.name)
        return named

    async def state(self, name: str) -> ChannelState:
        query = select(channels).where(channels.c.name == name)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().first()
            known = {column: row[column] for column in ChannelState.model_fields} if row else {"name": name}
            return ChannelState.model_validate(known)

    async def put(self, state: ChannelState) -> None:
        """Remember how it stands with a channel."""
        async with self._database.writing() as connection:
            await connection.execute(self._database.upsert(channels, _row(state)))

    async def close(
        self, batch: Batch, state: ChannelState, *, at: datetime, event: str, **details: Any
    ) -> None:
        """What is in this message waits no longer, and the audit trail says why: all or nothing."""
        ours = (notices.c.channel == batch.channel) & (notices.c.batch == batch.id)
        about = {notice.request_id for notice in batch.notices}
        async with self._database.writing() as connection:
            await connection.execute(delete(notices).where(ours))
            await connection.execute(self._database.upsert(channels, _row(state)))
            await append(
                connection,
                at,
                corp_id=batch.corp_id,
                actor="dingsweep",
                event=event,
                request_id=about.pop() if len(about) == 1 else "",
                target=batch.channel,
                events=_counted(batch.notices),
                size=len(batch.notices),
                **details,
            )


def _row(state: ChannelState) -> dict[str, Any]:
    """As it is when no message is being sent."""
    return state.model_dump() | {"error": state.error[:ERROR_LENGTH], "courier": ""}


def _counted(told: Collection[Notice]) -> str:
    """`done 2, failed 1`."""
    events = [notice.event for notice in told]
    return ", ".join(f"{event} {events.count(event)}" for event in dict.fromkeys(events))
