"""The list of organisations, and the part of the database that each has: alike on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.engine import Engine, Share
from bot.store import KnownOrganisation, OrganisationState, StillServedError, Store, StoreError
from bot.store.database import Database
from bot.store.organisations import partition_of
from tests.databases import Postgres
from tests.unit.audit_given import driven
from tests.unit.store_given import manifest, request

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
A, B = "dingA", "dinga"
"""Two that a disk may take for one."""


async def serve(main: Store, corp_id: str) -> bool:
    return await main.organisations.serve(corp_id, corp_id, at=NOW, event="organisation.authorised")


async def test_each_has_a_part_that_nothing_else_reaches_into(database_url: str) -> None:
    async with Store(driven(database_url)) as main:
        assert await serve(main, A)
        assert await serve(main, B)
        async with await main.of(A) as a, await main.of(B) as b:
            frozen = manifest()
            for store in (a, b):
                await store.requests.add(request(frozen, id="AB12"), frozen)
            await a.meter.count("POST /x", NOW)
            assert (await a.meter.month(NOW), await b.meter.month(NOW)) == ({"POST /x": 1}, {})
            assert await a.requests.get("AB12")
            assert await b.requests.latest() == await a.requests.latest()
            assert await main.requests.latest() == []
            assert await a.organisations.all() == []
        await main.organisations.stop(A, at=NOW, event="organisation.cancelled")
        async with Engine(driven(database_url)):
            pass
        await main.organisations.remove(A, at=NOW, actor="operator")
        async with await main.of(A) as a, await main.of(B) as b:
            assert await a.requests.latest() == []
            assert await b.requests.get("AB12")
        assert [each.corp_id for each in await main.organisations.all()] == [B]
        proof = await main.audit.verify()
        assert proof.is_sound


async def test_who_changes_it_first_is_the_one_who_has_changed_it(database_url: str) -> None:
    later = NOW + timedelta(minutes=1)
    async with Store(driven(database_url)) as main:
        rows = main.organisations
        assert [await serve(main, A), await serve(main, A)] == [True, False]
        ended = [await rows.stop(A, at=later, event="organisation.cancelled") for _ in range(2)]
        assert ended == [True, False]
        stopped = KnownOrganisation(corp_id=A, name=A, state=OrganisationState.STOPPED, since=later)
        assert await rows.all() == [stopped]
        assert not await rows.stop(B, at=NOW, event="organisation.cancelled")
        assert await rows.serve(A, "", at=later, event="organisation.authorised")
        known = await rows.get(A)
        assert known
        assert known.name == A, "an event without a name does not take it away"
        await rows.changed(A, "New", at=later, event="organisation.changed")
        await rows.changed(B, "New", at=later, event="organisation.changed")
        with pytest.raises(StillServedError):
            await rows.remove(A, at=NOW, actor="operator")
        events = [record.event async for record in main.audit.records()]
        assert events == [
            "organisation.authorised",
            "organisation.cancelled",
            "organisation.authorised",
            "organisation.changed",
        ]


async def test_what_it_had_begun_ends_and_goes_and_that_of_others_stays(database_url: str) -> None:
    engine = Engine(driven(database_url))

    async def nothing(payload: object) -> None: ...

    engine.add("nothing", nothing)
    async with Store(driven(database_url)) as main, engine:
        for corp_id in ("ding_A", "dingXA", "ding_a"):  # an underscore is no wildcard here, and A is no a
            await Share(engine, corp_id).start("nothing", "message:1", {"secret": corp_id})
        await engine.start("nothing", "message:1", {"secret": "one"})
        await main.organisations.end_workflows("ding_A")
        await main.organisations.remove("ding_A", at=NOW, actor="operator")
        assert await _ids(driven(database_url)) == {"dingXA/message:1", "ding_a/message:1", "message:1"}


async def _ids(database_url: str) -> set[str]:
    schema = "" if database_url.startswith("sqlite") else "dbos."
    async with Database(database_url) as database, database.reading() as connection:
        found = await connection.execute(text(f"SELECT workflow_uuid FROM {schema}workflow_status"))  # noqa: S608
        return set(found.scalars())


@pytest.mark.parametrize("corp_id", ["", "../x", "a/b", "a b", "x" * 65, 'x"; DROP SCHEMA public', "x%"])
async def test_what_is_no_corp_id_becomes_part_of_no_name(corp_id: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no corpId"):
        partition_of(make_url(f"sqlite+aiosqlite:///{tmp_path}/x.sqlite"), corp_id)


def test_names_are_short_and_differ() -> None:
    url = make_url("postgresql+psycopg://somebody:secret@host/dingsweep")
    names = {partition_of(url, corp_id).schema for corp_id in (A, B, "x" * 64, "y" * 64)}
    assert len(names) == 4
    assert max(map(len, names)) <= 63
    assert all(name.startswith("org_") and name == name.lower() for name in names)


async def test_a_pool_that_leads_to_the_part_of_all_is_not_used(postgres: Postgres) -> None:
    """PgBouncer with ignore_startup_parameters = options takes them, and forgets them."""
    async with Store(driven(postgres())) as main:
        await serve(main, A)
        meant = await main.organisations.partition(A)
        forgotten = (
            make_url(meant.url).difference_update_query(["options"]).render_as_string(hide_password=False)
        )
        with pytest.raises(StoreError, match="do not keep to the schema"):
            async with Store(forgotten, replace(meant, url=forgotten)):
                pass
        async with await main.of(A) as a:
            assert await a.requests.latest() == []
