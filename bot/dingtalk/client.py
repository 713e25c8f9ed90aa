"""The client: one object with a group of calls for each family of DingTalk's API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from types import TracebackType
from typing import Self

import aiohttp

from bot.dingtalk.auth import CachedTokens, TokenProvider
from bot.dingtalk.card import Cards
from bot.dingtalk.contact import Contact
from bot.dingtalk.limit import Lanes, Limits
from bot.dingtalk.media import Media
from bot.dingtalk.meter import Meter, no_meter
from bot.dingtalk.probes import Probes
from bot.dingtalk.recycle import RecycleBins
from bot.dingtalk.robot import Robot
from bot.dingtalk.storage import Storage
from bot.dingtalk.webhook_robot import WebhookRobots
from bot.dingtalk.wire import Wire, at_once, utc_now


class DingTalk:
    """DingTalk's OpenAPI for one app, typed; use with `async with`.

    `api_base_url` and `oapi_base_url` are the hosts of the new and the old style. A `session` given stays
    the caller's to close. `lanes` are for an app of several processes, which share its calls a second; what they
    raise, a call that waits for its turn raises too. Every call raises DingTalkError, and nothing else of the network.
    """

    def __init__(
        self,
        *,
        api_base_url: str,
        oapi_base_url: str,
        tokens: TokenProvider,
        robot_code: str,
        meter: Meter = no_meter,
        session: aiohttp.ClientSession | None = None,
        calls_per_second: int = 20,
        lanes: Lanes | None = None,
        timeout_s: float = 10.0,
        now: Callable[[], datetime] = utc_now,
        may_write: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        """`may_write` is waited for right before a call that changes something is sent."""
        self._tokens = tokens
        self._limits = Limits(calls_per_second, lanes)
        self._wire = Wire(
            api_base_url=api_base_url,
            oapi_base_url=oapi_base_url,
            tokens=tokens,
            meter=meter,
            limits=self._limits,
            session=session,
            timeout_s=timeout_s,
            now=now,
            may_write=may_write,
        )
        self.contact = Contact(self._wire)
        self.storage = Storage(self._wire)
        self.recycle = RecycleBins(self._wire)
        self.card = Cards(self._wire, robot_code)
        self.media = Media(self._wire)
        self.robot = Robot(self._wire, self.media, robot_code)
        self.probes = Probes(self._wire, robot_code)
        self.webhook_robots = WebhookRobots(self._wire, now)

    async def authorise(self) -> None:
        """Have a token, asking for one if there is none. Raises BadCredentials where DingTalk gives none."""
        await self._tokens.token()

    def use(self, calls_per_second: int) -> None:
        """Call each interface this often from now on, at most."""
        self._limits.ceiling = calls_per_second

    def shut(self) -> None:
        """Send nothing more, whoever asks: every call from now on raises Denied."""
        self._wire.shut()

    async def __aenter__(self) -> Self:
        await self._wire.__aenter__()
        if isinstance(self._tokens, CachedTokens):
            self._tokens.attach(self._wire.exchange)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._wire.__aexit__(kind, exc, traceback)
