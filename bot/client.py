"""The client of DingTalk that settings ask for, for one organisation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import aiohttp

from bot.dingtalk import DingTalk, InternalAppTokens, Meter, ThirdPartyTokens, TicketStore, TokenProvider
from bot.dingtalk.limit import Lanes
from bot.dingtalk.wire import at_once
from bot.settings import Settings


def tokens_of(settings: Settings, corp_id: str, tickets: TicketStore) -> TokenProvider:
    """An internal app's, or a third-party app's for this organisation."""
    if settings.suite_key:
        return ThirdPartyTokens(settings.suite_key, settings.suite_secret, corp_id, tickets)
    return InternalAppTokens(settings.client_id, settings.client_secret)


def client_of(
    settings: Settings,
    tokens: TokenProvider,
    session: aiohttp.ClientSession,
    meter: Meter,
    *,
    lanes: Lanes | None = None,
    may_write: Callable[[], Awaitable[None]] = at_once,
) -> DingTalk:
    """To be opened with `async with`; the session stays the caller's to close."""
    return DingTalk(
        api_base_url=settings.api_base_url,
        oapi_base_url=settings.oapi_base_url,
        tokens=tokens,
        robot_code=settings.robot_code,
        meter=meter,
        session=session,
        calls_per_second=settings.calls_per_second,
        lanes=lanes,
        may_write=may_write,
    )
