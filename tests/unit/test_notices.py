"""Notices, on both kinds of database and on a clock of the test's own: what channels are told, and when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels import Notice, NoticeEvent
from bot.dingtalk import DingTalk
from bot.models import AuditRecord, Language, Request, Ruling
from bot.notices import Notices
from bot.notices.wording import MARKDOWN_BYTES
from bot.settings import load
from bot.store import Store
from tests.unit.dingtalk_server import FakeDingTalk, Reply
from tests.unit.store_given import manifest, request

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
"""In Shanghai."""
OK = Reply(body={"errcode": 0})
BUSY = Reply(503, {"code": "operationTimeout", "message": "", "requestid": "R"})
TOO_FAST = Reply(body={"errcode": 410100, "errmsg": "slower"})
GROUP = {"name": "audit", "conversation": "cidA=="}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PATIENCE_S = 20


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def to(self, hour: str, day: int = 1) -> None:
        """A time of that day of May in Shanghai."""
        self.now = datetime.fromisoformat(f"2026-05-{day:02}T{hour}+08:00").astimezone(UTC)


class Lines:
    """Words enough to see who was told what: one line a notice."""

    def notice(self, notices: Sequence[Notice], language: Language) -> tuple[str, str]:
        return f"{language} {len(notices)}", "\n".join(f"{n.request_id} {n.event}" for n in notices)


class Desk:
    """Notices with all they need; `said` is what DingTalk was sent."""

    def __init__(self, store: Store, server: FakeDingTalk, client: DingTalk, clock: Clock) -> None:
        self.store, self.server, self.client, self.clock = store, server, client, clock
        self.notices: Notices

    def set_up(self, *channels: dict[str, Any], wording: Any = None, **more: Any) -> None:
        """As the robot does at its start."""
        settings = load(Path("/nonexistent"), client_id="c", client_secret="s", notify=channels, **more)
        self.notices = Notices(
            settings, self.client, self.store, wording or Lines(), self.clock, courier="local"
        )

    async def happens(self, event: NoticeEvent, request_id: str = "R1", **more: Any) -> None:
        await self.notices.add(event, wish(request_id), **more)

    async def pass_by(self, span: timedelta) -> None:
        """Time goes by, and what falls due in it is sent."""
        end = self.clock.now + span
        while due := await self.due():
            if due > end:
                break
            self.clock.now = max(due, self.clock.now)
        self.clock.now = end

    async def due(self) -> datetime | None:
        """When the next is due, after all that is due now was sent."""
        found: list[datetime] = []
        for courier in self.notices._couriers.values():
            while (due := await courier.step()) is not None and due <= self.clock.now:
                pass
            found += [due] if due else []
        return min(found, default=None)

    @property
    def said(self) -> list[str]:
        """The texts, in the order they were sent."""
        return [text_of(seen.body) for seen in self.server.seen]

    async def audited(self, event: str) -> list[AuditRecord]:
        return [record async for record in self.store.audit.records() if record.event == event]


def text_of(body: Any) -> str:
    if "markdown" in body:
        return str(body["markdown"]["text"])
    return str(json.loads(body["msgParam"])["text"])


def wish(request_id: str, *notify: str) -> Request:
    made = request(manifest(), id=request_id)
    return made.model_copy(update={"ruling": Ruling(notify=notify)})


@pytest.fixture
async def store(ready_url: str) -> AsyncIterator[Store]:
    url = load(Path("/nonexistent"), client_id="c", client_secret="s", database_url=ready_url).database_url
    async with Store(url) as opened:
        yield opened


@asynccontextmanager
async def desk_with(store: Store, *replies: Reply) -> AsyncIterator[Desk]:
    clock = Clock()
    async with FakeDingTalk(*replies) as server, server.client(meter=store.meter, now=clock) as client:
        yield Desk(store, server, client, clock)


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    async with desk_with(store, OK) as made:
        yield made


def robot(server: FakeDingTalk) -> dict[str, str]:
    return {"name": "ops", "webhook": f"{server.url}/robot/send?access_token=key", "secret": "SECsecret"}


async def test_a_notice_goes_to_every_kind_of_place_in_its_language(desk: Desk) -> None:
    boss = {"name": "boss", "user": "li", "language": "en"}
    desk.set_up(GROUP, boss, robot(desk.server))
    await desk.happens("done", actor="李经理")
    assert await desk.due() == NOON + timedelta(seconds=1), "what comes in one breath goes as one"
    await desk.pass_by(timedelta(seconds=2))
    group, person, hook = desk.server.seen
    assert (group.raw_path, group.body["openConversationId"]) == ("/v1.0/robot/groupMessages/send", "cidA==")
    assert (person.raw_path, person.body["userIds"]) == ("/v1.0/robot/oToMessages/batchSend", ["li"])
    assert (hook.raw_path, hook.body["msgtype"]) == ("/robot/send", "markdown")
    assert '"title": "zh 1"' in group.body["msgParam"]
    assert '"title": "en 1"' in person.body["msgParam"]
    assert set(desk.said) == {"R1 done"}
    assert await desk.due() is None
    records = await desk.audited("notice.sent")
    assert [record.details for record in records] == [
        {"target": name, "events": "done 1", "size": 1} for name in ("audit", "boss", "ops")
    ]
    assert {record.request_id for record in records} == {"R1"}
    assert await desk.store.meter.webhooks(NOON) == 1
    assert sum((await desk.store.meter.month(NOON)).values()) == 2


async def test_what_a_channel_does_not_want_it_is_not_told(desk: Desk) -> None:
    desk.set_up(GROUP, GROUP | {"name": "shy", "global": False, "events": ["requested", "done"]})
    for event in ("requested", "approved", "cancelled"):
        await desk.notices.add(event, wish("R1"))
    assert await desk.store.outbox.waiting() == {}
    await desk.notices.add("requested", wish("R2", "shy"))
    assert await desk.store.outbox.waiting() == {"shy": 1}
    await desk.notices.add("done", wish("R2", "shy"))
    assert await desk.store.outbox.waiting() == {"shy": 2, "audit": 1}


async def test_three_hundred_events_in_a_minute_are_two_messages_to_each_channel(desk: Desk) -> None:
    events = ["requested", "approved", "done"]
    desk.set_up(GROUP | {"events": events}, robot(desk.server) | {"events": events})
    for number in range(100):
        for event in ("requested", "approved", "done"):
            await desk.happens(event, f"R{number}")
        await desk.pass_by(timedelta(seconds=0.6))
    await desk.pass_by(2 * MINUTE)
    for path in ("/v1.0/robot/groupMessages/send", "/robot/send"):
        texts = [text_of(seen.body) for seen in desk.server.seen if seen.raw_path == path]
        assert len(texts) == 2
        told = "\n".join(texts).split("\n")
        assert len(told) == 300
        assert set(told) == {f"R{number} {event}" for number in range(100) for event in events}


async def test_a_channel_hears_once_a_minute_at_most(desk: Desk) -> None:
    desk.set_up(robot(desk.server))
    for number in range(60):
        await desk.happens("done", f"R{number}")
        await desk.pass_by(timedelta(seconds=10))
    await desk.pass_by(2 * MINUTE)
    assert len(desk.said) <= 11
    assert len("\n".join(desk.said).split("\n")) == 60


async def test_what_happens_in_quiet_hours_is_told_after_them_in_one_message(desk: Desk) -> None:
    desk.set_up(GROUP, quiet_hours="20:00-08:00")
    desk.clock.to("19:59:58")
    await desk.happens("done", "R0")
    await desk.pass_by(timedelta(seconds=2))
    assert desk.said == ["R0 done"]
    for number in range(1, 4):
        await desk.happens("done", f"R{number}")
        await desk.pass_by(2 * HOUR)
    assert desk.said == ["R0 done"]
    desk.clock.to("07:59:59", day=2)
    due = await desk.due()
    desk.clock.to("08:00", day=2)
    assert due == desk.clock.now
    await desk.pass_by(MINUTE)
    assert desk.said == ["R0 done", "R1 done\nR2 done\nR3 done"]


async def test_a_digest_holds_what_happened_until_it_is_due(desk: Desk) -> None:
    desk.set_up(GROUP | {"digest": "hourly"}, GROUP | {"name": "daily", "digest": "daily", "at": "18:30"})
    desk.clock.to("12:20")
    for number in range(8):
        await desk.happens("done", f"R{number}")
        await desk.pass_by(HOUR)
    daily = [text for text in desk.said if "\n" in text]
    assert daily == ["\n".join(f"R{number} done" for number in range(7))]
    assert [text for text in desk.said if text not in daily] == [f"R{number} done" for number in range(8)]


async def test_a_channel_may_have_no_quiet_hours(desk: Desk) -> None:
    desk.set_up(GROUP | {"quiet_hours": ""}, quiet_hours="20:00-08:00")
    desk.clock.to("23:00")
    await desk.happens("done")
    await desk.pass_by(timedelta(seconds=2))
    assert desk.said == ["R1 done"]


async def test_what_fails_is_tried_again_later_and_later_and_then_given_up(store: Store) -> None:
    async with desk_with(store, BUSY) as desk:
        desk.set_up(GROUP)
        await desk.happens("done")
        await desk.happens("failed", "R2")
        pauses = []
        while (due := await desk.due()) is not None:
            pauses.append(round((due - desk.clock.now).total_seconds()))
            desk.clock.now = due
            if len(pauses) == 2:
                await desk.happens("done", "R3")  # waits behind, and gets a time of its own
            if await desk.audited("notice.undelivered"):
                break
        assert pauses[:8] == [1, 10, 30, 90, 270, 810, 2430, 3600]
        assert max(pauses) == 3600
        (record,) = await desk.audited("notice.undelivered")
        assert record.details == {
            "target": "audit",
            "events": "done 1, failed 1",
            "size": 2,
            "error": "operationTimeout",
        }
        assert timedelta(hours=6) <= desk.clock.now - NOON < timedelta(hours=8)
        assert set(desk.said) == {"R1 done\nR2 failed"}
        state = await store.outbox.state("audit")
        assert state.failures >= 10
        assert "operationTimeout" in state.error
        desk.server.replies.clear()
        desk.server.replies.append(OK)
        await desk.pass_by(HOUR)
        assert desk.said[-1] == "R3 done"
        assert (await store.outbox.state("audit")).failures == 0


async def test_a_silenced_robot_is_left_alone_for_ten_minutes_and_then_says_the_same(store: Store) -> None:
    async with desk_with(store, TOO_FAST, OK) as desk:
        desk.set_up(robot(desk.server))
        await desk.happens("done")
        await desk.pass_by(timedelta(seconds=2))
        await desk.happens("failed", "R2")
        await desk.pass_by(timedelta(minutes=9, seconds=58))
        assert len(desk.said) == 1
        await desk.pass_by(timedelta(seconds=3))
        assert desk.said == ["R1 done", "R1 done"]
        first, second = (seen.body["msgUuid"] for seen in desk.server.seen)
        assert first == second
        await desk.pass_by(MINUTE)
        assert desk.said[2:] == ["R2 failed"]
        assert desk.server.seen[2].body["msgUuid"] != first


async def test_a_restart_loses_nothing_and_repeats_a_lost_answer_under_the_same_id(store: Store) -> None:
    async with desk_with(store, Reply(cut_at=0), OK) as desk:
        desk.set_up(robot(desk.server))
        await desk.happens("done")
        await desk.pass_by(timedelta(seconds=2))
        assert len(desk.said) == 1
        desk.set_up(robot(desk.server))
        await desk.pass_by(MINUTE)
        assert desk.said == ["R1 done", "R1 done"]
        assert len({seen.body["msgUuid"] for seen in desk.server.seen}) == 1


async def test_words_that_dingtalk_will_never_like_are_given_up_at_once(store: Store) -> None:
    async with desk_with(store, Reply(body={"errcode": 430102, "errmsg": "no"}), OK) as desk:
        desk.set_up(robot(desk.server))
        await desk.happens("done")
        await desk.pass_by(timedelta(seconds=2))
        await desk.happens("done", "R2")
        await desk.pass_by(MINUTE)
        assert desk.said == ["R1 done", "R2 done"]
        (record,) = await desk.audited("notice.undelivered")
        assert record.details["error"] == "430102"


async def test_a_person_who_is_not_reached_is_a_failure(store: Store) -> None:
    async with desk_with(store, Reply(body={"invalidStaffIdList": ["li"]})) as desk:
        desk.set_up({"name": "boss", "user": "li"})
        await desk.happens("done")
        await desk.pass_by(timedelta(seconds=2))
        assert (await store.outbox.state("boss")).failures == 1
        assert await desk.audited("notice.sent") == []


async def test_what_is_cut_when_the_month_runs_low_waits_no_longer(desk: Desk) -> None:
    desk.set_up(
        GROUP | {"events": ["requested", "done", "failed"]},
        monthly_calls=10,
        cut_notices=["requested", "done"],
        cut_notices_from=0.5,
    )
    for _ in range(5):
        await desk.store.meter.count("POST /x", NOON)
    for event in ("requested", "done", "requested", "failed"):
        await desk.happens(event)
        await desk.pass_by(2 * MINUTE)
    assert desk.said == ["R1 done", "R1 failed"]
    cut = await desk.audited("notice.cut")
    assert [record.details for record in cut] == [{"target": "audit", "events": "requested 1", "size": 1}] * 2
    assert await desk.store.outbox.waiting() == {}


async def test_a_message_that_goes_anyway_takes_all_with_it(desk: Desk) -> None:
    desk.set_up(GROUP | {"events": ["requested", "failed"]}, monthly_calls=1, cut_notices=["requested"])
    await desk.store.meter.count("POST /x", NOON)
    await desk.happens("requested")
    await desk.happens("failed", "R2")
    await desk.pass_by(MINUTE)
    assert desk.said == ["R1 requested\nR2 failed"]


async def test_webhooks_have_a_month_of_their_own(desk: Desk) -> None:
    desk.set_up(robot(desk.server), GROUP, monthly_calls=0, monthly_webhooks=2, cut_notices=["done"])
    for number in range(5):
        await desk.happens("done", f"R{number}")
        await desk.pass_by(2 * MINUTE)
    paths = [seen.raw_path for seen in desk.server.seen]
    assert paths.count("/robot/send") == 2
    assert paths.count("/v1.0/robot/groupMessages/send") == 5


async def test_the_same_said_twice_while_it_waits_is_told_once(desk: Desk) -> None:
    desk.set_up(GROUP)
    await desk.happens("done")
    await desk.happens("done")
    await desk.pass_by(MINUTE)
    assert desk.said == ["R1 done"]


async def test_a_message_holds_what_dingtalk_takes(desk: Desk) -> None:
    desk.set_up(GROUP)
    for number in range(30):
        await desk.notices.add(
            "done", wish(f"R{number}").model_copy(update={"id": f"删{number}" + "除" * 10})
        )

    class Wordy:
        def notice(self, notices: Sequence[Notice], language: Language) -> tuple[str, str]:
            return "title", "\n".join(n.request_id * 20 for n in notices)

    desk.set_up(GROUP, wording=Wordy())
    await desk.pass_by(MINUTE)
    (text,) = desk.said
    assert len(text.encode()) <= MARKDOWN_BYTES + 10
    assert text.endswith("除\n\n…")
    assert "�" not in text
    assert len(desk.server.seen[0].body["msgParam"].encode()) <= 15_000


async def test_words_that_cannot_be_made_end_nothing(desk: Desk) -> None:
    class Broken:
        def notice(self, notices: Sequence[Notice], language: Language) -> tuple[str, str]:
            raise ValueError("secret text")

    desk.set_up(GROUP, wording=Broken())
    await desk.happens("done")
    await desk.pass_by(timedelta(seconds=2))
    assert (await desk.store.outbox.state("audit")).error == "ValueError"
    desk.set_up(GROUP)
    await desk.pass_by(MINUTE)
    assert desk.said == ["R1 done"]


async def test_a_database_that_is_away_fails_no_job(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: Any) -> None:
        raise OperationalError("insert", {}, Exception("away"))

    desk.set_up(GROUP)
    monkeypatch.setattr(desk.store.outbox, "add", away)
    await desk.happens("done")


async def test_what_waits_for_a_channel_that_is_no_more_is_given_up(desk: Desk) -> None:
    desk.set_up(GROUP)
    await desk.happens("done")
    desk.set_up(GROUP | {"name": "new"})
    async with running(desk):
        await until(desk.store.outbox.waiting, {})
    (record,) = await desk.audited("notice.undelivered")
    assert record.details == {"target": "audit", "events": "done 1", "size": 1, "error": "noSuchChannel"}


@asynccontextmanager
async def running(desk: Desk) -> AsyncIterator[None]:
    """The loop as the robot runs it."""
    work = asyncio.create_task(desk.notices.run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.wait([work])
        assert work.cancelled()


async def until(ask: Any, wanted: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await ask() != wanted:  # noqa: ASYNC110 - a row in a database rings no bell
            await asyncio.sleep(0.01)


async def test_a_channel_that_hangs_holds_up_no_other(store: Store) -> None:
    clock = Clock()
    async with (
        FakeDingTalk(Reply(hang=True)) as stuck,
        FakeDingTalk(OK) as server,
        server.client(now=clock, oapi_base_url=stuck.url, timeout_s=30) as client,
    ):
        desk = Desk(store, server, client, clock)
        desk.set_up(robot(stuck), GROUP, GROUP | {"name": "late"})
        async with running(desk):
            await desk.happens("done")
            clock.now += timedelta(seconds=2)
            desk.notices.wake()
            await until(store.outbox.waiting, {"ops": 1})
        assert len(stuck.seen) == 1
        assert desk.said == ["R1 done", "R1 done"]
        assert await store.outbox.waiting() == {"ops": 1}, "and it is tried again after a restart"


async def test_a_database_that_is_away_ends_no_courier(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.set_up(GROUP)
    real, failures = desk.store.outbox.oldest, [OperationalError("select", {}, Exception("away"))]
    has_failed = asyncio.Event()

    async def oldest(name: str) -> datetime | None:
        if failures:
            has_failed.set()
            raise failures.pop()
        return await real(name)

    monkeypatch.setattr(desk.store.outbox, "oldest", oldest)
    async with running(desk):
        await has_failed.wait()
        await desk.happens("done")
        desk.clock.now += timedelta(seconds=10)
        desk.notices.wake()
        await until(desk.store.outbox.waiting, {})
    assert desk.said == ["R1 done"]


async def test_without_channels_there_is_nothing_to_do(desk: Desk) -> None:
    desk.set_up()
    async with running(desk):
        await desk.happens("done")
    assert await desk.store.outbox.waiting() == {}
