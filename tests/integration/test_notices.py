"""Notices against the sandbox: all kinds of channels hear, and a custom robot that was silenced says it later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.dingtalk import DingTalk, InternalAppTokens
from bot.notices import Notices
from bot.settings import load
from bot.store import Store
from handlers.notices import NoticeWords
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, Control
from tests.unit.store_given import manifest, request

MARKETING = "cidMarketing=="
SIGNED = {"webhook": "{url}/robot/send?access_token=webhook-marketing", "secret": "SECsandboxmarketing"}


class Clock:
    """Runs ahead of the real one: the sandbox checks the time that a message is signed with."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def dingtalk(sandbox: Control) -> AsyncIterator[DingTalk]:
    async with DingTalk(
        api_base_url=sandbox.url,
        oapi_base_url=sandbox.url,
        tokens=InternalAppTokens(CLIENT_ID, SecretStr(CLIENT_SECRET)),
        robot_code=CLIENT_ID,
    ) as client:
        yield client


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(f"sqlite+aiosqlite:///{tmp_path}/robot.sqlite") as opened:
        yield opened


def notices(
    sandbox: Control, dingtalk: DingTalk, store: Store, clock: Clock, *channels: dict[str, Any]
) -> Notices:
    filled = [
        {k: v.format(url=sandbox.url) if isinstance(v, str) else v for k, v in c.items()} for c in channels
    ]
    settings = load(Path("/nonexistent"), client_id=CLIENT_ID, client_secret=CLIENT_SECRET, notify=filled)
    return Notices(settings, dingtalk, store, NoticeWords(ZoneInfo("Asia/Shanghai")), clock, courier="local")


async def send_due(told: Notices) -> None:
    for courier in told._couriers.values():
        while (due := await courier.step()) is not None and due <= courier._tools.clock():
            pass


async def heard(sandbox: Control, who: str, where: str) -> list[str]:
    return [str(message) for message in await sandbox.read(who, where, 0)]


async def test_every_kind_of_channel_hears(
    sandbox: Control, dingtalk: DingTalk, store: Store, clock: Clock
) -> None:
    told = notices(
        sandbox,
        dingtalk,
        store,
        clock,
        {"name": "group", "conversation": MARKETING},
        {"name": "boss", "user": "li", "language": "en"},
        {"name": "hook"} | SIGNED,
    )
    await told.add("done", request(manifest(), id="K7M2"), deleted=1)
    clock.ahead += timedelta(seconds=2)
    await send_due(told)
    group = [text for text in await heard(sandbox, "wang", MARKETING) if "K7M2" in text]
    assert len(group) == 2, "the robot's and the custom robot's"
    assert sum("值班播报" in text for text in group) == 1
    (alone,) = [text for text in await heard(sandbox, "li", "one:li") if "K7M2" in text]
    assert "recycle bin" in alone
    assert await store.outbox.waiting() == {}


async def test_a_wrong_secret_is_a_failure_that_names_itself(
    sandbox: Control, dingtalk: DingTalk, store: Store, clock: Clock
) -> None:
    told = notices(sandbox, dingtalk, store, clock, {"name": "hook"} | SIGNED | {"secret": "SECwrong"})
    await told.add("done", request(manifest(), id="K7M2"))
    clock.ahead += timedelta(seconds=2)
    await send_due(told)
    state = await store.outbox.state("hook")
    assert "310000" in state.error
    assert "SECwrong" not in state.error
    assert "webhook-marketing" not in state.error
    assert state.retry_at


async def test_a_silenced_robot_is_left_alone_and_loses_nothing(
    sandbox: Control, dingtalk: DingTalk, store: Store, clock: Clock
) -> None:
    told = notices(sandbox, dingtalk, store, clock, {"name": "hook"} | SIGNED)
    address = SecretStr(f"{sandbox.url}/robot/send?access_token=webhook-marketing")
    for number in range(20):  # somebody else uses the same robot
        text = {"msgtype": "text", "text": {"content": "x"}}
        await dingtalk.webhook_robots.send(
            address, SecretStr(SIGNED["secret"]), text, message_id=f"other{number}"
        )
    await told.add("done", request(manifest(), id="K7M2"))
    clock.ahead += timedelta(seconds=2)
    await send_due(told)
    state = await store.outbox.state("hook")
    assert "410100" in state.error
    assert state.retry_at
    assert state.retry_at - clock() > timedelta(minutes=9)
    assert await store.outbox.waiting() == {"hook": 1}
