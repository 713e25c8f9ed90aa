"""The audit trail: one chain without a gap, whoever writes to it at once; proved, guarded, cut and read."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from bot.models import OPEN_STATES, Operator, RequestState, Vote
from bot.store import Break, Flaw, Link, Store, Wanted
from bot.store.chain import START
from bot.store.rows import row_of
from bot.store.tables import requests
from tests.unit.audit_given import attacked, broken_at, console, driven, fill, migrated, trail, write
from tests.unit.store_given import NOW, OTHER, REQUESTER, manifest, request

MUCH_LATER = NOW + timedelta(days=400)


async def test_two_replicas_writing_at_once_leave_one_chain(ready_url: str) -> None:
    async with Store(driven(ready_url)) as one, Store(driven(ready_url)) as two:

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


async def test_the_chain_goes_on_after_a_restart(ready_url: str) -> None:
    for _ in range(3):
        async with Store(driven(ready_url)) as store:
            await store.audit.append(NOW, corp_id="ding", actor="a", event="started")
    async with Store(driven(ready_url)) as store:
        assert broken_at(await trail(store)) is None


async def test_a_change_that_fails_leaves_no_record(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
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


async def test_times_are_the_same_moment_in_utc(ready_url: str) -> None:
    shanghai = datetime(2026, 8, 1, 17, 30, tzinfo=timezone(timedelta(hours=8)))
    async with Store(driven(ready_url)) as store:
        await store.audit.append(shanghai, corp_id="ding", actor="a", event="e")
        [record] = await trail(store)
        assert record.at == shanghai
        assert record.at.tzinfo is UTC
        assert broken_at([record]) is None


# --- proved


async def test_a_whole_trail_is_proved_and_a_noted_head_stays_in_it(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
        assert (await store.audit.verify()).head == START
        await write(store, 5)
        noted = (await store.audit.verify()).head
        await write(store, 5)
        proof = await store.audit.verify({noted.seq: noted.hash})
        records = await trail(store)
        assert (proof.is_sound, proof.records, proof.start) == (True, 10, START)
        assert proof.head == Link(10, records[-1].hash)
        assert (await store.audit.verify({5: "0" * 64})).broken == Break(5, Flaw.REWRITTEN)
        assert (await store.audit.verify({11: noted.hash})).broken == Break(11, Flaw.CUT_AT_THE_END)


ATTACKS = [
    ("UPDATE audit SET actor = 'li' WHERE seq = 3", Break(3, Flaw.CHANGED)),
    ("UPDATE audit SET details = '{}' WHERE seq = 1", Break(1, Flaw.CHANGED)),
    ("UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE seq = 6", Break(6, Flaw.CHANGED)),
    ("UPDATE audit SET hash = previous_hash WHERE seq = 6", Break(6, Flaw.CHANGED)),
    ("DELETE FROM audit WHERE seq = 2", Break(2, Flaw.MISSING)),
    ("DELETE FROM audit WHERE seq > 4", Break(5, Flaw.CUT_AT_THE_END)),
    ("DELETE FROM audit", Break(1, Flaw.CUT_AT_THE_END)),
    ("DELETE FROM audit WHERE seq < 3", Break(1, Flaw.CUT_AT_THE_BEGINNING)),
    (
        "DELETE FROM audit WHERE seq < 3; UPDATE audit_anchor SET seq = 2, hash ="
        " (SELECT previous_hash FROM audit WHERE seq = 3)",
        Break(2, Flaw.CUT_AT_THE_BEGINNING),
    ),
    ("UPDATE audit SET seq = 7 WHERE seq = 3", Break(3, Flaw.REORDERED)),
    (
        "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 4;"
        " UPDATE audit SET seq = 4 WHERE seq = 99",
        Break(2, Flaw.REORDERED),
    ),
    (
        "INSERT INTO audit SELECT 7, at, corp_id, request_id, actor, event, details, previous_hash, hash"
        " FROM audit WHERE seq = 2",
        Break(7, Flaw.INSERTED),
    ),
    (
        "INSERT INTO audit SELECT 0, at, corp_id, request_id, actor, event, details, previous_hash, hash"
        " FROM audit WHERE seq = 2",
        Break(1, Flaw.INSERTED),
    ),
    ("UPDATE audit_head SET seq = 5", Break(6, Flaw.INSERTED)),
    ("UPDATE audit_head SET seq = 9", Break(7, Flaw.CUT_AT_THE_END)),
    ("UPDATE audit_anchor SET seq = 1", Break(2, Flaw.CHANGED)),
]
"""What somebody does who may drop the triggers, and what is broken then."""


async def test_what_was_done_past_the_program_is_found_and_named(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
        await write(store, 6)
        for change, broken in ATTACKS:
            with attacked(ready_url, *change.split(";")):
                proof = await store.audit.verify()
                assert proof.broken == broken, change
                assert proof.head.seq < 7
            assert (await store.audit.verify()).is_sound


@pytest.mark.parametrize(
    "nonsense", ["at = 'yesterday'", "details = '{'", "actor = x'00ff'", "details = 'null'"]
)
async def test_nonsense_in_a_file_is_a_change(tmp_path: Path, nonsense: str) -> None:
    """SQLite keeps whatever it is given; PostgreSQL would not take it."""
    url = f"sqlite:///{tmp_path}/test.sqlite"
    async with Store(driven(url)) as store:
        await write(store, 4)
        with console(url, unguarded=True) as connection:
            connection.execute(text(f"UPDATE audit SET {nonsense} WHERE seq = 3"))  # noqa: S608
        assert (await store.audit.verify()).broken == Break(3, Flaw.CHANGED)


async def test_writers_go_on_while_it_is_proved(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
        await write(store, 20)
        proofs, _ = await asyncio.gather(
            asyncio.gather(*(store.audit.verify() for _ in range(5))), write(store, 40)
        )
        assert all(proof.is_sound for proof in proofs)
        assert (await store.audit.verify()).records == 60


@pytest.mark.parametrize("number", [1_000, 10_000])
async def test_however_long_it_is_it_takes_the_same_memory(tmp_path: Path, number: int) -> None:
    url = f"sqlite:///{tmp_path}/test.sqlite"
    async with Store(driven(url)) as store:
        await asyncio.to_thread(fill, url, number)
        gc.collect()
        tracemalloc.start()
        try:
            proof = await store.audit.verify()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (proof.is_sound, proof.records) == (True, number)
        assert peak < 12_000_000


# --- guarded


ATTEMPTS = [
    "UPDATE audit SET actor = 'li' WHERE seq = 2",
    "UPDATE audit SET seq = 9 WHERE seq = 4",
    "DELETE FROM audit WHERE seq = 1",
    "DELETE FROM audit WHERE seq = 4",
    "DELETE FROM audit",
    "INSERT INTO audit SELECT 9, at, corp_id, request_id, actor, event, details, previous_hash, hash"
    " FROM audit WHERE seq = 4",
    "INSERT INTO audit SELECT 5, at, corp_id, request_id, actor, event, details, previous_hash, hash"
    " FROM audit WHERE seq = 4",
    "UPDATE audit_head SET seq = 3",
    "UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)",
    "UPDATE audit_head SET hash = 'f'",
    "DELETE FROM audit_head",
    "INSERT INTO audit_head VALUES (2, 0, 'f')",
    "UPDATE audit_anchor SET seq = 2",
    "UPDATE audit_anchor SET seq = 9",
    "DELETE FROM audit_anchor",
    "INSERT INTO audit_anchor VALUES (2, 9, 'f')",
]


async def test_the_database_itself_refuses_to_touch_the_trail(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
        await write(store, 4)
        for attempt in ATTEMPTS:
            with pytest.raises(DBAPIError, match="append-only"), console(ready_url) as connection:
                connection.execute(text(attempt))
        await write(store, 1)
        assert (await store.audit.verify()).records == 5


async def test_postgresql_does_not_empty_it_and_sqlite_does_not_write_over_it(ready_url: str) -> None:
    replace = (
        "INSERT OR REPLACE INTO audit SELECT seq, at, corp_id, request_id, 'li', event, details,"
        " previous_hash, hash FROM audit WHERE seq = 2"
    )
    attempts = [replace, "UPDATE OR REPLACE audit SET seq = 1 WHERE seq = 2"]
    async with Store(driven(ready_url)) as store:
        await write(store, 4)
        for attempt in attempts if "sqlite" in ready_url else ["TRUNCATE audit", "TRUNCATE audit_head"]:
            with pytest.raises(DBAPIError, match="append-only"), console(ready_url) as connection:
                connection.execute(text(attempt))
        assert (await store.audit.verify()).records == 4


# --- cut


async def test_what_stays_after_a_cut_is_proved_and_says_where_it_begins(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
        await write(store, 6)
        before = await trail(store)
        pruned = await store.audit.prune(NOW + timedelta(seconds=4), MUCH_LATER)
        assert (pruned.records, pruned.through_seq) == (4, 4)
        left = await trail(store)
        assert [r.seq for r in left] == [5, 6, 7]
        assert left[:2] == before[4:]
        assert (left[-1].event, left[-1].actor) == ("audit.pruned", "dingsweep")
        assert left[-1].details == {
            "through_seq": 4,
            "through_hash": before[3].hash,
            "records": 4,
            "before": "2026-08-01T09:30:19.123456+00:00",
        }
        proof = await store.audit.verify({6: before[5].hash, 4: before[3].hash})
        assert (proof.start, proof.records, proof.is_sound) == (Link(4, before[3].hash), 3, True)
        assert (await store.audit.verify({2: before[1].hash})).broken == Break(2, Flaw.OUT_OF_REACH)
        assert (await store.audit.prune(NOW + timedelta(seconds=4), MUCH_LATER)).records == 0, "nothing new"
        await store.audit.prune(MUCH_LATER - timedelta(days=30), MUCH_LATER)
        assert [r.event for r in await trail(store)] == ["audit.pruned", "audit.pruned"]
        await write(store, 1)
        assert (await store.audit.verify()).is_sound
        with console(ready_url, unguarded=True) as connection:
            connection.execute(text("DELETE FROM audit WHERE seq = 7"))
        assert (await store.audit.verify()).broken == Break(7, Flaw.CUT_AT_THE_BEGINNING)


async def test_a_long_cut_is_made_in_portions(ready_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.audit.PRUNED_AT_ONCE", 4)
    async with Store(driven(ready_url)) as store:
        await write(store, 10)
        pruned = await store.audit.prune(NOW + timedelta(days=1), MUCH_LATER)
        assert (pruned.records, pruned.through_seq) == (10, 10)
        assert [r.details["records"] for r in await trail(store)] == [4, 4, 2]
        assert (await store.audit.verify()).is_sound


async def test_the_last_month_stays(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
        await write(store, 3)
        with pytest.raises(ValueError, match="last 30 days"):
            await store.audit.prune(NOW, NOW + timedelta(days=29))
        assert (await store.audit.verify()).records == 3


async def test_nothing_goes_from_an_unfinished_request_on(ready_url: str) -> None:
    frozen = manifest()
    async with Store(driven(ready_url)) as store:
        await write(store, 2)
        await store.requests.add(request(frozen, id="OPEN"), frozen)
        await store.requests.add(request(frozen, id="DONE"), frozen)
        await write(store, 2)

        async def prune() -> int:
            return (await store.audit.prune(NOW + timedelta(days=1), MUCH_LATER)).through_seq

        assert await prune() == 2
        for state in (RequestState.APPROVED, RequestState.RUNNING):
            await store.requests.change("OPEN", set(RequestState), state, at=MUCH_LATER, actor="wang")
            assert await prune() == 0
        await store.requests.change("OPEN", set(RequestState), RequestState.DONE, at=MUCH_LATER, actor="wang")
        assert await prune() == 3, "the other one is still open"
        await store.requests.change("DONE", OPEN_STATES, RequestState.EXPIRED, at=MUCH_LATER, actor="x")
        assert await prune() == 6
        assert await store.requests.get("OPEN"), "requests themselves stay"
        assert (await store.audit.verify()).is_sound


async def test_the_policy_in_force_is_recorded_when_it_changes_and_outlives_a_cut(ready_url: str) -> None:
    async with Store(driven(ready_url)) as store:
        noted = [await store.audit.note_policy(NOW, h, f'{{"rules": "{h}"}}') for h in ("a", "a", "b", "a")]
        assert noted == [True, False, True, True]
        started = [store.audit.note_policy(NOW, "c", "{}") for _ in range(5)]
        assert sorted(await asyncio.gather(*started)) == [False] * 4 + [True]
        await store.audit.prune(NOW + timedelta(days=1), MUCH_LATER)
        assert [(r.event, r.details.get("hash")) for r in await trail(store)] == [
            ("audit.pruned", None),
            ("policy.in_force", "c"),
        ]
        assert not await store.audit.note_policy(MUCH_LATER, "c", "{}")
        assert (await store.audit.verify()).is_sound


# --- read


async def test_records_are_chosen_by_person_space_time_request_and_event(ready_url: str) -> None:
    frozen = manifest()
    async with Store(driven(ready_url)) as store:
        await store.requests.add(request(frozen, id="AB12"), frozen)  # 1: Wang's, in the marketing space
        await store.requests.change(
            "AB12",
            OPEN_STATES,
            RequestState.APPROVED,
            at=NOW + timedelta(hours=1),
            actor="li",
            decided_by=OTHER,
        )
        await write(store, 1, actor="zhao", event="request.looked_at")  # 3
        await write(store, 1, actor="li", event="requested")  # 4

        async def found(**chosen: Any) -> list[int]:
            return [record.seq async for record in store.audit.records(wanted=Wanted(**chosen))]

        assert await found() == [1, 2, 3, 4]
        for them in (REQUESTER.user_id, REQUESTER.name):
            assert await found(person=them) == [1, 2], "what they did, and what became of their requests"
        for them in (OTHER.user_id, OTHER.name):
            assert await found(person=them) == [2, 4], "not all of a request that they only decided"
        assert await found(person="zhao") == [3]
        for here in ("24010001", "市场部群文件"):
            assert await found(space=here) == [1, 2]
        assert await found(event="request") == [1, 2, 3]
        assert await found(event="request.created") == [1]
        assert await found(event="r%") == []
        assert await found(request_id="AB12", since=NOW + timedelta(hours=1)) == [2]
        assert await found(until=NOW) == []
        assert await found(since=NOW, until=NOW + timedelta(microseconds=1)) == [1, 3, 4]
        assert await found(person="' OR 1=1 --") == await found(space="x") == []


# --- those who have to do with a request


async def test_a_person_s_history_is_what_they_made_and_decided(ready_url: str) -> None:
    frozen = manifest()
    async with Store(driven(ready_url)) as store:
        for number in range(4):
            made = request(frozen, id=f"R{number}", created_at=NOW + timedelta(minutes=number))
            await store.requests.add(made, frozen)
        for decided in ("R2", "R0"):
            await store.requests.change(
                decided, OPEN_STATES, RequestState.APPROVED, at=NOW, actor="li", decided_by=OTHER
            )
        who = await store.requests.history("wang", "ding", limit=3)
        assert [r.id for r in who] == ["R3", "R2", "R1"]
        assert [r.id for r in await store.requests.history("wang", "ding", limit=3, offset=3)] == ["R0"]
        assert [r.id for r in await store.requests.history("li", "ding", limit=9)] == ["R2", "R0"]
        assert await store.requests.history("li", "other", limit=9) == []


async def test_what_was_stored_before_is_in_the_history(database_url: str) -> None:
    """The migration fills in who has to do with the requests that were there before it."""
    frozen = manifest()
    voter = Operator(corp_id="ding", user_id="zhao", union_id="z", name="赵")
    voted = request(frozen, id="CD34").model_copy(
        update={"votes": (Vote(operator=voter, approves=True, at=NOW),)}
    )
    decided = request(frozen, id="AB12").model_copy(update={"decided_by": OTHER, "decided_at": NOW})
    with console(database_url) as connection:
        migrated(connection, "0002")
        then = inspect(connection).get_columns("requests")
        known = {column["name"] for column in then}
        for made in (voted, decided):
            row = {name: value for name, value in row_of(made).items() if name in known}
            connection.execute(requests.insert().values(**row))
    async with Store(driven(database_url)) as store:
        for who, theirs in (("wang", ["AB12", "CD34"]), ("li", ["AB12"]), ("zhao", ["CD34"])):
            assert [r.id for r in await store.requests.history(who, "ding", limit=9)] == theirs
        await write(store, 1, actor="zhao")
        assert [r.seq async for r in store.audit.records(wanted=Wanted(person="赵"))] == [1]
