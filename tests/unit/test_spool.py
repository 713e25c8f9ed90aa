"""What is put aside is found again, and leaves nothing behind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.spool import IN_MEMORY_BYTES, Spool, in_parts

VALUES = ["", "名\n\ud800\u2028", {"a": [1, None]}, "x" * IN_MEMORY_BYTES, ["\0"]]


def test_values_are_found_again_also_once_they_lie_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Spool() as spool:
        places = [spool.put(value) for value in VALUES]
        assert [spool.at(place) for place in reversed(places)] == VALUES[::-1]
        again = spool.put("more")
        assert (spool.at(places[0]), spool.at(again)) == ("", "more")
        assert list(tmp_path.iterdir()) == [], "the file has no name that anybody could open"
    with pytest.raises(ValueError, match="closed"):
        spool.at(places[0])


async def test_between_two_parts_others_have_their_turn() -> None:
    order: list[object] = []

    async def other() -> None:
        order.append("other")

    turns = []
    async for part in in_parts(range(5), 2):
        order.append(part)
        turns.append(asyncio.create_task(other()))
    await asyncio.gather(*turns)
    assert order == [[0, 1], "other", [2, 3], "other", [4], "other"]
