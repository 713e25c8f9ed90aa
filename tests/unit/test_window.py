"""The window of a space: never more than its size, in order, halved once by what happens together, no place lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.deletion.window import FIRST, MOST, Window

ACTIONS = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "cancel", "good", "busy"]), st.integers(0, 20)), max_size=60
)


class Yard:
    """A window, who waits for a place in it, and who has one."""

    def __init__(self) -> None:
        self.window = Window()
        self.waiting: dict[int, asyncio.Task[None]] = {}
        self.inside: list[int] = []
        self.entered: list[int] = []
        self.gone: set[int] = set()
        self.coming = 0
        self.calls = [0]

    async def enter(self, _: int) -> None:
        number, self.coming = self.coming, self.coming + 1
        self.waiting[number] = asyncio.create_task(self._wait(number))

    async def _wait(self, number: int) -> None:
        await self.window.enter()
        assert len(self.inside) < int(self.window.size), "nobody comes in where there is no room"
        self.inside.append(number)
        self.entered.append(number)

    async def leave(self, which: int) -> None:
        if self.inside:
            self.inside.pop(which % len(self.inside))
            self.window.leave()

    async def cancel(self, which: int) -> None:
        """At any moment, also between being let in and noticing it."""
        if waiting := [number for number, task in self.waiting.items() if not task.done()]:
            number = waiting[which % len(waiting)]
            self.waiting[number].cancel()
            self.gone.add(number)

    async def good(self, _: int) -> None:
        self.calls.append(self.window.call())
        self.window.good()

    async def busy(self, which: int) -> None:
        self.window.busy(self.calls[which % len(self.calls)])

    async def settle(self) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        for task in self.waiting.values():
            if task.done() and not task.cancelled():
                task.result()


def driven(drive: Callable[[Yard], object]) -> None:
    """Hypothesis calls plain functions."""

    async def run() -> None:
        await drive(Yard())  # type: ignore[misc]

    asyncio.run(run())


@settings(max_examples=40, deadline=None)
@given(ACTIONS, st.data())
def test_never_more_than_its_size_and_in_the_order_they_came(
    actions: list[tuple[str, int]], data: st.DataObject
) -> None:
    async def drive(yard: Yard) -> None:
        for name, which in actions:
            await getattr(yard, name)(which)
            if data.draw(st.booleans()):  # else the next happens before anybody has noticed this
                await yard.settle()
            assert 1 <= yard.window.size <= MOST
        await yard.settle()
        assert yard.entered == sorted(yard.entered), "first come, first served"

    driven(drive)


@settings(max_examples=40, deadline=None)
@given(ACTIONS)
def test_no_place_is_lost_whoever_gives_up(actions: list[tuple[str, int]]) -> None:
    """Once all have left, as many as its size get in at once."""

    async def drive(yard: Yard) -> None:
        for name, which in actions:
            await getattr(yard, name)(which)
        await yard.settle()
        for task in yard.waiting.values():
            task.cancel()
        await yard.settle()
        for _ in list(yard.inside):
            await yard.leave(0)
        room = int(yard.window.size)
        for _ in range(room + 3):
            await yard.enter(0)
        await yard.settle()
        assert len(yard.inside) == room

    driven(drive)


@given(st.integers(0, 30), st.integers(1, MOST))
def test_calls_under_way_together_halve_it_once(good: int, together: int) -> None:
    window = Window()
    for _ in range(good):
        window.good()
    before = window.size
    calls = [window.call() for _ in range(together)]
    for call in calls:
        window.busy(call)
    assert window.size == max(before / 2, 1.0)
    window.busy(window.call())
    assert window.size == max(before / 4, 1.0), "what was sent afterwards is another matter"


def test_it_grows_fast_until_the_first_lock_and_by_a_place_a_round_after_it() -> None:
    window = Window()
    assert window.size == FIRST
    for _ in range(3):
        window.good()
    assert window.size == FIRST + 3
    window.busy(window.call())
    window.busy(window.call())
    before = window.size
    for _ in range(2):
        window.good()
    assert before + 1 < window.size < before + 2
    for _ in range(200):
        window.good()
    assert window.size == MOST
