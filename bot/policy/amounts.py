"""Durations and sizes as people write them in a rule: "30 days", "1 GB"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, ByteSize, TypeAdapter
from pytimeparse.timeparse import timeparse

LONGEST = timedelta(days=36_500)
_HOW_LONG = 'write a duration, for example "30 minutes", "24 hours" or "30 days"'
_HOW_LARGE = 'write a size, for example "500 MB" or "1 GB"'
_UNIT = re.compile(r"[a-z]", re.IGNORECASE)
_SIZE = re.compile(r"\d{1,15}(\.\d{1,9})? ?([KMGTPE]?B)", re.IGNORECASE)
_BYTES = TypeAdapter(ByteSize)


def duration(written: object) -> timedelta:
    """Raises ValueError for what is none, for nothing and less, for a number without a unit."""
    if not isinstance(written, str) or not _UNIT.search(written):  # "90" and "1:30" can be read in two ways
        raise ValueError(_HOW_LONG)
    seconds = timeparse(written)
    if seconds is None or not 0 < seconds <= LONGEST.total_seconds():
        raise ValueError(_HOW_LONG)
    return timedelta(seconds=seconds)


def size(written: object) -> int:
    """Bytes, in units of 1000 as on the cards. Raises ValueError for what is none."""
    # The pattern first: ByteSize overlooks what follows, and would take "1,5 GB" for one byte.
    if not isinstance(written, str) or not _SIZE.fullmatch(written.strip()):
        raise ValueError(_HOW_LARGE)
    return int(_BYTES.validate_python(written.strip()))


Duration = Annotated[timedelta, BeforeValidator(duration)]
Size = Annotated[int, BeforeValidator(size)]
