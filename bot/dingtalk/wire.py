"""The one place where HTTP happens: token, turn, request, answer or error, meter, log.

Reads are asked again for a short while when that is safe; a write is sent once, and at most once more with
a new token after DingTalk refused the old one, which it does before doing anything.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import aiohttp
import stamina
import structlog
from pydantic import ValidationError
from yarl import URL

from bot import metrics
from bot.dingtalk.answer import Answer, Json
from bot.dingtalk.auth import Grant, TokenProvider
from bot.dingtalk.errors import (
    Conflict,
    Denied,
    DingTalkError,
    Invalid,
    NotFound,
    NotRecyclable,
    Throttled,
    TokenRefused,
    TransportError,
    UnknownOutcome,
)
from bot.dingtalk.limit import PATIENCE_S, Limits
from bot.dingtalk.meter import WEBHOOK, Meter
from bot.dingtalk.wired import Traced, Wired
from bot.unreachable import Endless, reason

log = structlog.get_logger()

A = TypeVar("A", bound=Wired)

READ_ATTEMPTS = 4
READ_DEADLINE_S = 20.0
MOST_BYTES = 16 * 1024 * 1024
"""Of an answer. DingTalk's have some hundred kilobytes at most; who else answers may never end."""
NOT_SENT, NOT_AUTHORISED = "notSent", "notAuthorised"
_TAKEN = (NotFound, Conflict, NotRecyclable)
"""Refusals of what was asked, after its speed was found good."""
_BEFORE_SENDING = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


def utc_now() -> datetime:
    return datetime.now(UTC)


async def at_once() -> None:
    """Nothing stands in the way of a call."""


@dataclass(frozen=True, slots=True)
class Api:
    """One interface of DingTalk. `write`: it changes something. `counted`: it uses up the monthly quota.

    `webhook`: it uses up that of webhooks, which is another one.
    """

    method: Literal["GET", "POST", "PUT"]
    path: str
    write: bool = False
    counted: bool = True
    webhook: bool = False

    @property
    def name(self) -> str:
        """What errors, logs, limits and the meter call it."""
        return f"{self.method} {self.path}"

    @property
    def is_old(self) -> bool:
        """Old-style: on the oapi host, token in the query, parameters as a form."""
        return not self.path.startswith("/v")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes with a call, as this part of its form."""

    part: str
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, whole but for its token."""

    api: Api
    url: URL
    body: Json | None
    upload: Upload | None = None
    leaving: Callable[[], Awaitable[None]] = at_once


class Wire:
    """A connection to one DingTalk for one app; `async with`. Closes the session only if it made it."""

    def __init__(
        self,
        *,
        api_base_url: str,
        oapi_base_url: str,
        tokens: TokenProvider,
        meter: Meter,
        limits: Limits,
        session: aiohttp.ClientSession | None = None,
        timeout_s: float = 10.0,
        now: Callable[[], datetime] = utc_now,
        may_write: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        """`may_write` returns as soon as a call that changes something may be sent, and is asked right before."""
        self._new = api_base_url.rstrip("/")
        self._old = oapi_base_url.rstrip("/")
        self._tokens = tokens
        self._meter = meter
        self._limits = limits
        self._session = session
        self._owned: aiohttp.ClientSession | None = None
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._utc_now = now
        self._may_write = may_write
        self._is_shut = False

    @property
    def origins(self) -> frozenset[URL]:
        """Scheme, host and port of the two bases."""
        return frozenset(URL(base).origin() for base in (self._new, self._old))

    async def __aenter__(self) -> Self:
        if self._session is None:
            # No cookies: they would tie calls together that have nothing to do with each other.
            self._session = self._owned = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._owned:
            await self._owned.close()
            self._owned = self._session = None

    def shut(self) -> None:
        """Send nothing more; what was sent before this is still answered."""
        self._is_shut = True

    async def ask(
        self,
        api: Api,
        shape: type[A],
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str | int] | None = None,
        body: Json | None = None,
        upload: Upload | None = None,
        leaving: Callable[[], Awaitable[None]] = at_once,
    ) -> A:
        """Call `api` with the app's token and read its answer as `shape`. Raises DingTalkError.

        `leaving` is asked when a write has waited for its turn; what it raises keeps the call from being sent.
        """
        request = Request(api, self._url(api, path or {}, query or {}), body, upload, leaving)
        if api.write:
            return await self._with_token(request, shape)
        return await _patiently(lambda: self._with_token(request, shape))

    async def exchange(self, path: str, body: Mapping[str, str]) -> Grant:
        """Ask for a token with credentials. Asking twice does no harm, so it is a read."""
        api = Api("POST", path, counted=False)
        request = Request(api, self._url(api, {}, {}), dict(body))
        return await _patiently(lambda: self._send(request, Grant, secrets=tuple(body.values())))

    async def post(self, api: Api, url: URL, body: Json, shape: type[A]) -> A:
        """Post to an address that carries its own authority, without our token."""
        return await self._send(Request(api, url, body), shape, secrets=tuple(url.query.values()))

    async def _with_token(self, request: Request, shape: type[A]) -> A:
        token = await self._tokens.token()
        try:
            return await self._send(request, shape, token)
        except TokenRefused:
            token = await self._tokens.token(refresh=token)
        return await self._send(request, shape, token)

    async def _send(
        self, request: Request, shape: type[A], token: str = "", secrets: tuple[str, ...] = ()
    ) -> A:
        api = request.api
        turn = await self._limits.turn(api.name)
        if api.write:
            await self._may_write()
            await request.leaving()
        if self._is_shut:  # asked last, right before it would leave
            raise Denied(api.name, NOT_AUTHORISED, "the organisation does not let this app act any more")
        started = time.monotonic()
        answer: Answer | None = None
        error: DingTalkError | None = None
        try:
            answer = await self._exchanged(request, token)
            content = answer.json()
            await self._limits.answered(api.name, turn)
            return _shaped(answer, content, shape)
        except DingTalkError as exc:
            error = _scrubbed(exc, (token, *secrets))
            if isinstance(error, _TAKEN):
                await self._limits.answered(api.name, turn)
            if isinstance(error, Throttled):
                await self._limits.throttled(error, turn)
                log.info(
                    "dingtalk.throttled", api=api.name, scope=error.scope, retry_after_s=error.retry_after_s
                )
                metrics.throttled(api.name, error.scope)
            raise
        finally:
            self._report(api, started, answer, error)
            if (api.counted or api.webhook) and not (error and error.code == NOT_SENT):
                await self._count(api)

    async def _exchanged(self, request: Request, token: str) -> Answer:
        """The answer over HTTP. Its errors are raised outside the except block, because those of aiohttp
        may quote the whole address, and with it the token."""
        if self._session is None:
            raise RuntimeError("the DingTalk client is not open")
        url, headers, payload = _dressed(request, token)
        api = request.api
        try:
            async with self._session.request(
                api.method, url, headers=headers, timeout=self._timeout, allow_redirects=False, **payload
            ) as response:
                body = await _read(response)
                return Answer(api.name, api.write, response.status, response.headers, body)
        except (aiohttp.ClientError, TimeoutError, OSError) as exc:
            failure = _failure(api, exc)
        raise failure

    async def _count(self, api: Api) -> None:
        try:
            await self._meter.count(f"{WEBHOOK}{api.name}" if api.webhook else api.name, self._utc_now())
        except Exception:  # a write that happened must not be reported as failed over a counter
            log.exception("dingtalk.meter.failed", api=api.name)

    def _report(self, api: Api, started: float, answer: Answer | None, error: DingTalkError | None) -> None:
        """Of every call that changes something, or did not do as asked, there is a line in the usual log."""
        elapsed_s = time.monotonic() - started
        kind = type(error).__name__ if error else None
        metrics.call(api.name, answer.status if answer else None, kind, elapsed_s)
        log.log(
            logging.INFO if api.write or error else logging.DEBUG,
            "dingtalk.call",
            api=api.name,
            status=answer.status if answer else None,
            code=error.code if error else None,
            elapsed_ms=round(elapsed_s * 1000, 1),
            dingtalk_request_id=error.request_id if error else answer.request_id() if answer else "",
        )

    def _url(self, api: Api, path: Mapping[str, str], query: Mapping[str, str | int]) -> URL:
        """The address, with every path segment quoted whole; raises Invalid for one that would vanish."""
        for name, value in path.items():
            if value in {"", ".", ".."}:
                raise Invalid(api.name, f"paramError.{name}", "not an id")
        filled = api.path.format_map({name: quote(value, safe="") for name, value in path.items()})
        base = self._old if api.is_old else self._new
        return URL(base + filled, encoded=True).with_query(query)


def _worth_asking_again(exc: Exception) -> bool | float:
    """For stamina: whether to ask again, or after how many seconds, as what is throttled must itself wait."""
    if isinstance(exc, Throttled):
        return exc.retry_after_s <= PATIENCE_S and exc.retry_after_s
    return isinstance(exc, TransportError)


# Called with a function of no arguments: stamina would log those it is given.
_patiently = stamina.AsyncRetryingCaller(
    attempts=READ_ATTEMPTS, timeout=READ_DEADLINE_S, wait_initial=0.1, wait_max=2.0, wait_jitter=0.2
).on(_worth_asking_again)


def _dressed(request: Request, token: str) -> tuple[URL, dict[str, str], dict[str, Any]]:
    """Address, headers and body arguments of the request, with its token where its style wants it."""
    if not request.api.is_old:
        headers = {"x-acs-dingtalk-access-token": token} if token else {}
        return request.url, headers, {"json": request.body} if request.body is not None else {}
    if not token:
        return request.url, {}, {"json": request.body}
    form = aiohttp.FormData({name: str(value) for name, value in (request.body or {}).items()})
    if request.upload:
        upload = request.upload
        form.add_field(upload.part, upload.content, filename=upload.name)
    return request.url.update_query(access_token=token), {}, {"data": form}


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole answer. Raises Endless, and closes the connection."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MOST_BYTES:
            response.close()
            raise Endless
    return bytes(body)


def _failure(api: Api, exc: Exception) -> DingTalkError:
    """What no answer means: only where nothing was sent, or for a read, is it harmless."""
    is_harmless = isinstance(exc, _BEFORE_SENDING)
    kind = TransportError if is_harmless or not api.write else UnknownOutcome
    code = NOT_SENT if is_harmless else "timeout" if isinstance(exc, TimeoutError) else "cut"
    return kind(api.name, code, reason(exc))


def _shaped(answer: Answer, content: Json, shape: type[A]) -> A:
    try:
        return _traced(answer, content, shape.model_validate(content))
    except ValidationError as exc:
        places = {".".join(map(str, error["loc"])) for error in exc.errors(include_input=False)}
    kind = UnknownOutcome if answer.write else TransportError
    raise kind(
        answer.api,
        "malformed",
        f"the answer lacks sense at {', '.join(sorted(places)[:5])}",
        status=answer.status,
        request_id=answer.request_id(content),
    )


def _traced(answer: Answer, content: Json, shaped: A) -> A:
    if not isinstance(shaped, Traced):
        return shaped
    fields = {key.lower(): value for key, value in content.items()}
    return shaped.model_copy(update={"dingtalk_request_id": answer.request_id(fields)})


def _scrubbed(error: DingTalkError, secrets: tuple[str, ...]) -> DingTalkError:
    """The same error; where DingTalk repeated a secret in its message, it is gone."""
    for secret in filter(None, secrets):
        error.message = error.message.replace(secret, "…")
    error.args = (error.api, error.code, error.message)
    return error
