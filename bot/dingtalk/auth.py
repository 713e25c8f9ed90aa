"""Access tokens: one for the whole app, asked for once for everybody who waits, renewed before it expires.

Internal apps: https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app
Third-party apps:
https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog
from pydantic import SecretStr

from bot import logs, metrics
from bot.dingtalk.errors import BadCredentials, DingTalkError
from bot.dingtalk.wired import Wired

log = structlog.get_logger()

INTERNAL = "/v1.0/oauth2/accessToken"
THIRD_PARTY = "/v1.0/oauth2/corpAccessToken"
NO_TICKET = "noSuiteTicket"
MARGIN_S = 600.0
"""DingTalk advises to renew ten minutes before the end."""
RETRY_S = 30.0
"""Between attempts to renew a token that is still good."""


class TokenProvider(Protocol):
    """Gives the access token that calls carry."""

    async def token(self, *, refresh: str | None = None) -> str:
        """A token believed to be good. `refresh` is one DingTalk has just refused: it is not given again
        without asking DingTalk. Raises BadCredentials, or TransportError when DingTalk cannot be reached."""
        ...


class TicketStore(Protocol):
    """Keeps the suite tickets that DingTalk pushes about every five hours.

    https://open.dingtalk.com/document/development/event-suite-ticket
    """

    async def suite_ticket(self, suite_key: str) -> str | None:
        """The newest ticket, None before the first push."""
        ...

    async def save_suite_ticket(self, suite_key: str, ticket: str) -> None: ...


class Grant(Wired):
    """What the token calls answer; `expire_in` is in seconds."""

    access_token: SecretStr
    expire_in: int = 7200


Exchange = Callable[[str, Mapping[str, str]], Awaitable[Grant]]
"""Asks the new API, by path and JSON body, for a token."""


@dataclass(frozen=True, slots=True)
class _Kept:
    value: SecretStr
    renew_at: float
    expires_at: float


class CachedTokens(ABC):
    """A TokenProvider with the caching; how to ask for a new token is left to its kinds."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._kept: _Kept | None = None
        self._renewal: asyncio.Task[str] | None = None
        self._exchange: Exchange | None = None

    def attach(self, exchange: Exchange) -> None:
        """Says through what to ask; the client does it when it opens."""
        self._exchange = exchange

    async def token(self, *, refresh: str | None = None) -> str:
        kept = self._kept
        is_usable = kept is not None and kept.value.get_secret_value() != refresh
        if kept and is_usable and self._now() < kept.renew_at:
            return kept.value.get_secret_value()
        try:
            return await self._renewed()
        except DingTalkError as exc:
            if kept is None or not is_usable or self._now() >= kept.expires_at:
                raise
            log.warning("dingtalk.token.kept", code=exc.code)
            self._kept = _Kept(kept.value, self._now() + RETRY_S, kept.expires_at)
            return kept.value.get_secret_value()

    @abstractmethod
    async def _ask(self, exchange: Exchange) -> Grant:
        """Ask DingTalk for a token."""

    async def _renewed(self) -> str:
        """The answer of the renewal under way; a waiter that is cancelled leaves it to the others."""
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(self._renewal_ended)
        return await asyncio.shield(self._renewal)

    async def _renew(self) -> str:
        if self._exchange is None:
            raise RuntimeError("these tokens belong to no open DingTalk client")
        grant = await self._asked(self._exchange)
        logs.hide(grant.access_token.get_secret_value())
        now = self._now()
        margin_s = min(MARGIN_S, grant.expire_in / 2)
        self._kept = _Kept(grant.access_token, now + grant.expire_in - margin_s, now + grant.expire_in)
        log.info("dingtalk.token.refreshed", expires_in_s=grant.expire_in)
        return grant.access_token.get_secret_value()

    async def _asked(self, exchange: Exchange) -> Grant:
        try:
            grant = await self._ask(exchange)
        except DingTalkError as exc:
            metrics.token_renewals.labels("refused" if isinstance(exc, BadCredentials) else "failed").inc()
            raise
        metrics.token_renewals.labels("given").inc()
        return grant

    def _renewal_ended(self, task: asyncio.Task[str]) -> None:
        self._renewal = None
        if not task.cancelled():
            task.exception()  # everybody who waited may be gone: asyncio would call it never retrieved


class InternalAppTokens(CachedTokens):
    """Tokens of an app that an organisation made for itself."""

    def __init__(
        self, client_id: str, client_secret: SecretStr, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(now=now)
        self._client_id = client_id
        self._client_secret = client_secret

    async def _ask(self, exchange: Exchange) -> Grant:
        secret = self._client_secret.get_secret_value()
        return await exchange(INTERNAL, {"appKey": self._client_id, "appSecret": secret})


class ThirdPartyTokens(CachedTokens):
    """Tokens of a third-party app for one organisation that installed it; needs the ticket pushed last."""

    def __init__(
        self,
        suite_key: str,
        suite_secret: SecretStr,
        auth_corp_id: str,
        tickets: TicketStore,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(now=now)
        self._suite_key = suite_key
        self._suite_secret = suite_secret
        self._auth_corp_id = auth_corp_id
        self._tickets = tickets

    async def _ask(self, exchange: Exchange) -> Grant:
        ticket = await self._tickets.suite_ticket(self._suite_key)
        logs.hide(ticket or "")
        if ticket is None:
            raise BadCredentials(
                f"POST {THIRD_PARTY}", NO_TICKET, "DingTalk has not pushed a suite ticket yet"
            )
        return await exchange(
            THIRD_PARTY,
            {
                "suiteKey": self._suite_key,
                "suiteSecret": self._suite_secret.get_secret_value(),
                "authCorpId": self._auth_corp_id,
                "suiteTicket": ticket,
            },
        )
