"""kill -9 wherever something is kept, sent or acknowledged: the request ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import traceback
from pathlib import Path

import pytest

from tests.integration.stories import APPROVE, CONFIRM, STORIES, Story, trial

AT_ONCE = 4
"""Robots: most of the time they wait."""
SHORT = [(CONFIRM, 5), (APPROVE, 3)]
"""Stories of the normal run, and at how many places the robot dies in each."""


@pytest.mark.parametrize(
    ("story", "number"),
    [*SHORT, *(pytest.param(story, None, marks=pytest.mark.soak) for story in STORIES)],
    ids=str,
)
async def test_killed_anywhere(tmp_path: Path, story: Story, number: int | None) -> None:
    places = await _places(story, tmp_path)
    chosen = _spread(places, number) if number else places
    await _die(story, tmp_path, [(place,) for place in chosen])


@pytest.mark.soak
@pytest.mark.parametrize("story", STORIES, ids=str)
async def test_killed_again_while_it_recovers(tmp_path: Path, story: Story) -> None:
    places = await _places(story, tmp_path)
    some = places[::3]
    await _die(story, tmp_path, [(place, places[(7 * n) % len(places)]) for n, place in enumerate(some)])


async def _places(story: Story, folder: Path) -> list[str]:
    """All that a run which goes well comes by."""
    async with trial(story, folder / "whole") as one:
        return await one.whole()


async def _die(story: Story, folder: Path, deaths: list[tuple[str, ...]]) -> None:
    """One trial for each; those that fail are named, with the folder of their database and log."""
    room = asyncio.Semaphore(AT_ONCE)
    failures: dict[tuple[str, ...], str] = {}
    missed: list[str] = []

    async def die(number: int, places: tuple[str, ...]) -> None:
        async with room, trial(story, folder / str(number)) as one:
            try:
                if not await one.broken(*places):
                    missed.append(places[0])
            except Exception as exc:  # the others go on
                failures[places] = f"{exc!r} at {_where(exc)}, {one.office.folder}"

    await asyncio.gather(*(die(number, places) for number, places in enumerate(deaths)))
    assert failures == {}
    assert len(missed) <= len(deaths) // 10, f"never came to: {missed}"


def _where(exc: BaseException) -> str:
    return str(traceback.extract_tb(exc.__traceback__)[-1])


def _spread(places: list[str], number: int) -> list[str]:
    """So many of them, evenly over the list."""
    step = len(places) / number
    return [places[int((part + 0.5) * step)] for part in range(number)]
