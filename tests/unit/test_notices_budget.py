"""Which notices are cut at which share of the month."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.channels import Channel, NoticeEvent
from bot.notices.budget import Budget

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GROUP = Channel.model_validate({"name": "group", "conversation": "cid"})
HOOK = Channel.model_validate(
    {"name": "hook", "webhook": "https://oapi.dingtalk.com/robot/send?access_token=x"}
)
ORDER: tuple[NoticeEvent, ...] = ("requested", "approved", "done")


class Used:
    def __init__(self, calls: int = 0, webhooks: int = 0) -> None:
        self.calls, self.messages = calls, webhooks

    async def month(self, at: datetime) -> dict[str, int]:
        return {"POST /a": self.calls // 2, "POST /b": self.calls - self.calls // 2}

    async def webhooks(self, at: datetime) -> int:
        return self.messages


def budget(
    used: Used, order: tuple[NoticeEvent, ...] = ORDER, cut_from: float = 0.8, **limits: int
) -> Budget:
    given = {"monthly_calls": 1000, "monthly_webhooks": 100} | limits
    return Budget(used, order=order, cut_from=cut_from, **given)


@pytest.mark.parametrize(
    ("calls", "cut"),
    [
        (0, ()),
        (799, ()),
        (800, ("requested",)),
        (899, ("requested",)),
        (900, ("requested", "approved")),
        (999, ("requested", "approved")),
        (1000, ORDER),
        (5000, ORDER),
    ],
)
async def test_the_first_goes_first_and_the_last_with_nothing_left(calls: int, cut: tuple[str, ...]) -> None:
    found = budget(Used(calls))
    events: tuple[NoticeEvent, ...] = (*ORDER, "failed")
    assert tuple([each for each in events if await found.cuts(GROUP, [each], NOW)]) == cut


async def test_one_that_is_worth_a_call_takes_the_others_with_it() -> None:
    found = budget(Used(950))
    assert await found.cuts(GROUP, ["requested", "approved"], NOW)
    assert not await found.cuts(GROUP, ["requested", "done"], NOW)


async def test_each_kind_of_channel_draws_on_its_own_quota() -> None:
    assert not await budget(Used(calls=5000, webhooks=79)).cuts(HOOK, ["requested"], NOW)
    assert await budget(Used(webhooks=80)).cuts(HOOK, ["requested"], NOW)
    assert not await budget(Used(webhooks=500)).cuts(GROUP, ["requested"], NOW)


async def test_no_limit_and_no_order_cut_nothing() -> None:
    assert not await budget(Used(10**9), monthly_calls=0).cuts(GROUP, ["requested"], NOW)
    assert not await budget(Used(10**9), order=()).cuts(GROUP, ["requested"], NOW)


async def test_an_order_of_one_and_a_share_of_everything() -> None:
    assert await budget(Used(800), order=("done",)).cuts(GROUP, ["done"], NOW)
    assert await budget(Used(1000), cut_from=1.0).cuts(GROUP, ["done"], NOW)
    assert not await budget(Used(999), cut_from=1.0).cuts(GROUP, ["requested"], NOW)
