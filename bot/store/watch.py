"""How it stands, for who watches: a few numbers, each of a bounded number of rows, in one look at the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.models import OPEN_STATES, RequestState
from bot.store.chain import chain_hash
from bot.store.database import Database
from bot.store.memory import WEBHOOK, month_of
from bot.store.tables import api_calls, audit, audit_head, channels, notices, replicas, requests

MOST_ROWS = 10_000
"""Nothing is counted beyond that: then it is a lot, however much more."""
_UNFINISHED = (*sorted(OPEN_STATES), RequestState.APPROVED, RequestState.RUNNING)


@dataclass(frozen=True)
class Standing:
    """`requests` are those waiting for people, by state; `jobs` are waiting, running or paused.

    `oldest_waiting` is when the first of the jobs was approved that nobody has begun. `audit_at` and `audit_is_ok` are
    of the last record: when it was written, and whether it is there with a hash that fits it and the one before.
    """

    requests: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    oldest_waiting: datetime | None = None
    notices: int = 0
    oldest_notice: datetime | None = None
    failing_channels: int = 0
    audit_seq: int = 0
    audit_at: datetime | None = None
    audit_is_ok: bool = True
    calls: int = 0
    webhooks: int = 0
    replicas: int = 1


class Watch:
    """Looks, and changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ping(self) -> None:
        """Returns once the database has answered from a table of ours."""
        async with self._database.reading() as connection:
            await connection.execute(select(audit_head.c.seq))

    async def look(self, at: datetime) -> Standing:
        """All of it; `at` says which month it is."""
        async with self._database.reading() as connection:
            waiting, jobs, oldest = await _requests(connection)
            number, oldest_notice = await _notices(connection)
            failing = select(func.count()).select_from(channels).where(channels.c.failures > 0)
            seq, audit_at, is_ok = await _audit(connection)
            calls, webhooks = await _calls(connection, at)
            others = select(func.count()).select_from(replicas)
            return Standing(
                requests=waiting,
                jobs=jobs,
                oldest_waiting=oldest,
                notices=number,
                oldest_notice=oldest_notice,
                failing_channels=(await connection.execute(failing)).scalar_one(),
                audit_seq=seq,
                audit_at=audit_at,
                audit_is_ok=is_ok,
                calls=calls,
                webhooks=webhooks,
                replicas=max(1, (await connection.execute(others)).scalar_one()),
            )


async def _requests(connection: AsyncConnection) -> tuple[Counter[str], Counter[str], datetime | None]:
    since = func.coalesce(requests.c.decided_at, requests.c.created_at, type_=requests.c.created_at.type)
    query = select(requests.c.state, requests.c.paused, since.label("since"))
    waiting: Counter[str] = Counter()
    jobs: Counter[str] = Counter()
    oldest = None
    for row in await connection.execute(query.where(requests.c.state.in_(_UNFINISHED)).limit(MOST_ROWS)):
        if row.state == RequestState.APPROVED:
            jobs["waiting"] += 1
            oldest = min(oldest or row.since, row.since)
        elif row.state == RequestState.RUNNING:
            jobs["paused" if row.paused else "running"] += 1
        else:
            waiting[row.state] += 1
    return waiting, jobs, oldest


async def _notices(connection: AsyncConnection) -> tuple[int, datetime | None]:
    some = select(notices.c.at).limit(MOST_ROWS).subquery()
    row = (await connection.execute(select(func.count(), func.min(some.c.at)))).one()
    return row[0], row[1]


async def _audit(connection: AsyncConnection) -> tuple[int, datetime | None, bool]:
    head = (await connection.execute(select(audit_head))).one()
    query = select(audit).where(audit.c.seq.in_([head.seq - 1, head.seq])).order_by(audit.c.seq)
    try:
        rows = {row["seq"]: dict(row) for row in (await connection.execute(query)).mappings()}
    except (ValueError, TypeError):  # a time or JSON that is none: SQLite takes anything
        return head.seq, None, False
    last, before = rows.get(head.seq), rows.get(head.seq - 1)
    if last is None:
        return head.seq, None, head.seq == 0
    is_ok = last["hash"] == head.hash == chain_hash(last)
    return head.seq, last["at"], is_ok and (before is None or before["hash"] == last["previous_hash"])


async def _calls(connection: AsyncConnection, at: datetime) -> tuple[int, int]:
    query = select(api_calls.c.api, api_calls.c.calls).where(api_calls.c.month == month_of(at))
    used: Counter[bool] = Counter()
    for row in await connection.execute(query):
        used[row.api.startswith(WEBHOOK)] += row.calls
    return used[False], used[True]
