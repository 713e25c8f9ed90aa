"""A DingTalk that says what a test tells it to say, byte for byte, over real HTTP on loopback."""

import asyncio
import gzip
import json
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from pydantic import SecretStr

from bot.dingtalk import DingTalk, InternalAppTokens
from bot.dingtalk.meter import Meter, no_meter

SECRET = "the-client-secret"
CALLS_PER_SECOND = 1000


@dataclass(frozen=True)
class Reply:
    """One answer. `cut_at` closes the connection after so many bytes of the body; `hang` never answers."""

    status: int = 200
    body: Any = ""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    hang: bool = False

    @property
    def bytes(self) -> bytes:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        is_packed = self.headers.get("Content-Encoding") == "gzip"
        return gzip.compress(text.encode()) if is_packed else text.encode()


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; `raw_path` with its quoting."""

    method: str
    raw_path: str
    query: dict[str, str]
    token: str
    body: Any


class FakeDingTalk:
    """Serves `replies` in turn, the last one for ever; token calls get token-1, token-2, …"""

    def __init__(self, *replies: Reply) -> None:
        self.replies = deque(replies)
        self.seen: list[Seen] = []
        self.tokens_given = 0
        self.token_reply: Reply | None = None
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.1)
        self.url = ""

    def client(self, *, meter: Meter = no_meter, timeout_s: float = 5.0, **more: Any) -> DingTalk:
        """A client of this server; `more` goes to its constructor."""
        settings: dict[str, Any] = {
            "api_base_url": self.url,
            "oapi_base_url": self.url,
            "tokens": InternalAppTokens("the-client", SecretStr(SECRET)),
            "robot_code": "the-robot",
            "calls_per_second": CALLS_PER_SECOND,
            "meter": meter,
            "timeout_s": timeout_s,
        }
        return DingTalk(**settings | more)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1.0/oauth2/{kind}", self._give_token)
        app.router.add_route("*", "/{rest:.*}", self._reply)
        return app

    async def _give_token(self, request: web.Request) -> web.StreamResponse:
        if self.token_reply:
            return await self._sent(request, self.token_reply)
        self.tokens_given += 1
        return web.json_response({"accessToken": f"token-{self.tokens_given}", "expireIn": 7200})

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        body: Any = await _form(request)
        if request.content_type == "application/json":
            text = await request.text()
            body = json.loads(text) if text else {}
        token = request.headers.get("x-acs-dingtalk-access-token") or request.query.get("access_token", "")
        self.seen.append(
            Seen(
                request.method,
                request.raw_path.partition("?")[0],
                dict(request.query),
                token,
                body,
            )
        )
        reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
        return await self._sent(request, reply)

    async def _sent(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        assert request.transport is not None
        if reply.hang:
            await request.content.wait_eof()
            await asyncio.Event().wait()
        if reply.cut_at == 0:
            request.transport.abort()
            return web.Response()
        if reply.cut_at:
            headers = {"Content-Length": str(len(reply.bytes)), **reply.headers}
            response = web.StreamResponse(status=reply.status, headers=headers)
            await response.prepare(request)
            await response.write(reply.bytes[: reply.cut_at])
            request.transport.close()
            return response
        return web.Response(
            body=reply.bytes, status=reply.status, content_type=reply.content_type, headers=reply.headers
        )


async def _form(request: web.Request) -> dict[str, str | bytes]:
    """The fields of a form; of a file its content. No form has none."""
    fields: dict[str, str | bytes] = {}
    for name, value in (await request.post()).items():
        fields[name] = value.file.read() if isinstance(value, web.FileField) else str(value)
    return fields
