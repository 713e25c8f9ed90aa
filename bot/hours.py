"""Hours of the day in a time zone: when people are left alone, and when the next digest is due."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

_SPAN = re.compile(r"(\d\d:\d\d)-(\d\d:\d\d)")


def _is_span(value: str) -> str:
    if value:
        begin, end = _ends(value)
        if begin == end:
            raise ValueError("begin and end are the same")
    return value


Span = Annotated[str, AfterValidator(_is_span)]
"""Hours such as "20:00-08:00", over midnight when the end comes first; "" is no hour at all."""


def held_until(span: str, at: datetime, zone: ZoneInfo) -> datetime:
    """When these hours are over, for a moment inside them; any other moment comes back as it is."""
    if not span:
        return at
    begin, end = _ends(span)
    clock = at.astimezone(zone).time()
    is_inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    return next_time(end, at, zone) if is_inside else at


def next_time(clock: time, at: datetime, zone: ZoneInfo) -> datetime:
    """The next moment after `at` when clocks there show this time; one that a day skips is an hour later."""
    day = at.astimezone(zone).date()
    for days in range(3):
        found = datetime.combine(day + timedelta(days=days), clock, zone).astimezone(UTC)
        if found > at:
            return found
    raise AssertionError("no clock stands still for two days")


def next_hour(at: datetime, zone: ZoneInfo) -> datetime:
    """The next full hour of clocks there, after `at`."""
    local = at.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return at.astimezone(UTC) - past + timedelta(hours=1)


def _ends(span: str) -> tuple[time, time]:
    found = _SPAN.fullmatch(span)
    if found is None:
        raise ValueError("no hours")
    return time.fromisoformat(found[1]), time.fromisoformat(found[2])
