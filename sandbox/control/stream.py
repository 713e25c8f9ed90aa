"""Control of the stream: connections, frames, and making it difficult."""

from sandbox.control.desk import JsonObject, Order, Route
from sandbox.paper import to_json
from sandbox.stream.connection import Connection
from sandbox.stream.frames import FrameRecord, parse
from sandbox.stream.gateway import push_suite_ticket
from sandbox.stream.stream import Stream
from sandbox.talk import MisuseError


async def connections(order: Order) -> JsonObject:
    """The open connections; with `wait` and `count`, once there are that many (or fewer, for `count=0`)."""
    stream = order.world.stream
    count = order.query.get("count")
    if count is not None:
        wanted = int(count)

        def ready() -> bool:
            open_ = len(stream.connections)
            return open_ >= wanted if wanted else open_ == 0

        await stream.log.bell.until(ready, order.wait_s)
    return {"connections": [_connection(stream, c) for c in stream.connections.values()]}


def _connection(stream: Stream, connection: Connection) -> JsonObject:
    return {
        "id": connection.id,
        "clientId": connection.client_id,
        "subscriptions": [{"type": t, "topic": p} for t, p in sorted(connection.subscriptions)],
        "openedAt": connection.opened_at,
        "silent": stream.mischief.silent(connection),
        "deaf": stream.mischief.deaf(connection),
        "draining": connection.draining,
    }


async def act(order: Order) -> JsonObject:
    """`disconnect`, `drop`, `silence` or `deafen` connections (all, or `connectionId`), `redeliver` a message,
    push a new `suiteTicket`, or push an `event` {eventType, data, corpId?}."""
    action = order.need("action")
    if action == "redeliver":
        keys = {"msg_id": order.body.get("msgId", ""), "message_id": order.body.get("messageId", "")}
        return {"done": order.world.stream.redeliver_now(**keys)}
    if action == "suiteTicket":
        suites = [a for a in order.world.apps.values() if a.suite]
        return {"tickets": {a.client_id: push_suite_ticket(order.world, a) for a in suites}}
    if action == "event":
        return _event(order)
    chosen = _chosen(order)
    for connection in chosen:
        _apply(order, action, connection)
    return {"connections": [c.id for c in chosen]}


def _event(order: Order) -> JsonObject:
    corp_id = order.body.get("corpId") or next(iter(order.world.apps.values())).corp_id
    order.world.stream.push_event(corp_id, order.need("eventType"), order.body.get("data") or {})
    return {"done": True}


def _chosen(order: Order) -> list[Connection]:
    open_ = list(order.world.stream.connections.values())
    wanted = order.body.get("connectionId")
    return [c for c in open_ if wanted in (None, c.id)]


def _apply(order: Order, action: str, connection: Connection) -> None:
    if action == "disconnect":
        order.world.stream.disconnect(connection)
    elif action == "drop":
        order.world.stream.drop(connection)
    elif action == "silence":
        connection.silent = order.body.get("on", True)
        order.world.stream.bell.ring()
    elif action == "deafen":
        connection.deaf = order.body.get("on", True)
        order.world.stream.bell.ring()
    else:
        raise MisuseError(f"no such action: {action}")


async def send_frame(order: Order) -> JsonObject:
    """Sends any text through a connection, as it is."""
    return {
        "connectionId": order.world.stream.send_raw(order.need("raw"), order.body.get("connectionId", ""))
    }


async def frames(order: Order) -> JsonObject:
    """Frames in and out after a number; `acked=true` waits for one that has been answered, `msgId` for its.

    `limit` leaves the newest, `before` those numbered below; `more` says whether others would fit.
    """
    query, log = order.query, order.world.stream.log

    def fits(record: FrameRecord) -> bool:
        return (
            query.get("msgId", record.msg_id) == record.msg_id
            and query.get("messageId", record.message_id) == record.message_id
            and query.get("direction", record.direction) == record.direction
            and query.get("type", record.type) == record.type
            and (query.get("acked") != "true" or record.ack is not None)
        )

    if order.wait_s:
        await log.wait(order.number("after"), order.wait_s, fits)
    found, more = order.newest(log, fits)
    last = max((f.seq for f in found), default=order.number("after"))
    return {"frames": [_frame(f) for f in found], "lastSeq": last, "more": more}


def _frame(record: FrameRecord) -> JsonObject:
    frame = parse(record.raw)
    return {**to_json(record), "frame": frame or None, "data": parse(str(frame.get("data", ""))) or None}


ROUTES: tuple[Route, ...] = (
    ("GET", "/stream", connections),
    ("POST", "/stream", act),
    ("POST", "/frame", send_frame),
    ("GET", "/frames", frames),
)
