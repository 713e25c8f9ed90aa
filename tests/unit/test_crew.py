"""Work that is under way at once: it ends together, and what was to be done after it is done, whatever came of it."""

from __future__ import annotations

import asyncio

import pytest

from bot.deletion.crew import Crew
from bot.deletion.window import FIRST, Window
from bot.store import NotMineError


async def test_a_place_is_given_back_by_work_that_was_interrupted_before_its_first_step() -> None:
    """Another job had the places when this one lost its right to go on: its next batch is never begun."""
    window, begun = Window(), asyncio.Event()

    async def work() -> None:
        begun.set()

    async def lost() -> None:
        async with Crew() as crew:
            crew.stop = NotMineError("K7M2")
            await window.enter()
            crew.start(work(), then=window.leave)

    with pytest.raises(NotMineError):
        await lost()
    assert not begun.is_set()
    async with asyncio.timeout(5):
        for _ in range(FIRST):
            await window.enter()


async def test_the_first_error_is_raised_once_all_the_others_have_ended() -> None:
    ended = []

    async def fail(name: str) -> None:
        raise ValueError(name)

    async def go_on() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        ended.append("went on")

    async def all_of_it() -> None:
        async with Crew() as crew:
            crew.start(fail("first"))
            crew.start(fail("second"))
            crew.start(go_on())

    with pytest.raises(ValueError, match="first"):
        await all_of_it()
    assert ended == ["went on"]
