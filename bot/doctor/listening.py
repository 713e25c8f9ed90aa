"""Whether the stream can be connected to: one connection is opened, pinged and left.

While it is open DingTalk spreads what it pushes over the connections of the app, and this one is none of the robot's.
So it asks for one topic that the robot does not serve, and should a frame come all the same, it gets no answer: a frame
that nobody answers is delivered again. Protocol:
https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass

import aiohttp
from dingtalk_stream import ChatbotMessage, Credential, SystemMessage
from yarl import URL

from bot.doctor.finding import Finding, found
from bot.settings import Settings
from bot.stream import REFUSED, address_of, ask_for_ticket
from bot.unreachable import reason

UNSERVED = {"type": "CALLBACK", "topic": ChatbotMessage.DELEGATE_TOPIC}
"""Messages to robots of somebody else's, which this one never hears: DingTalk wants at least one topic."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for, in seconds: to the handshake, and to a ping."""

    handshake_s: float = 8.0
    ping_s: float = 5.0


PATIENT = Patience()
FAILURES = (aiohttp.ClientError, TimeoutError, OSError, KeyError, TypeError, ValueError)


class _NotOpenedError(Exception):
    """DingTalk names no address; the text says why."""


class _RefusedError(_NotOpenedError):
    """DingTalk does not know this client id with this secret."""


async def stream(settings: Settings, session: aiohttp.ClientSession, patience: Patience = PATIENT) -> Finding:
    """What the robot needs to hear anything at all."""
    try:
        address = await _address(settings, session)
    except _RefusedError as exc:
        return found("stream.secret", why=exc)
    except _NotOpenedError as exc:
        return found("stream.not_opened", why=exc)
    except FAILURES as exc:
        return found("stream.not_opened", why=reason(exc))
    host = address.host or ""
    try:
        async with asyncio.timeout(patience.handshake_s):
            socket = await session.ws_connect(address, autoping=False)
    except TimeoutError:
        return found("stream.silent", host=host, seconds=f"{patience.handshake_s:g}")
    except FAILURES as exc:
        return found("stream.refused", host=host, why=reason(exc))
    async with socket:
        return await _pinged(socket, host, patience.ping_s)


async def _address(settings: Settings, session: aiohttp.ClientSession) -> URL:
    """Where to connect to, with the ticket that opens one connection."""
    credential = Credential(settings.client_id, settings.client_secret.get_secret_value())
    response, answer = await ask_for_ticket(session, settings.api_base_url, credential, [UNSERVED])
    if not response.ok:
        error = _RefusedError if response.status in REFUSED else _NotOpenedError
        raise error(f"HTTP {response.status} {answer.get('code', '')}".strip())
    return URL(address_of(answer), encoded=True)


async def _pinged(socket: aiohttp.ClientWebSocketResponse, host: str, patience_s: float) -> Finding:
    """Whether anything comes back: our ping's answer, or a ping of DingTalk's."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(patience_s):
            await socket.ping()
            while not _is_life(await socket.receive()):
                pass
    except (TimeoutError, ConnectionError, _ClosedError):
        return found("stream.deaf", host=host, seconds=f"{patience_s:g}")
    return found("stream.ok", host=host, ms=round((time.monotonic() - began) * 1000))


class _ClosedError(Exception):
    """The other side closed it."""


def _is_life(message: aiohttp.WSMessage) -> bool:
    match message.type:
        case aiohttp.WSMsgType.PONG | aiohttp.WSMsgType.PING:
            return True
        case aiohttp.WSMsgType.TEXT:
            return _is_ping(message.data)
        case aiohttp.WSMsgType.BINARY:
            return False
    raise _ClosedError


def _is_ping(text: str) -> bool:
    """Whether it is DingTalk's own ping; anything else is the robot's, and is left unanswered."""
    try:
        frame = json.loads(text)
        return bool(frame["type"] == SystemMessage.TYPE and frame["headers"]["topic"] == "ping")
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
