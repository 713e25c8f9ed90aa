"""Brings one channel its messages, each channel by itself: one that hangs holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.channels import Channel
from bot.dingtalk import DingTalk
from bot.dingtalk.errors import DingTalkError, Throttled
from bot.models import Language
from bot.notices.budget import Budget
from bot.notices.post import post
from bot.notices.schedule import due_at
from bot.notices.wording import Wording
from bot.store import Batch, ChannelState, Outbox

log = structlog.get_logger()

FIRST_PAUSE_S, GROWTH, LONGEST_PAUSE_S = 10, 3, 3600
GIVE_UP_AFTER = timedelta(hours=6)
SENDING_S, SETTLE_S = 60.0, 2.0
DATABASE_AWAY = timedelta(seconds=5)
LOOK_AGAIN_S = 60.0
"""The clock on the wall may jump while we wait, and a replica that put something down for others may end."""
TAKEN = timedelta(seconds=5)
"""Until another replica, which is sending for this channel, should have done so."""
MAX_NAMED = 20
UNSAFE = frozenset({"430101", "430102", "430103", "430104"})
"""DingTalk does not like the words, and will not like them later: on with the next."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What all couriers share. `language` is for channels that say none."""

    dingtalk: DingTalk
    outbox: Outbox
    budget: Budget
    wording: Wording
    clock: Callable[[], datetime]
    zone: ZoneInfo
    quiet_hours: str
    language: Language
    courier: str


class Courier:
    """The one of one channel."""

    def __init__(self, channel: Channel, tools: Tools) -> None:
        self.channel = channel
        self._tools = tools
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is something to tell, or the clock has moved on."""
        self._woken.set()

    async def run(self) -> None:
        """Send what falls due, until cancelled."""
        while True:
            self._woken.clear()
            try:
                due = await self.step()
            except SQLAlchemyError as exc:
                log.error("database.failed", error=type(exc).__name__)
                due = self._tools.clock() + DATABASE_AWAY
            await self._wait(due)

    async def step(self) -> datetime | None:
        """Send what is due now; when to look again, None for not before something is added."""
        tools, name = self._tools, self.channel.name
        oldest = await tools.outbox.oldest(name)
        if oldest is None:
            return None
        state = await tools.outbox.state(name)
        due = due_at(self.channel, oldest, state, tools.zone, tools.quiet_hours)
        if due > tools.clock():
            return due
        batch = await tools.outbox.begin(state, token_hex(16), tools.courier)
        if batch is None:
            return tools.clock() + TAKEN
        with structlog.contextvars.bound_contextvars(channel=name, **_about(batch)):
            await _to_its_end(self._settle(batch, state))
        return tools.clock()

    async def _wait(self, due: datetime | None) -> None:
        wait_s = (due - self._tools.clock()).total_seconds() if due else LOOK_AGAIN_S
        if wait_s > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait_s, LOOK_AGAIN_S)):
                    await self._woken.wait()

    async def _settle(self, batch: Batch, state: ChannelState) -> None:
        tools, now = self._tools, self._tools.clock()
        if await tools.budget.cuts(self.channel, {notice.event for notice in batch.notices}, now):
            await tools.outbox.close(batch, state, at=now, event="notice.cut")
            log.warning("notice.cut", size=len(batch.notices))
            metrics.notice("cut", len(batch.notices))
        elif failure := await self._failure(batch):
            await self._failed(batch, state, failure)
        else:
            fine = ChannelState(name=batch.channel, sent_at=tools.clock())
            await tools.outbox.close(batch, fine, at=tools.clock(), event="notice.sent")
            log.info("notice.sent", size=len(batch.notices))
            metrics.notice("sent", len(batch.notices))

    async def _failure(self, batch: Batch) -> Exception | None:
        """Send it; what went wrong is an answer like any other, for nobody above could do more about it."""
        try:
            language = self.channel.language or self._tools.language
            title, markdown = self._tools.wording.notice(batch.notices, language)
            async with asyncio.timeout(SENDING_S):
                await post(self._tools.dingtalk, self.channel, title, markdown, batch.id)
        except (DingTalkError, TimeoutError) as exc:
            log.warning("notice.failed", error=exc)
            return exc
        except Exception as exc:
            log.exception("notice.failed")
            return exc
        return None

    async def _failed(self, batch: Batch, state: ChannelState, failure: Exception) -> None:
        now = self._tools.clock()
        code = failure.code if isinstance(failure, DingTalkError) else type(failure).__name__
        since = state.failing_since or now
        is_hopeless = code in UNSAFE or now - since >= GIVE_UP_AFTER
        after = ChannelState(
            name=batch.channel,
            sent_at=state.sent_at,
            failures=state.failures + 1,
            failing_since=None if is_hopeless else since,
            retry_at=now + _pause(state.failures, failure),
            error=_told(failure),
        )
        if not is_hopeless:
            await self._tools.outbox.put(after)
            metrics.notice("failed", len(batch.notices))
            return
        await self._tools.outbox.close(batch, after, at=now, event="notice.undelivered", error=code)
        log.error("notice.undelivered", size=len(batch.notices), error=code)
        metrics.notice("undelivered", len(batch.notices))


def _about(batch: Batch) -> dict[str, object]:
    """The requests that a message is about, for the log: of very many, the first."""
    ids = list(dict.fromkeys(notice.request_id for notice in batch.notices))
    return {"request_id": ids[0]} if len(ids) == 1 else {"request_ids": ids[:MAX_NAMED]}


async def _to_its_end(settling: Coroutine[Any, Any, None]) -> None:
    """Also when the courier is cancelled, for a moment: what has been sent and is not noted would be sent again."""
    task = asyncio.create_task(settling)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=SETTLE_S)
        task.cancel()
        raise


def _pause(failures: int, failure: Exception) -> timedelta:
    """Longer after each failure, and never shorter than DingTalk asks for."""
    pause_s: float = min(FIRST_PAUSE_S * GROWTH ** min(failures, 10), LONGEST_PAUSE_S)
    if isinstance(failure, Throttled):
        pause_s = max(pause_s, failure.retry_after_s)
    return timedelta(seconds=pause_s)


def _told(failure: Exception) -> str:
    """For the operator of the robot; what is not DingTalk's word might quote anything, so only its kind."""
    return str(failure) if isinstance(failure, DingTalkError) else type(failure).__name__
