"""Lanes in a real PostgreSQL: replicas together keep the speed of one app, and slow down together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from bot.dingtalk.errors import Throttled
from bot.dingtalk.limit import Limits
from bot.store import Store
from tests.databases import NewDatabase
from tests.unit.test_store import driven

API = "POST /v1.0/a"
QPS = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"


@asynccontextmanager
async def replicas(url: str, number: int, calls_per_second: int = 20) -> AsyncIterator[list[Limits]]:
    """The limits of so many replicas on one database, each with connections of its own."""
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(Store(driven(url))) for _ in range(number)]
        yield [Limits(calls_per_second, store.lanes) for store in stores]


async def left(limits: Limits, times: int) -> list[float]:
    """When so many calls of one replica leave, by the database's clock; three of them wait at any time."""
    turns = [limits.turn(API) for _ in range(times)]
    return [turn.leaves_at for turn in await asyncio.gather(*turns)]


async def test_two_replicas_together_leave_as_often_as_one_and_by_turns(postgres: NewDatabase) -> None:
    async with replicas(postgres(), 2, calls_per_second=6) as (one, other):
        by_one, by_other = await asyncio.gather(left(one, 10), left(other, 10))
    both = sorted(by_one + by_other)
    assert all(later - earlier > 1 for earlier, later in zip(both, both[6:], strict=False))
    assert both[-1] - both[0] < 4, "twenty calls are three windows of six and two more calls"
    assert min(by_one) < max(by_other)
    assert min(by_other) < max(by_one)


async def test_what_one_replica_is_refused_slows_all_of_them_for_that_api_only(postgres: NewDatabase) -> None:
    async with replicas(postgres(), 2) as (one, other):
        turns = [await one.turn(API) for _ in range(4)]
        await one.throttled(Throttled(API, QPS), turns[-1])
        later = [await other.turn(API) for _ in range(4)]
        free = await other.turn("GET /v1.0/b")
    assert later[0].leaves_at - turns[-1].leaves_at > 1, "held for a second"
    assert later[3].leaves_at - later[0].leaves_at > 1, "three a second are what was taken before"
    assert free.leaves_at == free.given_at, "at once"


async def test_a_lane_that_many_begin_at_once_is_one(postgres: NewDatabase) -> None:
    async with replicas(postgres(), 3, calls_per_second=1) as several:
        turns = await asyncio.gather(*(limits.turn(API) for limits in several))
    times = sorted(turn.leaves_at for turn in turns)
    assert times[1] - times[0] > 1
    assert times[2] - times[1] > 1


@asynccontextmanager
async def away(url: str) -> AsyncIterator[None]:
    """The database takes no connections meanwhile, and has ended those it had."""
    name = make_url(url).database
    server = make_url(url).set(database="postgres").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as admin:
        await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            await admin.execute(query, [name])
            yield
        finally:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


async def test_nothing_leaves_while_the_database_is_away_and_it_goes_on_by_itself(
    postgres: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres()
    async with replicas(url, 1) as (limits,):
        turn = await limits.turn(API)
        async with away(url):
            monkeypatch.setattr("bot.store.lanes.PATIENCE_S", 0.2)
            with pytest.raises(OperationalError):
                await limits.turn(API)
            await limits.throttled(
                Throttled(API, QPS), turn
            )  # what DingTalk said matters more than the lesson
            monkeypatch.setattr("bot.store.lanes.PATIENCE_S", 60)
            waiting = asyncio.create_task(limits.turn(API))
            await asyncio.sleep(0)
        assert (await waiting).leaves_at > turn.leaves_at


async def test_a_robot_with_a_file_needs_no_lanes_for_others(tmp_path: Path) -> None:
    async with Store(driven(f"sqlite:///{tmp_path}/robot.sqlite")) as store:
        assert store.lanes is None
