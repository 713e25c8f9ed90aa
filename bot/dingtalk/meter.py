"""Counts what an organisation pays for: calls that use up its monthly quota.

https://open.dingtalk.com/document/development/basic-interfaces-such-as-log-off-and-address-book lists the
free ones (tokens, contact). The store implements the protocol; `no_meter` is for those who need none.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

WEBHOOK = "webhook "
"""Begins what uses up the quota of webhooks, not that of calls."""


class Meter(Protocol):
    """Told about every call that reached DingTalk, or may have, and that some monthly quota counts."""

    async def count(self, api: str, at: datetime) -> None:
        """`api` is method and route, as `GET /v1.0/storage/tasks/{taskId}`, with WEBHOOK before it for a message
        through a webhook; `at` is in UTC."""
        ...


class NoMeter:
    """Counts nothing."""

    async def count(self, api: str, at: datetime) -> None:
        return None


no_meter = NoMeter()
