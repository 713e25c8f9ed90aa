"""The clocks of open requests: time runs out, those asked are reminded, and then others are asked, too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.approvers import Approvers
from bot.deletion.announcer import Announcer
from bot.deletion.lifecycle import PROGRESS, Clock, Lifecycle
from bot.dingtalk.errors import DingTalkError
from bot.models import Operator, Request
from bot.store import Store

log = structlog.get_logger()

LOOK_AGAIN_S = 60
"""However far the next moment is: a clock may be set, and another process may have made a request."""

ESCALATION, REMINDER = "escalation", "reminder"
"""Why others are asked, as the trail says it."""

Awake = Callable[[datetime], datetime]
"""The moment itself, or when the quiet hours end that it falls into."""


class Clocks:
    """Watches all open requests. Any number of replicas may: each change is one compare-and-set."""

    def __init__(
        self,
        store: Store,
        lifecycle: Lifecycle,
        approvers: Approvers,
        announcer: Announcer,
        *,
        clock: Clock,
        awake: Awake,
    ) -> None:
        self._store = store
        self._lifecycle = lifecycle
        self._approvers = approvers
        self._announcer = announcer
        self._clock = clock
        self._awake = awake

    async def watch(self) -> None:
        """Do what falls due, as it falls due. Runs until cancelled."""
        while True:
            self._lifecycle.made.clear()
            due = await self._store.votes.next_due()
            wait_s = (due - self._clock()).total_seconds() if due else LOOK_AGAIN_S
            if wait_s > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(wait_s, LOOK_AGAIN_S)):
                        await self._lifecycle.made.wait()
                continue
            for request in await self._store.votes.due(self._clock()):
                await self._serve(request)

    async def _serve(self, request: Request) -> None:
        now = self._clock()
        if request.expires_at <= now:
            await self._lifecycle.expire(request.id)
            return
        if request.escalate_at and request.escalate_at <= now:
            await self._escalate(request, now)
            request = await self._store.requests.get(request.id) or request
        if request.remind_at and request.remind_at <= now:
            await self._remind(request, now)

    async def _escalate(self, request: Request, now: datetime) -> None:
        """Found first, then taken on: contacts that are away for a moment must not leave the others unasked."""
        more = await self._more(request, escalated=True)
        if more is None:
            await self._store.votes.put_off_escalation(request, now + timedelta(seconds=LOOK_AGAIN_S))
        elif await self._store.votes.take_escalation(request):
            await self._ask_more(request, more, why=ESCALATION)

    async def _remind(self, request: Request, now: datetime) -> None:
        if (awake := self._awake(now)) > now:  # at night it is put off, and does not count as one
            await self._store.votes.put_off_reminder(request, awake)
            return
        pause = (request.ruling.remind_after or request.ruling.decide_within) * 2 ** (request.reminded + 1)
        next_at = now + pause
        if await self._store.votes.take_reminder(
            request, next_at=next_at if next_at < request.expires_at else None
        ):
            more = await self._more(request, escalated=request.escalated)
            await self._ask_more(request, more or (), why=REMINDER)
            await self._announcer.reminded(request)

    async def _more(self, request: Request, *, escalated: bool) -> list[Operator] | None:
        """Those who may decide now and were not asked yet: sets change while a request waits. None: nobody can tell."""
        try:
            people = await self._approvers.to_ask(request.ruling, request.requester, escalated=escalated)
        except DingTalkError as exc:
            log.warning("approvers.not_found", request_id=request.id, error=exc)
            return None
        known = {person.user_id for person in request.asked}
        return [person for person in people if person.user_id not in known]

    async def _ask_more(self, request: Request, more: Sequence[Operator], *, why: str) -> None:
        """Shown first, then noted: after a crash in between they are shown the card again, and not forgotten."""
        if more:
            asked = (*request.asked, *more)
            escalated = request.escalated or why == ESCALATION
            shown = request.model_copy(update={"asked": asked, "escalated": escalated})
            await self._announcer.ask_more(shown, more)
            now = await self._store.votes.ask(request, more, at=self._clock(), why=why)
            self._lifecycle.spread(now, PROGRESS)
