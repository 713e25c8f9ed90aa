"""Small things worth remembering between calls: the month's meter, spaces, suite tickets."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from bot.models import Space
from bot.store.database import Database
from bot.store.tables import api_calls, spaces, suite_tickets

WEBHOOK = "webhook "
"""Begins the name of what uses up the monthly quota of webhooks."""
SPACE_LIFETIME = timedelta(days=1)


def month_of(at: datetime) -> str:
    """The month that a call counts for."""
    return at.astimezone(UTC).strftime("%Y-%m")


class CallMeter:
    """Counted API calls, per API and calendar month (UTC). Calls are kept in mind and written in one go."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unwritten: Counter[tuple[str, str]] = Counter()

    async def count(self, api: str, at: datetime) -> None:
        """Note one counted call of `api` ("POST /v1.0/…/batchRemove")."""
        self._unwritten[month_of(at), api] += 1

    async def flush(self) -> None:
        """Write what was counted since the last time; what cannot be written is kept for the next time."""
        pending, self._unwritten = self._unwritten, Counter()
        try:
            await self._write(pending)
        except BaseException:
            self._unwritten.update(pending)
            raise

    async def _write(self, pending: Counter[tuple[str, str]]) -> None:
        if not pending:
            return
        async with self._database.writing() as connection:
            for (month, api), calls in sorted(
                pending.items()
            ):  # in one order, or two writers block each other
                row = {"month": month, "api": api, "calls": calls}
                await connection.execute(
                    self._database.upsert(api_calls, row, calls=api_calls.c.calls + calls)
                )

    async def month(self, at: datetime) -> dict[str, int]:
        """Calls of the month of `at`, by API; messages through webhooks are none."""
        used = await self._used(at)
        return {api: calls for api, calls in used.items() if not api.startswith(WEBHOOK)}

    async def webhooks(self, at: datetime) -> int:
        """Messages through webhooks in the month of `at`."""
        return sum(calls for api, calls in (await self._used(at)).items() if api.startswith(WEBHOOK))

    async def _used(self, at: datetime) -> dict[str, int]:
        await self.flush()
        query = select(api_calls.c.api, api_calls.c.calls).where(api_calls.c.month == month_of(at))
        async with self._database.reading() as connection:
            return {row.api: row.calls for row in await connection.execute(query)}


class KnownSpaces:
    """Spaces seen before, under a key of the caller's choice; forgotten after a day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str, now: datetime) -> Space | None:
        query = select(spaces).where(spaces.c.key == key, spaces.c.seen_at > now - SPACE_LIFETIME)
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
            return Space.model_validate(row.space) if row else None

    async def put(self, key: str, space: Space, now: datetime) -> None:
        async with self._database.writing() as connection:
            row = {"key": key, "space": space.model_dump(), "seen_at": now}
            await connection.execute(self._database.upsert(spaces, row))


class SuiteTickets:
    """The newest suiteTicket of each suite: DingTalk pushes one about every five hours, and not on request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def suite_ticket(self, suite_key: str) -> str | None:
        query = select(suite_tickets.c.ticket).where(suite_tickets.c.suite_key == suite_key)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar()

    async def save_suite_ticket(self, suite_key: str, ticket: str) -> None:
        row = {"suite_key": suite_key, "ticket": ticket, "received_at": datetime.now(UTC)}
        async with self._database.writing() as connection:
            await connection.execute(self._database.upsert(suite_tickets, row))
