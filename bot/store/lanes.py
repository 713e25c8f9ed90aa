"""How fast each interface of DingTalk may be called, kept for all replicas of the robot together.

A turn is one short transaction that locks the row of its interface. The time is the database's: the replicas
may be on machines whose clocks differ by more than the few milliseconds that matter here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import stamina
from sqlalchemy import Executable, Float, cast, extract, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.tables import lanes

PATIENCE_S = 5.0
"""How long a turn waits for a database that is away. Then its error goes to whoever calls: nothing was sent, and
nothing ever leaves without a turn."""

T = TypeVar("T")
Kept = dict[str, Any]
Step = Callable[[Kept | None, float], tuple[Kept | None, T]]


class SharedLanes:
    """One row for each interface of DingTalk. On PostgreSQL only: with SQLite, the robot is one process."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def change(self, api: str, step: Step[T]) -> T:
        """Keep what `step` makes of what is kept of this interface at this time; returns the rest of its answer.

        Raises the database's error when it is away for longer than a moment.
        """
        async for attempt in stamina.retry_context(
            on=(OperationalError, InterfaceError, PoolTimeout),
            attempts=None,
            timeout=PATIENCE_S,
            wait_initial=0.1,
            wait_max=1.0,
            wait_jitter=0.2,
        ):
            with attempt:
                answer = await self._changed(api, step)
        return answer

    async def _changed(self, api: str, step: Step[T]) -> T:
        async with self._database.writing() as connection:
            row = (await connection.execute(_look(api))).first() or await _begun(connection, api)
            changed, answer = step(row.pace or None, row.now)
            if changed is not None:
                await connection.execute(update(lanes).where(lanes.c.api == api).values(pace=changed))
            return answer


async def _begun(connection: AsyncConnection, api: str) -> Any:
    """The row of an interface that nobody has called yet."""
    await connection.execute(insert(lanes).values(api=api, pace={}).on_conflict_do_nothing())
    return (await connection.execute(_look(api))).one()


def _look(api: str) -> Executable:
    """Locks the row, then tells the time: in one query level it could be that from before the wait for the lock.

    What is lost of it in a crash of the database is older than a second by then, so nobody waits for its disk.
    """
    row = select(lanes.c.pace).where(lanes.c.api == api).with_for_update().cte("row")
    now = cast(extract("epoch", func.clock_timestamp()), Float)
    hurried = func.set_config("synchronous_commit", "off", True)
    return select(row.c.pace, now.label("now"), hurried)
