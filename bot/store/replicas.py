"""Which processes run on this database. Times are the database's own, for the clocks of machines differ."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, func, select, text, update

from bot.store.database import Database
from bot.store.tables import replicas

_ORPHANS = text(
    "SELECT DISTINCT executor_id FROM dbos.workflow_status"
    " WHERE status = 'PENDING' AND executor_id NOT IN (SELECT name FROM replicas)"
)
"""https://docs.dbos.dev/explanations/system-tables"""


class Replicas:
    """The repository of replicas. On SQLite there is one process, which the file's lease sees to, and no row."""

    def __init__(self, database: Database) -> None:
        """`database` should be one of its own: whoever waits for a connection there would be taken for dead."""
        self._database = database
        self.is_shared = not database.is_sqlite

    async def register(self, name: str, version: str) -> None:
        """From now on this replica must `renew`."""
        if self.is_shared:
            row = {"name": name, "version": version, "started_at": func.now(), "seen_at": func.now()}
            async with self._database.writing() as connection:
                await connection.execute(replicas.insert().values(row))

    async def renew(self, name: str) -> bool:
        """Say that it lives; False when it was declared dead."""
        if not self.is_shared:
            async with self._database.reading() as connection:
                await connection.execute(select(1))
            return True
        change = update(replicas).where(replicas.c.name == name).values(seen_at=func.now())
        async with self._database.writing() as connection:
            return (await connection.execute(change)).rowcount == 1

    async def leave(self, name: str) -> None:
        """It is no more; what it left unfinished is an orphan from now on."""
        async with self._database.writing() as connection:
            await connection.execute(delete(replicas).where(replicas.c.name == name))

    async def bury(self, silent: timedelta) -> list[str]:
        """Declare dead whoever has been silent for so long, each once; their names."""
        dead = delete(replicas).where(replicas.c.seen_at < func.now() - silent).returning(replicas.c.name)
        async with self._database.writing() as connection:
            return list((await connection.execute(dead)).scalars())

    async def orphans(self) -> list[str]:
        """Replicas that are no more and have left workflows unfinished."""
        async with self._database.reading() as connection:
            return list((await connection.execute(_ORPHANS)).scalars())

    async def has_others(self, name: str) -> bool:
        """Whether any other replica is there."""
        query = select(exists().where(replicas.c.name != name))
        async with self._database.reading() as connection:
            return bool((await connection.execute(query)).scalar())
