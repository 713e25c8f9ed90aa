"""Durations and sizes as they are written in rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.policy.amounts import duration, size


@pytest.mark.parametrize(
    ("written", "is_"),
    [
        ("30 minutes", timedelta(minutes=30)),
        ("24 hours", timedelta(hours=24)),
        ("1 hour", timedelta(hours=1)),
        ("1 day, 12 hours", timedelta(hours=36)),
        ("90s", timedelta(seconds=90)),
        ("2 weeks", timedelta(weeks=2)),
        ("1.5 hours", timedelta(minutes=90)),
    ],
)
def test_durations(written: str, is_: timedelta) -> None:
    assert duration(written) == is_


@pytest.mark.parametrize(
    "written",
    [
        "",
        "4",
        "1:30",
        "soon",
        "-4 hours",
        "0 hours",
        "1 month",
        "4 hours ago",
        4,
        True,
        None,
        "99999999 weeks",
    ],
)
def test_what_is_no_duration(written: Any) -> None:
    with pytest.raises(ValueError, match="write a duration"):
        duration(written)


@pytest.mark.parametrize(
    ("written", "is_"),
    [
        ("1 GB", 10**9),
        ("1GB", 10**9),
        ("1.5 gb", 15 * 10**8),
        ("500 MB", 5 * 10**8),
        ("0 B", 0),
        ("999 B", 999),
    ],
)
def test_sizes(written: str, is_: int) -> None:
    assert size(written) == is_


@pytest.mark.parametrize(
    "written", ["", "1", "GB", "1,5 GB", "1 GiB", "1 GB or so", "-1 GB", "1 Gbit", 5, True, None]
)
def test_what_is_no_size(written: Any) -> None:
    with pytest.raises(ValueError, match="write a size"):
        size(written)
