"""The stream side of DingTalk: open connections, what is pushed through them, what is pushed again.

A push goes to one of the application's connections at random. A robot message (or event) that went out and is
not acknowledged goes out again 16 and 60 seconds later, with a new messageId and the same data. Nothing is kept
for an application that has no connection.
"""

import asyncio
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType

from sandbox import ids
from sandbox.bell import Bell
from sandbox.clock import Clock
from sandbox.faults.effects import PushEffect
from sandbox.faults.faults import Fault, Faults
from sandbox.limits import Limits
from sandbox.log import Log
from sandbox.meter import Meter
from sandbox.newest import Newest
from sandbox.people import Application
from sandbox.stream.connection import Connection, Tickets
from sandbox.stream.dice import Dice
from sandbox.stream.frames import EVENT, FrameRecord, Push, consumed, parse, record_of, system_frame
from sandbox.stream.mischief import HOLD_SECONDS, Held, Mischief, told

REDELIVER_AFTER_S = (16.0, 60.0)
DISCONNECT_GRACE_S = 10.0
REMEMBERED = 5000
SEED = 7
"""Of the dice that say which connection is hit."""


class Stream:
    """The connections of all applications. `apps` (by clientId), `limits` and `faults` are those of the world."""

    def __init__(
        self, clock: Clock, limits: Limits, meter: Meter, apps: dict[str, Application], faults: Faults
    ) -> None:
        self.clock = clock
        self.limits = limits
        self.meter = meter
        self.apps = apps
        self.tickets = Tickets(clock)
        self.connections: dict[str, Connection] = {}
        self.log: Log[FrameRecord] = Log()
        self.bell = Bell()
        """Rung when a connection opens, closes or changes."""
        self.closed = asyncio.Event()
        self.dice = Dice(SEED)
        self.mischief = Mischief(clock, faults)
        self._hit: dict[str, str] = {}
        """The connection that got the last push, by clientId."""
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._records: Newest[str, FrameRecord] = Newest(REMEMBERED)
        self._pushes: Newest[str, Push] = Newest(REMEMBERED)
        self._redeliveries: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, connection: Connection) -> None:
        """Runs a connection until it closes."""
        self.connections[connection.id] = connection
        self.log.bell.ring()
        self.bell.ring()
        self.befall(connection)
        tasks = [asyncio.create_task(self._write(connection)), asyncio.create_task(self._ping(connection))]
        try:
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(connection, message.data)
                elif message.type is WSMsgType.PING and not self.mischief.deaf(connection):
                    with suppress(ConnectionError):
                        await connection.socket.pong(message.data)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            del self.connections[connection.id]
            self.log.bell.ring()
            self.bell.ring()

    async def close(self) -> None:
        """Closes every connection, stops what runs in the background, lets nobody wait for an answer."""
        self.closed.set()
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
        """Sends `push` through one connection; False when the application has none that takes it.

        A fault may have it sent otherwise, or not at all.
        """
        ways = self._takers(push)
        if not ways:
            return False
        self._pushes[push.msg_id] = push
        self._settle(push.msg_id)
        fault = self.mischief.on_push(push, len(ways))
        if fault and fault.what.hold:
            self._spawn(self._free_later(self.mischief.hold(push, fault)))
        else:
            self._deliver(push, fault)
        if fault and fault.what.again:
            self._spawn(self._redeliver(push, fault))
        elif redeliver and not (fault and fault.what.lose):
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
        except TimeoutError:
            push.given_up = True
            raise
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
        push = self.find_push(msg_id=msg_id, message_id=message_id)
        return push is not None and self._send(push)

    def find_push(self, *, msg_id: str = "", message_id: str = "") -> Push | None:
        """What went out under this msgId, or in the frame with this messageId."""
        return self._pushes.get(msg_id) or next(
            (p for p in self._pushes.values() if message_id and message_id in p.message_ids), None
        )

    def send_raw(self, text: str, connection_id: str = "") -> str:
        """Sends any text through a connection; returns its id. Raises LookupError when there is none."""
        open_ = list(self.connections.values())
        chosen = self.connections.get(connection_id) or (self.dice.choose(open_) if open_ else None)
        if chosen is None:
            raise LookupError("no connection is open")
        self._put(chosen, record_of(parse(text), text, self.clock.now_ms(), "out", chosen.id))
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

    def befall(self, *opened: Connection) -> None:
        """Lets faults befall the connections `opened`; without, all that are open: a fault was ordered."""
        for connection in opened or tuple(self.connections.values()):
            for fault in self.mischief.on_socket(connection) if not connection.draining else ():
                if fault.what.disconnect:
                    self.disconnect(connection)
                if fault.what.drop:
                    self.drop(connection)
                self.bell.ring()

    # Inside

    def _takers(self, push: Push) -> list[Connection]:
        own = [c for c in self.connections.values() if c.client_id == push.client_id]
        return [c for c in own if c.takes(push.type, push.topic)]

    def _deliver(self, push: Push, fault: Fault[PushEffect] | None) -> None:
        """Sends a push as the fault says, and after it what was held back for it."""
        if fault is None:
            self._send(push)
        else:
            for number in range(1, fault.what.copies + 1):
                self._send(push, fault, told(fault.what, number))
        if (held := self.mischief.went_out(push, fault)) is not None:
            self._deliver(held.push, held.fault)

    def _send(self, push: Push, fault: Fault[PushEffect] | None = None, note: str = "") -> bool:
        takers = self._takers(push)
        if not takers:
            return False
        if fault and fault.what.other:
            takers = [c for c in takers if c.id != self._hit.get(push.client_id)] or takers
        connection = self.dice.choose(takers)
        self._hit[push.client_id] = connection.id
        app_id = self.apps[push.client_id].unified_app_id
        frame = push.frame(app_id=app_id, connection_id=connection.id, at_ms=self.clock.now_ms())
        record = record_of(
            frame, json.dumps(frame, ensure_ascii=False), self.clock.now_ms(), "out", connection.id
        )
        record.msg_id, record.note = push.msg_id, note
        if fault:
            record.fault_id, record.lost = fault.id, fault.what.lose
        self._put(connection, record)
        return True

    def _put(self, connection: Connection, record: FrameRecord) -> None:
        """Logs a frame and lets it leave, unless it is lost."""
        if self.mischief.silent(connection):
            record.lost, record.note = True, record.note or "lost: the connection is silent"
        if record.message_id:
            self._records[record.message_id] = record
        if not record.lost:
            connection.outbox.put_nowait(record.raw)
        self.log.add(record)

    def _put_system(self, connection: Connection, topic: str, data: dict[str, Any]) -> None:
        frame = system_frame(topic, data, self.clock.now_ms())
        self._put(connection, record_of(frame, json.dumps(frame), self.clock.now_ms(), "out", connection.id))

    def _receive(self, connection: Connection, raw: str) -> None:
        frame = parse(raw)
        record = self.log.add(record_of(frame, raw, self.clock.now_ms(), "in", connection.id))
        sent = self._records.pop(record.message_id, None)
        if sent is None:
            return
        sent.ack = frame
        push = self._pushes.get(sent.msg_id)
        if push is not None and push.given_up:
            record.note = "too late: the presser was told that it failed"
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

    async def _redeliver(self, push: Push, fault: Fault[PushEffect] | None = None) -> None:
        """Sends it again after a while; whoever settles it ends that, but for a fault."""
        first = self.clock.now()
        for delay in REDELIVER_AFTER_S:
            await self.clock.sleep_until(first + delay)
            why = "acknowledged or not" if fault else "it was not acknowledged"
            self._send(push, fault, f"again after {delay:g} s: {why}")
        if fault is None:
            self._redeliveries.pop(push.msg_id, None)

    async def _free_later(self, held: Held) -> None:
        await self.clock.sleep_until(self.clock.now() + HOLD_SECONDS)
        if self.mischief.free(held):
            self._deliver(held.push, held.fault)

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
