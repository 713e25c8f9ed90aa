"""What DingTalk refuses teaches an API's lane how fast it may go, and what it takes again, that it may go faster."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dingtalk.errors import Throttled
from bot.dingtalk.limit import Limits
from bot.dingtalk.pace import Pace, Turn
from tests.unit.simulated import now, simulate

API = "POST /a"
QPS = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
CEILING = 40
LATENCY_S = 0.1
WORKERS = 20


def sliding(taken: deque[float], at: float) -> int:
    """How many calls a server has taken that counts those of the last second."""
    return sum(one > at - 1 for one in taken)


def by_the_clock(taken: deque[float], at: float) -> int:
    """The same for one that counts from each full second on."""
    return sum(one >= floor(at) for one in taken)


@dataclass
class Refusing:
    """A server that takes `allowed` calls a second. `taken` and `refused` are the times of all calls."""

    counted: Callable[[deque[float], float], int] = sliding
    allowed: int = CEILING
    taken: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=100))

    async def call(self) -> bool:
        await asyncio.sleep(LATENCY_S / 2)
        at = now()
        takes = self.counted(self.recent, at) < self.allowed
        (self.taken if takes else self.refused).append(at)
        if takes:
            self.recent.append(at)
        await asyncio.sleep(LATENCY_S / 2)
        return takes


async def work(limits: Limits, call: Callable[[], Awaitable[bool]], api: str = API) -> None:
    """Call for ever, and tell how it went."""
    while True:
        turn = await limits.turn(api)
        if await call():
            await limits.answered(api, turn)
        else:
            await limits.throttled(Throttled(api, QPS), turn)


async def worked(server: Refusing, phases: list[tuple[int, float]]) -> list[tuple[float, float]]:
    """Busy workers while the server allows so many calls a second for so long; from when to when each phase was."""
    limits = Limits(CEILING, now=now)
    workers = [asyncio.create_task(work(limits, server.call)) for _ in range(WORKERS)]
    spans = []
    for server.allowed, seconds in phases:
        spans.append((now(), now() + seconds))
        await asyncio.sleep(seconds)
    for worker in workers:
        worker.cancel()
    await asyncio.wait(workers)
    return spans


def between(times: list[float], first: float, last: float) -> int:
    return bisect_left(times, last) - bisect_left(times, first)


@pytest.mark.parametrize("counted", [sliding, by_the_clock])
def test_what_is_allowed_is_used_and_hardly_a_call_is_refused_when_it_falls_and_rises(
    counted: Callable[[deque[float], float], int],
) -> None:
    server = Refusing(counted)
    phases = [(40, 60.0), (5, 60.0), (40, 60.0)]
    used = offered = 0
    for (allowed, seconds), span in zip(phases, simulate(worked(server, phases)), strict=True):
        taken, refused = between(server.taken, *span), between(server.refused, *span)
        print(f"{allowed} a second: {taken / (allowed * seconds):.1%} used, {refused} refused")  # noqa: T201
        used, offered = used + taken, offered + int(allowed * seconds)
    throttled = len(server.refused) / (len(server.refused) + len(server.taken))
    print(f"in all: {used / offered:.1%} of the allowed used, {throttled:.2%} of the calls throttled")  # noqa: T201
    assert used / offered >= 0.9
    assert throttled < 0.02


@pytest.mark.parametrize("allowed", [1, 5, 12])
def test_who_is_slowed_for_long_asks_ever_more_rarely_for_more(allowed: int) -> None:
    server = Refusing(allowed=allowed)
    [(_, end)] = simulate(worked(server, [(allowed, 400.0)]))
    for_long = between(server.refused, end - 120, end)
    assert for_long <= 120 / 12 * 1.5


@given(
    ceiling=st.integers(1, 30),
    calls=st.lists(
        st.tuples(st.floats(0, 3), st.sampled_from(["taken", "refused", "by the minute", "silent"])),
        max_size=150,
    ),
)
def test_no_second_ever_holds_more_than_the_pace_and_it_always_comes_back_to_full_speed(
    ceiling: int, calls: list[tuple[float, str]]
) -> None:
    pace, at = Pace.full(ceiling), 0.0
    left: list[float] = []

    def called(how: str) -> None:
        nonlocal pace, at
        pace = Pace.read(pace.kept(), ceiling, at).probing(at)
        at = max(at, pace.free_at)
        pace, turn = pace.taken(at)
        assert 1 <= pace.proven <= ceiling
        assert 1 <= pace.rate <= ceiling
        assert sum(at - 1 < one <= at for one in left) < pace.rate
        left.append(at)
        if how == "taken":
            pace = pace.answered(turn)
        elif how != "silent":
            pace = pace.refused(turn, at, 1 if how == "refused" else 60)

    for pause_s, how in calls:
        at += pause_s if pause_s > 1 else 0
        called(how)
    began = max(at, pace.free_at)
    while pace.rate < ceiling:
        called("taken")
    assert at - began < 12 + 2 * 5 + 2, "the longest wait for a probe, and then doubled each second"


def test_the_calls_of_one_burst_that_are_refused_together_count_once() -> None:
    pace, turns = Pace.full(20), []
    for number in range(20):
        pace, turn = pace.taken(number / 100)
        turns.append(turn)
    pace = pace.refused(turns[8], 0.3, 1.0)
    assert (pace.rate, pace.held_until) == (8, 1.3), "eight were taken before"
    for turn in turns[9:]:
        pace = pace.refused(turn, 0.4, 1.0)
    assert (pace.rate, pace.held_until) == (8, 1.4)


def test_one_call_too_many_at_full_speed_may_have_met_a_late_one_and_holds_nobody() -> None:
    pace, turns = Pace.full(20), []
    for _ in range(21):
        pace, turn = pace.taken(0.0)
        turns.append(turn)
    pace = pace.refused(turns[20], 1.1, 1.0)
    assert (pace.rate, pace.held_until) == (19, 0.0)
    pace, turn = pace.taken(1.2)
    pace = pace.refused(turn, 1.3, 1.0)
    assert (pace.rate, pace.held_until) == (14, 2.3), "refused again at once, it was no accident"


def test_of_a_limit_by_the_minute_a_second_tells_nothing() -> None:
    pace, turn = Pace.full(20).taken(0.0)
    pace = pace.refused(turn, 0.1, 60.0)
    assert (pace.rate, pace.free_at) == (10, 60.1)


def test_another_ceiling_holds_from_the_next_look_on() -> None:
    slowed = Pace(20, rate=8, proven=8).kept()
    assert Pace.read(Pace.full(20).kept(), 60, 0.0).rate == 60
    assert [Pace.read(slowed, ceiling, 0.0).rate for ceiling in (5, 60)] == [5, 8]


def test_what_another_version_has_kept_is_no_obstacle() -> None:
    assert Pace.read({"speed": 3}, 20, 0.0) == Pace.full(20)


@pytest.mark.parametrize(
    "ahead", [{"departures": (900.0,)}, {"held_until": 2000.0}, {"departures": (900.0,), "refused_at": 890.0}]
)
def test_a_clock_that_goes_back_stops_nobody(ahead: dict[str, float]) -> None:
    kept = replace(Pace(20, rate=8, proven=8), **ahead).kept()  # type: ignore[arg-type]
    pace, turn = Pace.read(kept, 20, 100.0).taken(100.0)
    assert (pace.rate, turn) == (8, Turn(100.0, 100.0))


def test_hundreds_of_waiting_reads_hold_up_neither_a_card_nor_a_delete_and_end_in_their_order() -> None:
    async def scenario() -> tuple[list[int], dict[str, float]]:
        limits, order = Limits(20, now=now), list[int]()

        async def read(number: int) -> None:
            await limits.turn("POST /query")
            order.append(number)

        reads = [asyncio.create_task(read(number)) for number in range(300)]
        await asyncio.sleep(3)
        waited = {}
        for api in ("POST /card", "POST /batchRemove"):
            began = now()
            await limits.turn(api)
            waited[api] = now() - began
        await asyncio.wait(reads)
        return order, waited

    order, waited = simulate(scenario())
    assert order == list(range(300))
    assert set(waited.values()) == {0.0}


def test_an_api_that_is_refused_slows_no_other() -> None:
    async def scenario() -> Counter[str]:
        server, limits, taken = Refusing(allowed=2), Limits(20, now=now), Counter[str]()

        async def free() -> bool:
            taken["free"] += 1
            await asyncio.sleep(LATENCY_S)
            return True

        workers = [asyncio.create_task(work(limits, server.call)) for _ in range(5)]
        workers += [asyncio.create_task(work(limits, free, "POST /b")) for _ in range(5)]
        await asyncio.sleep(21)
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)
        return taken + Counter(slowed=len(server.taken))

    counts = simulate(scenario())
    assert counts["free"] >= 20 * 20
    assert counts["slowed"] <= 2 * 21
