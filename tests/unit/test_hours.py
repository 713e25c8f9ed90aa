"""Hours of the day: over midnight, and on the days when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.hours import held_until, next_hour, next_time

SHANGHAI, BERLIN, KOLKATA = (ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata"))


def local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("span", "at", "until"),
    [
        ("20:00-08:00", "2026-05-01T19:59:59", None),
        ("20:00-08:00", "2026-05-01T20:00", "2026-05-02T08:00"),
        ("20:00-08:00", "2026-05-01T23:59:59", "2026-05-02T08:00"),
        ("20:00-08:00", "2026-05-02T00:00", "2026-05-02T08:00"),
        ("20:00-08:00", "2026-05-02T07:59:59", "2026-05-02T08:00"),
        ("20:00-08:00", "2026-05-02T08:00", None),
        ("12:00-13:30", "2026-05-02T13:29", "2026-05-02T13:30"),
        ("12:00-13:30", "2026-05-02T13:30", None),
        ("12:00-13:30", "2026-05-02T11:59", None),
        ("22:00-00:00", "2026-05-01T23:30", "2026-05-02T00:00"),
        ("22:00-00:00", "2026-05-02T00:00", None),
        ("", "2026-05-02T03:00", None),
    ],
)
def test_quiet_hours(span: str, at: str, until: str | None) -> None:
    moment = local(at, SHANGHAI).astimezone(UTC)
    assert held_until(span, moment, SHANGHAI) == (local(until, SHANGHAI) if until else moment)


def test_the_night_when_clocks_go_forward_is_an_hour_shorter() -> None:
    evening = local("2026-03-28T23:00", BERLIN)
    assert held_until("22:00-08:00", evening, BERLIN) == datetime(2026, 3, 29, 6, 0, tzinfo=UTC)
    assert held_until("22:00-08:00", local("2026-03-27T23:00", BERLIN), BERLIN) == datetime(
        2026, 3, 28, 7, 0, tzinfo=UTC
    )


def test_the_night_when_clocks_go_back_is_an_hour_longer() -> None:
    assert held_until("22:00-08:00", local("2026-10-24T23:00", BERLIN), BERLIN) == datetime(
        2026, 10, 25, 7, 0, tzinfo=UTC
    )
    second_half_past_two = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert held_until("02:00-03:00", second_half_past_two, BERLIN) > second_half_past_two


def test_a_time_that_a_day_skips_is_an_hour_later() -> None:
    skipped = next_time(time(2, 30), local("2026-03-28T12:00", BERLIN), BERLIN)
    assert skipped == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert skipped.astimezone(BERLIN).time() == time(3, 30)


def test_the_next_time_is_never_now() -> None:
    nine = local("2026-05-01T09:00", SHANGHAI)
    assert next_time(time(9), nine, SHANGHAI) == local("2026-05-02T09:00", SHANGHAI)
    assert next_time(time(9, 1), nine, SHANGHAI) == local("2026-05-01T09:01", SHANGHAI)


def test_the_next_hour_is_that_of_clocks_there() -> None:
    assert next_hour(local("2026-05-01T09:59:59.5", KOLKATA), KOLKATA) == local("2026-05-01T10:00", KOLKATA)
    assert next_hour(local("2026-05-01T10:00", KOLKATA), KOLKATA) == local("2026-05-01T11:00", KOLKATA)
    before_the_change = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert next_hour(before_the_change, BERLIN) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
