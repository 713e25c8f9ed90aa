"""The way in: what happened is put down for every channel that wants it, and sent by its courier."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot import metrics
from bot.channels import Notice, NoticeEvent
from bot.dingtalk import DingTalk
from bot.models import Request
from bot.notices.budget import Budget
from bot.notices.courier import Courier, Tools
from bot.notices.wording import Wording
from bot.settings import Settings
from bot.store import ChannelState, Store

log = structlog.get_logger()


class Notices:
    """Everything that channels are told goes through here."""

    def __init__(
        self,
        settings: Settings,
        dingtalk: DingTalk,
        store: Store,
        wording: Wording,
        clock: Callable[[], datetime],
        *,
        courier: str,
    ) -> None:
        """`courier` names this replica: no two send a channel's messages at a time."""
        budget = Budget(
            store.meter,
            monthly_calls=settings.monthly_calls,
            monthly_webhooks=settings.monthly_webhooks,
            order=settings.cut_notices,
            cut_from=settings.cut_notices_from,
        )
        tools = Tools(
            dingtalk=dingtalk,
            outbox=store.outbox,
            budget=budget,
            wording=wording,
            clock=clock,
            zone=ZoneInfo(settings.timezone),
            quiet_hours=settings.quiet_hours,
            language="en" if settings.language == "en" else "zh",
            courier=courier,
        )
        self._outbox = store.outbox
        self._courier = courier
        self._clock = clock
        self._couriers = {channel.name: Courier(channel, tools) for channel in settings.notify}

    async def add(
        self,
        event: NoticeEvent,
        request: Request,
        *,
        actor: str = "",
        note: str = "",
        deleted: int = 0,
    ) -> None:
        """Have it told what happened to `request`, to all channels that want it. Waits for no network, never raises.

        `actor` is the name of who made it so, `note` a reason that was given, `deleted` the dentries that went.
        Call it after the change is stored, not inside its transaction. Of a restore, channels hear when it is
        done, as news of the deletion: nothing is lost by what came of it before.
        """
        if request.is_restore:
            return
        named = request.ruling.notify
        wanting = [each for each in self._couriers.values() if each.channel.wants(event, named)]
        if not wanting:
            return
        notice = Notice(
            event=event,
            request_id=request.id,
            requester=request.requester.name,
            space=request.space.name,
            dentries=request.totals.dentries,
            size_bytes=request.totals.size_bytes,
            deleted=deleted,
            permanent=not request.to_recycle_bin,
            actor=actor,
            at=self._clock(),
            note=note,
        )
        try:
            await self._outbox.add(
                [courier.channel.name for courier in wanting], request.requester.corp_id, notice
            )
        except SQLAlchemyError as exc:
            log.error("notice.lost", notice=event, request_id=request.id, error=type(exc).__name__)
            metrics.notice("lost")
        self.wake()

    async def run(self) -> None:
        """Send what falls due, until cancelled. What waits for a channel that is no more is given up first."""
        await self._give_up_others()
        if not self._couriers:
            await asyncio.Event().wait()
        async with asyncio.TaskGroup() as tasks:
            for courier in self._couriers.values():
                tasks.create_task(courier.run())

    def wake(self) -> None:
        """Look at the clock again."""
        for courier in self._couriers.values():
            courier.wake()

    async def _give_up_others(self) -> None:
        for name in await self._outbox.waiting():
            if name in self._couriers:
                continue
            while batch := await self._outbox.begin(await self._outbox.state(name), "gone", self._courier):
                await self._outbox.close(
                    batch,
                    ChannelState(name=name),
                    at=self._clock(),
                    event="notice.undelivered",
                    error="noSuchChannel",
                )
