"""The stream connection: the official package's client, frames and handlers, with a loop of our own.

The package's loop opens connections with blocking calls, swallows cancellation, and leaves a frame without
an answer when its handler raises. What replaces it:

- when the server announces that it will close a connection, the next one is opened at once, and the old one
  goes on answering what it had delivered;
- pongs are the sign of life, a quiet socket is healthy; two missed pongs or a leap of the wall clock (a
  laptop that slept) end a connection;
- a connection that breaks young is tried again with growing, jittered pauses: quick restarts stop routing.

Protocol: https://open.dingtalk.com/document/development/development-robot-overview
"""

from __future__ import annotations

import asyncio
import json
import platform
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote_plus

import aiohttp
import stamina
import structlog
from dingtalk_stream import (
    AckMessage,
    CallbackHandler,
    CallbackMessage,
    ChatbotMessage,
    Credential,
    DingTalkStreamClient,
    EventHandler,
    EventMessage,
    SystemMessage,
)
from dingtalk_stream.card_callback import Card_Callback_Router_Topic as CARD_TOPIC
from yarl import URL

from bot import metrics
from bot.network import REDIRECTS
from bot.unreachable import Redirected, reason

log = structlog.get_logger()

USER_AGENT = f"dingsweep Python/{platform.python_version()}"
OPEN_TIMEOUT_S = 10.0
PING_EVERY_S = 20.0
MISSED_PONGS = 2
CLOCK_LEAP_S = 60.0
YOUNG_S = 60.0
FRAMES_AT_ONCE = 200
DRAIN_S = 2.0
CLOSE_S = 1.0
"""How long the other side may take to answer a close."""
HEARD_WITHIN_S = 75.0
"""Two missed pongs end a connection after 60 s: one that has said nothing for longer is not being watched any more."""
SUCCESS, LATER = {"status": "SUCCESS"}, {"status": "LATER"}
"""The two answers to an event: https://open.dingtalk.com/document/development/event-subscription-overview"""
REFUSED = frozenset({400, 401})
"""How DingTalk answers a client id or secret that it does not know."""
_MAX_ID_CHARS = 100
_RESULTS = {
    AckMessage.STATUS_OK: "answered",
    AckMessage.STATUS_BAD_REQUEST: "malformed",
    AckMessage.STATUS_NOT_IMPLEMENT: "unknown",
    AckMessage.STATUS_SYSTEM_EXCEPTION: "failed",
}


@dataclass(frozen=True, slots=True)
class Event:
    """A pushed event. `corp_id` is the organisation it is about; `born_at` when it happened, where that is said.

    https://open.dingtalk.com/document/development/development-data-format-help
    """

    type: str
    data: dict[str, Any]
    corp_id: str = ""
    born_at: datetime | None = None

    @classmethod
    def of(cls, message: EventMessage) -> Event:
        headers = message.headers
        try:
            born_at = datetime.fromtimestamp(int(headers.event_born_time) / 1000, UTC)
        except (TypeError, ValueError, OverflowError, OSError):
            born_at = None
        corp_id = headers.event_corp_id
        return cls(
            headers.event_type or "", message.data, corp_id if isinstance(corp_id, str) else "", born_at
        )


class Receiver(Protocol):
    """Who the frames are for. What a call returns, or that it returns, acknowledges the frame."""

    async def message(self, data: dict[str, Any]) -> None:
        """A robot message; returns as soon as it is stored. Raises NotTaken."""

    async def click(self, data: dict[str, Any]) -> dict[str, Any]:
        """A card callback; answers the new card within 2 s."""

    async def event(self, event: Event) -> None:
        """A pushed event; raising asks DingTalk to send it again later."""


class CredentialsRefusedError(Exception):
    """DingTalk does not know this client id with this secret."""


class NotTaken(Exception):
    """A frame could not be kept. It gets no answer, so DingTalk delivers it again, perhaps to another replica."""


class ConnectionLostError(Exception):
    """The connection could not be opened, or broke in its first minute."""


class Stream(DingTalkStreamClient):  # type: ignore[misc]
    """`await run()` keeps one live connection until `stop()`."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        api_base_url: str,
        receiver: Receiver,
        session: aiohttp.ClientSession,
        ping_every_s: float = PING_EVERY_S,
    ) -> None:
        super().__init__(Credential(client_id, client_secret))
        self._api_base_url = api_base_url
        self._session = session
        self._ping_every_s = ping_every_s
        self._connections: set[_Connection] = set()
        self._runner: asyncio.Task[None] | None = None
        self._host = ""
        self._wanted = asyncio.Event()
        self._wanted.set()
        self.connected = asyncio.Event()
        self._heard_at = time.monotonic()
        self.register_callback_handler(ChatbotMessage.TOPIC, _Callback(receiver.message))
        self.register_callback_handler(CARD_TOPIC, _Callback(receiver.click))
        self.register_all_event_handler(_Event(receiver.event))

    async def run(self) -> None:
        """Stay connected. Raises CredentialsRefusedError when the very first connection is refused for that."""
        self._runner = asyncio.current_task()
        while True:
            await self._wanted.wait()
            async for attempt in stamina.retry_context(
                on=ConnectionLostError,
                attempts=None,
                timeout=None,
                wait_initial=1,
                wait_max=60,
                wait_jitter=2,
            ):
                with attempt:
                    await self._live()

    @property
    def silent_s(self) -> float:
        """How long nothing has come over it, not even a pong."""
        return time.monotonic() - self._heard_at

    def _heard(self) -> None:
        self._heard_at = time.monotonic()
        metrics.heard()

    async def stop(self) -> None:
        """Take no more frames, let those taken be answered, close cleanly."""
        if self._runner:
            self._runner.cancel()  # first, or it would open the next connection
            await asyncio.wait([self._runner])
        self._lose()
        await self._close()

    async def hold(self) -> None:
        """Take no frames for a while: DingTalk gives them to other connections, or keeps them for later."""
        self._wanted.clear()
        await self._close()

    def go_on(self) -> None:
        """Take frames again."""
        self._wanted.set()

    async def _close(self) -> None:
        await asyncio.gather(*(connection.close() for connection in list(self._connections)))

    async def answer(self, frame: dict[str, Any]) -> AckMessage | None:
        """Hand one frame (an object with headers) to its handler.

        Whatever goes wrong in it, there is an answer to send; None means that none is due.
        """
        try:
            return await self._dispatch(frame)
        except asyncio.CancelledError:
            raise
        except NotTaken as exc:
            log.warning("stream.frame_not_taken", cause=str(exc))
            return None
        except (AttributeError, TypeError, ValueError, RecursionError) as exc:
            log.warning("stream.frame_malformed", error=type(exc).__name__)
            return _refusal(frame, AckMessage.STATUS_BAD_REQUEST, "malformed frame")
        except Exception:
            log.exception("stream.handler_failed", topic=frame["headers"].get("topic"))
            return _refusal(frame, AckMessage.STATUS_SYSTEM_EXCEPTION, "internal error")

    async def _dispatch(self, frame: dict[str, Any]) -> AckMessage | None:
        match frame.get("type"):
            case SystemMessage.TYPE:
                return await self.system_handler.raw_process(SystemMessage.from_dict(frame))
            case EventMessage.TYPE:
                return await self.event_handler.raw_process(EventMessage.from_dict(frame))
            case CallbackMessage.TYPE:
                message = CallbackMessage.from_dict(frame)
                if handler := self.callback_handler_map.get(message.headers.topic):
                    return await handler.raw_process(message)
        log.warning("stream.topic_unknown", topic=frame["headers"].get("topic"))
        return _refusal(frame, AckMessage.STATUS_NOT_IMPLEMENT, "unknown topic")

    async def _live(self) -> None:
        """Open one connection and stay with it until the next one is due."""
        if not self._wanted.is_set():  # held while this was to be tried again
            return
        try:
            socket = await self._connect()
        except (aiohttp.ClientError, TimeoutError, OSError, KeyError, TypeError, ValueError) as exc:
            log.warning("stream.connect_failed", error=type(exc).__name__, reason=reason(exc))
            metrics.connect_failures.labels(_why(exc)).inc()
            raise ConnectionLostError from exc
        began = time.monotonic()
        self._heard()
        connection = _Connection(socket, self.answer, self._heard, self._ping_every_s)
        self._connections.add(connection)
        connection.reader.add_done_callback(lambda _: self._connections.discard(connection))
        if not self._wanted.is_set():
            await connection.close()
            return
        self.connected.set()
        metrics.connected.set(1)
        log.info("stream.connected", host=self._host)
        announced = await connection.ended
        log.info("stream.disconnected", announced=announced)
        metrics.reconnects.labels("announced" if announced else "broken").inc()
        if not announced:
            self._lose()
            if self._wanted.is_set() and time.monotonic() - began < YOUNG_S:
                raise ConnectionLostError

    def _lose(self) -> None:
        self.connected.clear()
        metrics.connected.set(0)

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        """Ask for a ticket (it lives 90 s and opens one connection) and open the websocket with it."""
        topics = [{"type": "CALLBACK", "topic": topic} for topic in self.callback_handler_map]
        response, answer = await ask_for_ticket(
            self._session, self._api_base_url, self.credential, [{"type": "EVENT", "topic": "*"}, *topics]
        )
        if response.status in REFUSED and not self.connected.is_set():
            metrics.connect_failures.labels("refused").inc()
            raise CredentialsRefusedError(str(answer.get("code", response.status)))
        response.raise_for_status()
        uri = address_of(answer)
        self._host = URL(uri).raw_host or ""
        patience = aiohttp.ClientWSTimeout(ws_close=CLOSE_S)
        # Not wait_for, which may take being cancelled for a failed connection.
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            return await self._session.ws_connect(uri, autoping=False, timeout=patience)


async def ask_for_ticket(
    session: aiohttp.ClientSession,
    api_base_url: str,
    credential: Credential,
    subscriptions: Sequence[Mapping[str, str]],
) -> tuple[aiohttp.ClientResponse, dict[str, Any]]:
    """The answer to the request for a connection, a refusal among it, and what it says. Raises like the session."""
    body = {
        "clientId": credential.client_id,
        "clientSecret": credential.client_secret,
        "subscriptions": subscriptions,
        "ua": USER_AGENT,
        "localIp": "",
    }
    url = f"{api_base_url}/v1.0/gateway/connections/open"
    timeout = aiohttp.ClientTimeout(total=OPEN_TIMEOUT_S)
    async with session.post(url, json=body, timeout=timeout, allow_redirects=False) as response:
        if response.status in REDIRECTS:
            raise Redirected
        return response, await response.json(content_type=None)


def address_of(answer: Mapping[str, Any]) -> str:
    """Where to connect to, with the ticket. Raises KeyError or TypeError for an answer that names no address."""
    return f"{answer['endpoint']}?ticket={quote_plus(answer['ticket'])}"


class _Connection:
    """One websocket: reads frames, answers each on the socket it came by, watches the pongs.

    `ended` is done when the next connection is due: True when the server announced it, False when this one broke.
    """

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        answer: Callable[[dict[str, Any]], Awaitable[AckMessage | None]],
        heard: Callable[[], None],
        ping_every_s: float,
    ) -> None:
        self._socket = socket
        self._answer = answer
        self._heard = heard
        self._ping_every_s = ping_every_s
        self._missed = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(FRAMES_AT_ONCE)
        self.ended: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Answer what has been taken, then close."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=DRAIN_S)
        closing = asyncio.create_task(self._socket.close())
        _, hanging = await asyncio.wait({closing, self.reader}, timeout=2 * CLOSE_S)
        for task in hanging:  # the other side takes nothing any more, not even a close
            task.cancel()

    async def _read(self) -> None:
        keeper = asyncio.create_task(self._keep_alive())
        try:
            async for message in self._socket:
                self._heard()
                match message.type:
                    case aiohttp.WSMsgType.PONG:
                        self._missed = 0
                    case aiohttp.WSMsgType.PING:
                        await self._socket.pong(message.data)
                    case aiohttp.WSMsgType.TEXT:
                        await self._take(message.data)
        finally:
            keeper.cancel()
            self._end(announced=False)

    async def _take(self, text: str) -> None:
        """Begin one frame; waits when too many are under way, which makes the server hold back."""
        came_at = time.monotonic()
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict) or not isinstance(frame.get("headers"), dict):
            log.warning("stream.frame_malformed", size=len(text))  # nothing in it to answer to
            metrics.frame(metrics.OTHER, "malformed")
            return
        if frame.get("type") == SystemMessage.TYPE and frame["headers"].get("topic") == "disconnect":
            self._end(announced=True)
            return
        await self._room.acquire()
        task = asyncio.create_task(self._handle(frame, came_at))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, frame: dict[str, Any], came_at: float) -> None:
        """In a task of its own, so that what is bound here is in the lines about this frame, and in no others."""
        topic = metrics.topic_of(frame.get("type"), frame["headers"].get("topic"))
        metrics.heard(topic)
        structlog.contextvars.bind_contextvars(
            frame_id=str(frame["headers"].get("messageId"))[:_MAX_ID_CHARS]
        )
        try:
            ack = await self._answer(frame)
            if ack:
                await self._socket.send_str(json.dumps(ack.to_dict(), ensure_ascii=False))
            self._count(topic, ack, came_at)
        except ConnectionError:  # it will be delivered again, and be known then
            log.warning("stream.answer_lost")
            metrics.frame(topic, "lost")
        finally:
            self._room.release()

    def _count(self, topic: str, ack: AckMessage | None, came_at: float) -> None:
        if ack is None or ack.data == LATER:
            metrics.frame(topic, "not_taken")
            return
        metrics.frame(topic, _RESULTS.get(ack.code, metrics.OTHER), time.monotonic() - came_at)

    async def _keep_alive(self) -> None:
        wall, steady = time.time(), time.monotonic()
        while not self._socket.closed:
            await asyncio.sleep(self._ping_every_s)
            leap = (time.time() - wall) - (time.monotonic() - steady)
            if self._missed >= MISSED_PONGS or abs(leap) > CLOCK_LEAP_S:
                log.warning("stream.dead", missed_pongs=self._missed, clock_leap_s=round(leap))
                self._end(announced=False)
                await self._socket.close()
                return
            self._missed += 1
            await self._socket.ping()

    def _end(self, *, announced: bool) -> None:
        if not self.ended.done():
            self.ended.set_result(announced)


class _Callback(CallbackHandler):  # type: ignore[misc]
    """A robot message or a card click, for the receiver; what it returns goes back as `response`."""

    def __init__(self, receive: Callable[[dict[str, Any]], Awaitable[dict[str, Any] | None]]) -> None:
        super().__init__()
        self._receive = receive

    async def process(self, message: CallbackMessage) -> tuple[int, dict[str, Any] | None]:
        return AckMessage.STATUS_OK, await self._receive(message.data)


class _Event(EventHandler):  # type: ignore[misc]
    """A pushed event, for the receiver. Its answer says SUCCESS, or LATER for one that could not be kept."""

    def __init__(self, receive: Callable[[Event], Awaitable[None]]) -> None:
        super().__init__()
        self._receive = receive

    async def raw_process(self, event: EventMessage) -> AckMessage:
        try:
            await self._receive(Event.of(event))
            said = SUCCESS
        except Exception:
            log.exception("stream.event_failed", event_type=event.headers.event_type)
            said = LATER
        return _ack(event.headers.message_id, AckMessage.STATUS_OK, "OK", said)


def _why(error: Exception) -> str:
    """Why there is no connection, as it is counted."""
    if isinstance(error, aiohttp.ClientSSLError):
        return "certificate"
    is_refused = (
        type(error) is aiohttp.ClientResponseError and error.status in REFUSED
    )  # no proxy's, no websocket's
    return "refused" if is_refused else "unreachable"


def _refusal(frame: dict[str, Any], code: int, text: str) -> AckMessage | None:
    """An answer that says no; none is possible to a frame without a message id."""
    message_id = frame["headers"].get("messageId")
    return _ack(message_id, code, text, {"response": None}) if message_id else None


def _ack(message_id: str, code: int, text: str, data: dict[str, Any]) -> AckMessage:
    ack = AckMessage()
    ack.code = code
    ack.headers.message_id = message_id
    ack.headers.content_type = "application/json"
    ack.message = text
    ack.data = data
    return ack
