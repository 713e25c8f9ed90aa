"""How an answer goes out on the wire: whole, late, cut short, under a wrong type, or not at all."""

import asyncio
import json
import socket
import struct
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from sandbox.errors import ApiError, OldApiError
from sandbox.faults.effects import CallEffect
from sandbox.faults.throttle import BUSY, errcode_of
from sandbox.record import CallRecord

HTTP_OK = 200
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer before it goes out: a body that is no text goes as JSON. None stands for a cut connection."""

    status: int
    body: Any
    content_type: str = JSON

    @property
    def raw(self) -> bytes:
        """The bytes of the body."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        return text.encode()


def refused(exc: ApiError | OldApiError, request_id: str) -> Answer:
    """The answer that reports an error in its own style."""
    status = exc.status if isinstance(exc, ApiError) else HTTP_OK
    return Answer(status, exc.body(request_id))


def made_up(what: CallEffect, request_id: str, *, old_style: bool) -> Answer:
    """The answer a fault gives instead of the real one, in the style of the interface.

    Under an old interface a code is reported under HTTP 200, as its number or, where it has none, as -1; a
    status without a number is kept.
    """
    if what.body is not None:
        return Answer(what.status or HTTP_OK, what.body)
    if not old_style:
        status, code = what.status or 500, what.code or "systemError"
        return refused(ApiError(status, code, what.message or code), request_id)
    errcode = errcode_of(what.code)
    error = OldApiError(BUSY if errcode is None else errcode, what.message or what.code or "系统繁忙")
    status = HTTP_OK if errcode is not None else what.status or HTTP_OK
    return Answer(status, error.body(request_id))


async def send(
    request: web.Request, record: CallRecord, answer: Answer, what: CallEffect
) -> web.StreamResponse:
    """Sends an answer with what a fault makes of it, and notes it in the record."""
    if what.first_byte_ms:
        await asyncio.sleep(what.first_byte_ms / 1000)
    if what.reset:
        record.response = "connection reset"
        reset(request)
        return web.Response()
    answer = replace(answer, content_type=what.content_type or answer.content_type)
    record.status, record.response = answer.status, answer.body
    headers = {"x-acs-request-id": record.request_id}
    if what.truncate is None:
        return web.Response(
            body=answer.raw,
            status=answer.status,
            headers=headers,
            content_type=answer.content_type,
            charset="utf-8",
        )
    return await _send_part(request, answer, headers, what.truncate)


async def _send_part(
    request: web.Request, answer: Answer, headers: dict[str, str], size: int
) -> web.StreamResponse:
    """Announces the whole body, sends its beginning (at least one byte is missing), and closes."""
    raw = answer.raw
    response = web.StreamResponse(status=answer.status, headers=headers)
    response.content_type, response.charset = answer.content_type, "utf-8"
    response.content_length = len(raw)
    await response.prepare(request)
    await response.write(raw[: min(size, len(raw) - 1)])
    if request.transport is not None:
        request.transport.close()
    return response


def reset(request: web.Request) -> None:
    """Cuts the connection as a server does that has crashed: the client reads "connection reset by peer"."""
    if request.transport is None:
        return
    sock = request.transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
