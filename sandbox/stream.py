"""The stream side of DingTalk: open connections, what is pushed through them, what is pushed again.

A push goes to one of the application's connections at random. A robot message (or event) that went out and is
not acknowledged goes out again 16 and 60 seconds later, with a new messageId and the same data. Nothing is kept
for an application that has no connection.
"""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from sandbox import ids
from sandbox.bell import Bell
from sandbox.clock import Clock
from sandbox.frames import CALLBACK, CARD_TOPIC, EVENT, OK, FrameRecord, Push, parse, record_of, system_frame
from sandbox.limits import Limits
from sandbox.log import Log
from sandbox.meter import Meter
from sandbox.newest import Newest
from sandbox.people import Application

REDELIVER_AFTER_S = (16.0, 60.0)
TICKET_SECONDS = 90.0
DISCONNECT_GRACE_S = 10.0
REMEMBERED = 5000


@dataclass(slots=True)
class Ticket:
    """The right to open one connection until `expires_at` (seconds)."""

    client_id: str
    subscriptions: frozenset[tuple[str, str]]
    expires_at: float


@dataclass(eq=False, slots=True)
class Connection:
    """One websocket of an application. `silent`: open, but nothing is delivered; `draining`: about to be closed."""

    id: str
    client_id: str
    subscriptions: frozenset[tuple[str, str]]
    socket: web.WebSocketResponse
    request: web.Request
    opened_at: int
    silent: bool = False
    draining: bool = False
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def takes(self, kind: str, topic: str) -> bool:
        """Whether a push of this type and topic may go through it."""
        return not self.draining and (
            (kind, topic) in self.subscriptions or (kind, "*") in self.subscriptions
        )


class Stream:
    """The connections of all applications. `apps` (by clientId) and `limits` are those of the world."""

    def __init__(self, clock: Clock, limits: Limits, meter: Meter, apps: dict[str, Application]) -> None:
        self.clock = clock
        self.limits = limits
        self.meter = meter
        self.apps = apps
        self.connections: dict[str, Connection] = {}
        self.log: Log[FrameRecord] = Log()
        self.bell = Bell()
        """Rung when a connection opens, closes or changes."""
        self.rng = random.Random(7)  # noqa: S311  which connection is hit must be repeatable, not secret
        self._tickets: Newest[str, Ticket] = Newest(REMEMBERED)
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._records: Newest[str, FrameRecord] = Newest(REMEMBERED)
        self._pushes: Newest[str, Push] = Newest(REMEMBERED)
        self._redeliveries: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Opening

    def issue_ticket(self, client_id: str, subscriptions: frozenset[tuple[str, str]]) -> str:
        """A ticket for one connection, good for 90 seconds."""
        ticket = ids.opaque()
        self._tickets[ticket] = Ticket(client_id, subscriptions, self.clock.now() + TICKET_SECONDS)
        return ticket

    def take_ticket(self, ticket: str) -> Ticket | None:
        """Uses a ticket up; None for one that was used, is too old or never existed."""
        found = self._tickets.pop(ticket, None)
        return found if found and found.expires_at > self.clock.now() else None

    async def serve(self, connection: Connection) -> None:
        """Runs a connection until it closes."""
        self.connections[connection.id] = connection
        self.log.bell.ring()
        self.bell.ring()
        tasks = [asyncio.create_task(self._write(connection)), asyncio.create_task(self._ping(connection))]
        try:
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(connection, message.data)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            del self.connections[connection.id]
            self.log.bell.ring()
            self.bell.ring()

    async def close(self) -> None:
        """Closes every connection, stops what runs in the background, lets nobody wait for an answer."""
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(LookupError("the sandbox ends"))
        await asyncio.gather(*(c.socket.close() for c in self.connections.values()))
        tasks = [*self._tasks, *self._redeliveries.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Pushing

    def push(self, push: Push, *, redeliver: bool = True) -> bool:
        """Sends `push` through one connection; False when the application has none that takes it."""
        if not self._send(push):
            return False
        self._pushes[push.msg_id] = push
        if redeliver:
            self._redeliveries[push.msg_id] = asyncio.create_task(self._redeliver(push))
        return True

    async def ask(self, push: Push) -> dict[str, Any]:
        """Sends a callback and returns the application's answer frame; it is not sent again.

        Raises LookupError when no connection takes it, TimeoutError when the answer is not there in time.
        """
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        if not self.push(push, redeliver=False):
            raise LookupError(push.topic)
        self._answers[push.msg_id] = answer
        try:
            return await asyncio.wait_for(answer, self.limits.callback_seconds)
        finally:
            del self._answers[push.msg_id]

    def push_event(self, corp_id: str, event_type: str, data: dict[str, Any]) -> None:
        """Tells every application of the organisation that takes events about one."""
        for app in self.apps.values():
            if corp_id in app.corp_ids:
                self.push_event_to(app, corp_id, event_type, data)

    def push_event_to(self, app: Application, corp_id: str, event_type: str, data: dict[str, Any]) -> bool:
        """Tells one application about an event; False when it has no connection that takes events."""
        event_id = ids.opaque()
        headers = {
            "eventBornTime": str(self.clock.now_ms()),
            "eventCorpId": corp_id,
            "eventId": event_id,
            "eventType": event_type,
            "eventUnifiedAppId": app.unified_app_id,
        }
        push = Push(app.client_id, EVENT, "*", data, headers, msg_id=event_id)
        sent = self.push(push)
        if sent:
            self.meter.spend_push()
        return sent

    def redeliver_now(self, *, msg_id: str = "", message_id: str = "") -> bool:
        """Sends something again at once, acknowledged or not; False when there is no such push."""
        push = self._pushes.get(msg_id) or next(
            (p for p in self._pushes.values() if message_id and message_id in p.message_ids), None
        )
        return push is not None and self._send(push)

    def send_raw(self, text: str, connection_id: str = "") -> str:
        """Sends any text through a connection; returns its id. Raises LookupError when there is none."""
        open_ = list(self.connections.values())
        chosen = self.connections.get(connection_id) or (self.rng.choice(open_) if open_ else None)
        if chosen is None:
            raise LookupError("no connection is open")
        self._put(chosen, parse(text), text)
        return chosen.id

    # Being difficult

    def disconnect(self, connection: Connection) -> None:
        """Announces the end of a connection: nothing more is delivered, it closes ten seconds later."""
        connection.draining = True
        self.bell.ring()
        self._put_system(connection, "disconnect", {"reason": "connection is expired"})
        self._spawn(self._close_later(connection))

    def drop(self, connection: Connection) -> None:
        """Cuts the wire."""
        if connection.request.transport is not None:
            connection.request.transport.abort()

    # Inside

    def _send(self, push: Push) -> bool:
        takers = [c for c in self.connections.values() if c.client_id == push.client_id]
        takers = [c for c in takers if c.takes(push.type, push.topic)]
        if not takers:
            return False
        connection = self.rng.choice(takers)
        app_id = self.apps[push.client_id].unified_app_id
        frame = push.frame(app_id=app_id, connection_id=connection.id, at_ms=self.clock.now_ms())
        self._put(connection, frame, json.dumps(frame, ensure_ascii=False), push.msg_id)
        return True

    def _put(self, connection: Connection, frame: dict[str, Any], raw: str, msg_id: str = "") -> FrameRecord:
        record = record_of(frame, raw, self.clock.now_ms(), "out", connection.id)
        record.msg_id = msg_id
        record.lost = connection.silent
        if record.message_id:
            self._records[record.message_id] = record
        if not connection.silent:
            connection.outbox.put_nowait(raw)
        return self.log.add(record)

    def _put_system(self, connection: Connection, topic: str, data: dict[str, Any]) -> None:
        frame = system_frame(topic, data, self.clock.now_ms())
        self._put(connection, frame, json.dumps(frame))

    def _receive(self, connection: Connection, raw: str) -> None:
        frame = parse(raw)
        record = self.log.add(record_of(frame, raw, self.clock.now_ms(), "in", connection.id))
        sent = self._records.pop(record.message_id, None)
        if sent is None:
            return
        sent.ack = frame
        self.log.bell.ring()
        answer = self._answers.get(sent.msg_id)
        if answer is not None and not answer.done():
            answer.set_result(frame)
        if sent.type != EVENT or consumed(frame):
            self._settle(sent.msg_id)

    def _settle(self, msg_id: str) -> None:
        """Does not send it again."""
        task = self._redeliveries.pop(msg_id, None)
        if task is not None:
            task.cancel()

    async def _redeliver(self, push: Push) -> None:
        first = self.clock.now()
        for delay in REDELIVER_AFTER_S:
            await self.clock.sleep_until(first + delay)
            self._send(push)
        self._redeliveries.pop(push.msg_id, None)

    async def _write(self, connection: Connection) -> None:
        while True:
            await connection.socket.send_str(await connection.outbox.get())

    async def _ping(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self.limits.ping_seconds)
            self._put_system(connection, "ping", {"opaque": ids.request_id().lower()})

    async def _close_later(self, connection: Connection) -> None:
        await self.clock.sleep_until(self.clock.now() + DISCONNECT_GRACE_S)
        await connection.socket.close()

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def consumed(answer: dict[str, Any]) -> bool:
    """Whether the answer to an event says that it need not come again (`status` is not LATER)."""
    return answer.get("code") == OK and parse(str(answer.get("data", ""))).get("status") != "LATER"


def card_callback(client_id: str, data: dict[str, Any]) -> Push:
    """The push for a click on a card."""
    return Push(client_id, CALLBACK, CARD_TOPIC, data, msg_id=ids.opaque())
