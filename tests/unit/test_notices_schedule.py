"""When a channel may be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.channels import Channel
from bot.notices.schedule import due_at
from bot.store import ChannelState

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEVER_TOLD = ChannelState(name="audit")


def channel(**more: Any) -> Channel:
    return Channel.model_validate({"name": "audit", "conversation": "cid"} | more)


def may(clock: str) -> datetime:
    """A time in Shanghai on the first of May, with + on the second."""
    day = 2 if clock.endswith("+") else 1
    return datetime.fromisoformat(f"2026-05-{day:02}T{clock.removesuffix('+')}+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("how", "happens_at", "due"),
    [
        ({}, "12:00", "12:00:01"),
        ({}, "21:00", "08:00+"),
        ({}, "19:59:59", "08:00+"),
        ({"quiet_hours": ""}, "21:00", "21:00:01"),
        ({"quiet_hours": "12:00-13:00"}, "12:20", "13:00"),
        ({"quiet_hours": "12:00-13:00"}, "23:00", "23:00:01"),
        ({"quiet_hours": "22:00-06:00"}, "23:00", "06:00+"),
        ({"digest": "hourly"}, "12:20", "13:00"),
        ({"digest": "hourly"}, "12:00", "13:00"),
        ({"digest": "hourly"}, "19:30", "08:00+"),
        ({"digest": "daily"}, "08:59", "09:00"),
        ({"digest": "daily"}, "09:00", "09:00+"),
        ({"digest": "daily", "at": "18:30"}, "12:20", "18:30"),
        ({"digest": "daily", "at": "23:00"}, "12:20", "08:00+"),
    ],
)
def test_digests_and_quiet_hours(how: dict[str, Any], happens_at: str, due: str) -> None:
    assert due_at(channel(**how), may(happens_at), NEVER_TOLD, SHANGHAI, "20:00-08:00") == may(due)


def test_a_minute_after_the_last_and_not_before_a_retry_and_never_in_quiet_hours() -> None:
    noon = may("12:00")
    told = ChannelState(name="audit", sent_at=noon - timedelta(seconds=20))
    assert due_at(channel(), noon, told, SHANGHAI, "") == noon + timedelta(seconds=40)
    failing = told.model_copy(update={"retry_at": noon + timedelta(minutes=10)})
    assert due_at(channel(), noon, failing, SHANGHAI, "") == noon + timedelta(minutes=10)
    assert due_at(channel(), noon, failing, SHANGHAI, "12:05-12:30") == noon + timedelta(minutes=30)
