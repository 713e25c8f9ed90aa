"""The audit trail: one chain without a gap, whoever writes to it at once, and no link can be changed unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from sqlalchemy import create_engine, text

from bot.models import AuditRecord
from bot.settings import load
from bot.store import Store
from bot.store.audit import GENESIS, chain_hash
from tests.unit.store_given import NOW


def driven(url: str) -> str:
    return load(Path("/nonexistent"), client_id="c", client_secret="s", database_url=url).database_url


def broken_at(records: Sequence[AuditRecord]) -> int | None:
    """The first record that does not follow from the one before; None for a whole chain."""
    previous = GENESIS
    for number, record in enumerate(records, 1):
        fields = record.model_dump()
        if (record.seq, record.previous_hash, record.hash) != (number, previous, chain_hash(fields)):
            return number
        previous = record.hash
    return None


async def trail(store: Store, request_id: str | None = None) -> list[AuditRecord]:
    return [record async for record in store.audit.records(request_id)]


async def test_two_replicas_writing_at_once_leave_one_chain(database_url: str) -> None:
    async with Store(driven(database_url)) as one, Store(driven(database_url)) as two:

        async def write(number: int) -> None:
            store = one if number % 2 else two
            await store.audit.append(
                NOW + timedelta(microseconds=number),
                corp_id="ding",
                actor=f"p{number}",
                event="test.happened",
                request_id=f"R{number % 3}",
                number=number,
                name='删除 🎉 " \\ \n</script>',
                nothing=None,
                yes=True,
            )

        await asyncio.gather(*map(write, range(60)))
        records = await trail(one)
        assert len(records) == 60
        assert broken_at(records) is None
        assert {record.details["number"] for record in records} == set(range(60))
        assert [r.seq for r in await trail(two, "R1")] == [r.seq for r in records if r.request_id == "R1"]
        assert await trail(two, "nothing") == []


async def test_the_chain_goes_on_after_a_restart(database_url: str) -> None:
    for _ in range(3):
        async with Store(driven(database_url)) as store:
            await store.audit.append(NOW, corp_id="ding", actor="a", event="started")
    async with Store(driven(database_url)) as store:
        assert broken_at(await trail(store)) is None


async def test_a_record_that_was_changed_or_taken_out_shows(database_url: str) -> None:
    async with Store(driven(database_url)) as store:
        for number in range(5):
            await store.audit.append(NOW, corp_id="ding", actor="wang", event="e", request_id="R", n=number)
    engine = create_engine(driven(database_url).replace("+aiosqlite", ""))
    for change, where in (
        ("UPDATE audit SET actor = 'li' WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
    ):
        with engine.begin() as connection:
            connection.execute(text(change))
        async with Store(driven(database_url)) as store:
            assert broken_at(await trail(store)) == where
    engine.dispose()


async def test_a_change_that_fails_leaves_no_record(database_url: str) -> None:
    async with Store(driven(database_url)) as store:
        await store.audit.append(NOW, corp_id="ding", actor="a", event="before")
        for nonsense in (object(), {1, 2}):
            try:
                await store.audit.append(NOW, corp_id="ding", actor="a", event="bad", what=nonsense)
            except TypeError:
                continue
            raise AssertionError("what cannot be written as JSON was written")
        await store.audit.append(NOW, corp_id="ding", actor="a", event="after")
        records = await trail(store)
        assert [record.event for record in records] == ["before", "after"]
        assert broken_at(records) is None


async def test_times_are_the_same_moment_in_utc(database_url: str) -> None:
    shanghai = datetime(2026, 8, 1, 17, 30, tzinfo=timezone(timedelta(hours=8)))
    async with Store(driven(database_url)) as store:
        await store.audit.append(shanghai, corp_id="ding", actor="a", event="e")
        [record] = await trail(store)
        assert record.at == shanghai
        assert record.at.tzinfo is UTC
        assert broken_at([record]) is None
