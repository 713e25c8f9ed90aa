"""What the month has left for notices: a deletion needs its calls, news of it can do without."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bot.channels import Channel, NoticeEvent


class Meter(Protocol):
    """Knows what was used this month."""

    async def month(self, at: datetime) -> dict[str, int]:
        """Calls of the month of `at`, by API."""
        ...

    async def webhooks(self, at: datetime) -> int:
        """Messages through webhooks in the month of `at`."""
        ...


class Budget:
    """Says which notices are cut. The first of `order` goes at the share `cut_from`, the last with nothing left."""

    def __init__(
        self,
        meter: Meter,
        *,
        monthly_calls: int,
        monthly_webhooks: int,
        order: Collection[NoticeEvent],
        cut_from: float,
    ) -> None:
        self._meter = meter
        self._monthly_calls = monthly_calls
        self._monthly_webhooks = monthly_webhooks
        step = (1 - cut_from) / max(len(order) - 1, 1)
        self._cut_at = {event: min(cut_from + step * number, 1.0) for number, event in enumerate(order)}

    async def cuts(self, channel: Channel, events: Collection[NoticeEvent], at: datetime) -> bool:
        """Whether a message of these is not sent. It is, with all of them, when one of them is worth a call."""
        share = await self._used(channel, at)
        return all(share >= self._cut_at.get(event, float("inf")) for event in events)

    async def _used(self, channel: Channel, at: datetime) -> float:
        """Share of the month's quota that this channel draws on; 0 where there is no limit."""
        if channel.is_webhook:
            used, limit = await self._meter.webhooks(at), self._monthly_webhooks
        else:
            used, limit = sum((await self._meter.month(at)).values()), self._monthly_calls
        return used / limit if limit else 0.0
