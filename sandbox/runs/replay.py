"""Doing a recorded run again: the same state, the same orders, at the same times of the sandbox's clock.

An order is given when the application is as far as it was then (or, because no two runs are quite alike, when it
has not come further for `patience_s`), and when what the order names is there.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from sandbox import seed
from sandbox.runs.names import bell_of, resolve, told
from sandbox.runs.progress import Progress, Seen
from sandbox.runs.recorder import is_fault, progress_from_here, require_idle
from sandbox.runs.run import REPLAYING, JsonObject, Name, Noted, Recording
from sandbox.world import World

Give = Callable[[Noted, dict[str, Any]], Awaitable[JsonObject]]
"""Carries out an order with these values for its names. Raises RefusedError."""
FASTEST = 1_000_000
LONGEST_WAIT_S = 120


class RefusedError(Exception):
    """Why an order was refused."""


class DivergedError(Exception):
    """Why a run cannot be done again."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: `speed` times as fast as it was (1 or more; 0: as fast as the application is), and for how many
    seconds of real time something is waited for that was there the last time."""

    speed: float = 1.0
    patience_s: float = 5.0

    def __post_init__(self) -> None:
        if self.speed != 0 and not 1 <= self.speed <= FASTEST:
            raise ValueError("speed is 0, or at least 1: the clock cannot go slower")
        if not 0 < self.patience_s <= LONGEST_WAIT_S:
            raise ValueError(f"patienceS is above 0 and at most {LONGEST_WAIT_S}")


def start(world: World, recording: Recording, give: Give, pace: Pace) -> None:
    """Loads the state and begins to give the orders; `world.run` tells how far it is.

    Raises MisuseError while something else goes on, ValueError when the state makes no sense: nothing is changed.
    """
    require_idle(world)
    state = checked_state(recording.state, world.clock.now_ms())
    seed.load(world, state)
    progress = progress_from_here(world)
    world.run.begin(REPLAYING, progress, world.clock.now_ms(), recording)
    world.run.task = asyncio.create_task(Replay(world, progress, give, pace).play(recording))


def checked_state(state: JsonObject, now_ms: int) -> JsonObject:
    """The state to load now. Raises ValueError unless a world can be made of it, a meter included."""
    try:
        state = moved(state, now_ms)
        seed.check(state)
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise ValueError(f"the state of the recording makes no sense: {exc}") from exc
    return state


def moved(state: JsonObject, now_ms: int) -> JsonObject:
    """The state as if it had been saved now: what is going on in it has still as long to go."""
    clock = state.get("clock")
    by_ms = max(0, now_ms - clock["nowMs"]) if isinstance(clock, dict) and "nowMs" in clock else 0
    state = json.loads(json.dumps(state))
    for part, field_name in (("faults", "endsAt"), ("sessions", "expiresAt")):
        things = state.get(part) or []
        for thing in things.values() if isinstance(things, dict) else things:
            if thing.get(field_name) is not None:
                thing[field_name] += by_ms
    for task in state.get("drive", {}).get("tasks", []):
        if task.get("endMs") is None:
            task["beginMs"] += by_ms
    return state


class Replay:
    """One replay."""

    def __init__(self, world: World, progress: Progress, give: Give, pace: Pace) -> None:
        self.world = world
        self.run = world.run
        self.progress = progress
        self.give = give
        self.pace = pace
        self._given: dict[int, asyncio.Task[None]] = {}
        """What is being carried out, by its number in the recording."""

    async def play(self, recording: Recording) -> None:
        """Gives all orders; however it ends, the run is idle again and says why."""
        failed = ""
        try:
            await self._play(recording)
        except DivergedError as exc:
            failed = str(exc)
        except Exception as exc:  # the edge of a task nobody waits for: told, not lost
            failed = f"the sandbox itself failed: {type(exc).__name__}: {exc}"
        finally:
            for task in self._given.values():
                task.cancel()
            await asyncio.gather(*self._given.values(), return_exceptions=True)
            self.run.end(failed)

    async def _play(self, recording: Recording) -> None:
        for number, noted in enumerate(recording.orders):
            await self._answered(noted.open)
            await self._as_far_as(noted.seen)
            await self._as_late_as(noted.at_ms)
            values = {key: await self._find(noted, number, name) for key, name in noted.names.items()}
            self._given[number] = asyncio.create_task(self._carry_out(noted, number, values))
        await self._answered()
        await self._as_far_as(recording.seen)
        await self._as_late_as(recording.end_ms)

    async def _answered(self, but: Collection[int] = ()) -> None:
        """Waits until all orders `but` these are answered. Raises DivergedError for one that was refused."""
        for number in [n for n in self._given if n not in but]:
            await self._given.pop(number)

    async def _as_far_as(self, seen: Seen) -> None:
        """Waits until the application is as far, not counting what it was waited for in vain before."""
        now = await self.progress.reach(seen.less(self.run.missing), self.pace.patience_s)
        self.run.missing = seen.less(now)

    async def _as_late_as(self, at_ms: int) -> None:
        """Waits until it is that late in the run; faster than the clock, the clock is moved on.

        Raises DivergedError when it does not go that far."""
        clock, due_s = self.world.clock, (self.run.began_ms + at_ms) / 1000
        gap_s = due_s - clock.now()
        if gap_s <= 0:
            return
        if self.pace.speed:
            await clock.sleep_until(clock.now() + gap_s / self.pace.speed)
        try:
            clock.advance(max(0.0, due_s - clock.now()))
        except ValueError as exc:
            raise DivergedError(str(exc)) from exc

    async def _find(self, noted: Noted, number: int, name: Name) -> Any:
        """What the name stands for. Raises DivergedError when it does not come."""

        def there() -> bool:
            return resolve(self.world, name) is not None

        if not await bell_of(self.world, name).until(there, self.pace.patience_s):
            waited = f"{self.pace.patience_s:g} s"
            raise DivergedError(f"{_told(noted, number)} needs {told(name)}, which did not come in {waited}")
        return resolve(self.world, name)

    async def _carry_out(self, noted: Noted, number: int, values: dict[str, Any]) -> None:
        try:
            answer = await self.give(noted, values)
        except RefusedError as exc:
            if not noted.refused:
                raise DivergedError(f"{_told(noted, number)} was refused: {exc}") from exc
        else:
            if is_fault(noted):
                self.run.faults.append(answer["id"])
        self.run.done += 1
        self.run.bell.ring()


def _told(noted: Noted, number: int) -> str:
    return f"order {number + 1}, {noted.method} {noted.path},"
