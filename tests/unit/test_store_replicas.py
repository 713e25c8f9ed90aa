"""One robot a SQLite file; several on a PostgreSQL, which know of each other, and send each message once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels import Notice
from bot.replica import Replica, Superseded, Times
from bot.store import ChannelState, Store, StoreError
from tests.databases import Postgres
from tests.unit.store_given import NOW
from tests.unit.test_store import driven

AUDIT = ChannelState(name="audit")
NOTICE = Notice(
    event="done", request_id="R1", requester="王", space="市场部", dentries=3, size_bytes=1, at=NOW
)


@pytest.fixture
async def shared(postgres: Postgres) -> AsyncIterator[Store]:
    async with Store(driven(postgres())) as store:
        yield store


async def test_a_second_robot_on_a_file_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    url = driven(f"sqlite:///{tmp_path}/test.sqlite")
    async with Store(url) as one, Store(url) as other:
        async with one.leased():
            with pytest.raises(StoreError, match="Another Dingsweep is running"):
                await other.leased().__aenter__()
        async with other.leased():
            assert await other.requests.latest() == []


async def test_on_a_server_several_are_welcome(shared: Store) -> None:
    url = shared._database.url.render_as_string(hide_password=False)
    async with Store(url) as other, shared.leased(), other.leased():
        assert await other.requests.latest() == []


async def test_who_is_silent_is_declared_dead_once_and_cannot_come_back(shared: Store) -> None:
    rows = shared.replicas
    for name in ("one", "other"):
        await rows.register(name, "1")
    assert await rows.has_others("one")
    assert await rows.bury(timedelta(hours=1)) == []
    assert await rows.renew("one")
    await rows.leave("one")
    assert not await rows.renew("one")
    assert not await rows.has_others("other")
    assert await rows.bury(timedelta()) == ["other"]
    assert await rows.bury(timedelta()) == []
    assert not await rows.renew("other")


async def test_a_replica_that_was_declared_dead_may_not_act_again(shared: Store) -> None:
    async with Replica(shared.replicas, Times(renew_s=0.05, act_s=60)) as replica:
        await replica.may_act()
        await shared.replicas.leave(replica.name)
        with pytest.raises(Superseded):
            await replica.superseded()
        assert not replica.may_act_now


async def test_a_message_is_one_courier_s_until_that_is_no_more(shared: Store) -> None:
    outbox = shared.outbox
    for name in ("one", "other"):
        await shared.replicas.register(name, "1")
    await outbox.add(["audit"], "ding", NOTICE)
    begun = await outbox.begin(AUDIT, "b1", "one")
    assert begun
    assert await outbox.begin(AUDIT, "b2", "other") is None
    assert await outbox.begin(AUDIT, "b3", "one") == begun, "it may try again"
    await shared.replicas.leave("one")
    assert await outbox.begin(AUDIT, "b4", "other") == begun, "under the same id"
    await outbox.close(begun, ChannelState(name="audit", sent_at=NOW), at=NOW, event="notice.sent")
    await outbox.add(["audit"], "ding", NOTICE)
    assert await outbox.begin(AUDIT, "b5", "other") is None, "it does not know that one was just sent"
    assert await outbox.begin(await outbox.state("audit"), "b5", "other")
