"""At most so many calls in any second, on a clock of the test's own."""

import asyncio
from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dingtalk.errors import Throttled
from bot.dingtalk.limit import PATIENCE_S, Limits

API = "POST /a"


class Clock:
    """Time passes only while somebody sleeps, and by exactly that much."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        wake_at = self.now_s + seconds
        await asyncio.sleep(0)
        self.now_s = max(self.now_s, wake_at)


def throttle(scope: str, retry_after_s: float, api: str = API) -> Throttled:
    error = Throttled(api, "code")
    error.scope, error.retry_after_s = scope, retry_after_s  # type: ignore[assignment]
    return error


@given(
    calls=st.lists(st.tuples(st.floats(0, 2), st.sampled_from(["a", "b"])), min_size=1, max_size=120),
    rate=st.integers(1, 20),
)
def test_no_second_holds_more_than_the_rate(calls: list[tuple[float, str]], rate: int) -> None:
    clock = Clock()
    limits = Limits(rate, now=clock.now, sleep=clock.sleep)
    left: defaultdict[str, list[float]] = defaultdict(list)

    async def scenario() -> None:
        for pause_s, api in calls:
            clock.now_s += pause_s if pause_s > 1 else 0
            await limits.turn(api)
            left[api].append(clock.now_s)

    asyncio.run(scenario())
    for times in left.values():
        for first, last in zip(times, times[rate:], strict=False):
            assert last - first > 1.0


async def test_waiters_leave_in_the_order_they_came() -> None:
    clock = Clock()
    limits = Limits(3, now=clock.now, sleep=clock.sleep)
    left: list[int] = []

    async def call(number: int) -> None:
        await limits.turn(API)
        left.append(number)

    await asyncio.gather(*(call(number) for number in range(20)))
    assert left == list(range(20))


async def test_a_full_lane_stops_no_other() -> None:
    clock = Clock()
    limits = Limits(1, now=clock.now, sleep=clock.sleep)
    await limits.turn(API)
    await limits.turn("POST /b")
    assert clock.now_s == 0
    await limits.turn(API)
    assert clock.now_s > 1


async def test_a_throttled_api_is_held() -> None:
    clock = Clock()
    limits = Limits(now=clock.now, sleep=clock.sleep)
    await limits.throttled(throttle("app", 2), await limits.turn(API))
    await limits.turn("POST /b")
    assert clock.now_s == 0
    await limits.turn(API)
    assert clock.now_s == 2


async def test_a_busy_platform_is_asked_ever_more_rarely_until_it_answers() -> None:
    clock = Clock()
    limits = Limits(now=clock.now, sleep=clock.sleep)

    async def refused() -> float:
        error = throttle("platform", 1)
        await limits.throttled(error, await limits.turn(API))
        return error.retry_after_s

    waits = [await refused() for _ in range(3)]
    await limits.answered(API, await limits.turn(API))
    assert [*waits, await refused()] == [1, 2, 4, 1]
    assert clock.now_s == 7, "each was waited for"


async def test_calls_that_find_the_platform_busy_together_count_once() -> None:
    clock = Clock()
    limits = Limits(now=clock.now, sleep=clock.sleep)
    for turn in [await limits.turn(API) for _ in range(5)]:
        await limits.throttled(throttle("platform", 1), turn)
    await limits.turn(API)
    assert clock.now_s == 1


async def test_a_ban_holds_every_api_and_says_so_at_once() -> None:
    clock = Clock()
    limits = Limits(now=clock.now, sleep=clock.sleep)
    await limits.throttled(throttle("ip", 300), await limits.turn(API))
    clock.now_s += 100
    with pytest.raises(Throttled) as caught:
        await limits.turn("POST /b")
    assert (caught.value.scope, caught.value.retry_after_s, clock.now_s) == ("ip", 200, 100)
    clock.now_s += 200 - PATIENCE_S
    await limits.turn("POST /b")
    assert clock.now_s == 300


async def test_the_limit_of_one_conversation_holds_no_other() -> None:
    clock = Clock()
    limits = Limits(now=clock.now, sleep=clock.sleep)
    await limits.throttled(throttle("robot", 600), await limits.turn(API))
    await limits.turn(API)
    assert clock.now_s == 0
