"""The look that a scrape takes, on SQLite and on PostgreSQL: what it counts, and what a forged end of the trail is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.channels import Notice
from bot.models import RequestState
from bot.store import Store
from bot.store.watch import Standing
from tests.unit.audit_given import attacked, driven, write
from tests.unit.store_given import NOW, manifest, request


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    async with Store(driven(database_url)) as opened:
        yield opened


async def test_what_there_is_is_counted(store: Store) -> None:
    assert await store.watch.look(NOW) == Standing()
    frozen = manifest()
    for number, (state, paused) in enumerate(
        [
            ("awaiting_approval", ""),
            ("approved", ""),
            ("approved", ""),
            ("running", ""),
            ("running", "quota"),
            ("done", ""),
        ]
    ):
        made = request(frozen, id=f"AB{number}", created_at=NOW + timedelta(minutes=number))
        changed = made.model_copy(update={"state": RequestState(state), "paused": paused})
        await store.requests.add(changed, frozen)
    told = {"requester": "w", "space": "s", "dentries": 1, "size_bytes": 1, "at": NOW}
    await store.outbox.add(["ops", "audit"], "ding", Notice(event="done", request_id="AB1", **told))
    await store.meter.count("POST /x", NOW)
    await store.meter.count("webhook POST /y", NOW)
    await store.meter.flush()
    await store.watch.ping()
    found = await store.watch.look(NOW)
    assert found.requests == {"awaiting_approval": 1}
    assert found.jobs == {"waiting": 2, "running": 1, "paused": 1}
    assert found.oldest_waiting == NOW + timedelta(minutes=1)
    assert (found.notices, found.oldest_notice, found.failing_channels) == (2, NOW, 0)
    assert (found.calls, found.webhooks) == (1, 1)
    assert (found.audit_seq, found.audit_is_ok, found.audit_at) == (6, True, NOW + timedelta(minutes=5))


FORGED = (
    "UPDATE audit SET actor = 'li' WHERE seq = 2",
    "UPDATE audit SET previous_hash = hash WHERE seq = 2",
    "UPDATE audit SET hash = previous_hash WHERE seq = 2",
    "UPDATE audit SET hash = previous_hash WHERE seq = 1",
    "UPDATE audit_head SET hash = 'x'",
    "DELETE FROM audit WHERE seq = 2",
)


async def test_an_end_that_is_not_as_it_was_written_is_seen(store: Store, database_url: str) -> None:
    await write(store, 2)
    assert (await store.watch.look(NOW)).audit_is_ok
    seen = []
    for statement in FORGED:
        with attacked(database_url, statement):
            seen.append((await store.watch.look(NOW)).audit_is_ok)
        assert (await store.watch.look(NOW)).audit_is_ok, "put back as it was"
    assert seen == [False] * len(FORGED)
