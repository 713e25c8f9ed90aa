"""Opening a stream connection: a ticket first, then the websocket.

https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description
"""

import asyncio
import contextlib
from typing import Any

from aiohttp import web

from sandbox import ids
from sandbox.auth import credentials
from sandbox.errors import ApiError
from sandbox.people import Application
from sandbox.stream.connection import Connection
from sandbox.stream.frames import CALLBACK, EVENT
from sandbox.wire import Call, Endpoint, JsonObject
from sandbox.world import World

DOC = "https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description"
SUITE_TICKET_SECONDS = 5 * 3600
CLOSE_SECONDS = 1.0
"""How long a client may take to answer a close."""
LOOK_SECONDS = 0.1
"""Between two looks whether a client that waits is still there."""


async def open_connection(call: Call) -> JsonObject:
    """Where to connect to, and the ticket to do it once within 90 seconds."""
    app = credentials(call.world, call.body.get("clientId"), call.body.get("clientSecret"))
    if app is None:
        raise ApiError(401, "authFailed", "鉴权失败")
    call.world.base_url = call.base_url
    subscriptions = frozenset(_subscription(s) for s in call.body.get("subscriptions") or ())
    if not subscriptions:
        raise ApiError(400, "invalidParameter.subscriptions", "subscriptions is empty")
    endpoint = call.base_url.replace("http", "ws", 1) + "/connect"
    return {"endpoint": endpoint, "ticket": call.world.stream.tickets.issue(app.client_id, subscriptions)}


def _subscription(raw: Any) -> tuple[str, str]:
    kind, topic = (raw.get("type"), raw.get("topic")) if isinstance(raw, dict) else (None, None)
    if kind not in {EVENT, CALLBACK} or not isinstance(topic, str) or not topic:
        raise ApiError(400, "invalidParameter.subscriptions", f"not a subscription: {raw}")
    return kind, topic


class Connect:
    """Serves the websocket to aiohttp."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Runs one connection; 401 when the ticket is used, too old or unknown, 503 when a fault refuses it.

        One that hangs is answered when the sandbox ends, if it is still there.
        """
        ticket = self.world.stream.tickets.take(request.query.get("ticket", ""))
        if ticket is None:
            raise web.HTTPUnauthorized(text="ticket is invalid or expired")
        if barred := self.world.stream.mischief.on_handshake(ticket.client_id):
            if barred.hang:
                await self._hang(request)
            raise web.HTTPServiceUnavailable(text="no connection is taken")
        socket = web.WebSocketResponse(compress=False, timeout=CLOSE_SECONDS, autoping=False)
        await socket.prepare(request)
        connection = Connection(
            id=ids.request_id().lower(),
            client_id=ticket.client_id,
            subscriptions=ticket.subscriptions,
            socket=socket,
            request=request,
            opened_at=self.world.clock.now_ms(),
        )
        await self._serve(connection)
        return socket

    async def _hang(self, request: web.Request) -> None:
        """Returns when the client has given up, or the sandbox ends."""
        while request.transport is not None and not self.world.stream.closed.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.world.stream.closed.wait(), LOOK_SECONDS)

    async def _serve(self, connection: Connection) -> None:
        app = self.world.apps[connection.client_id]
        hears = app.suite and connection.takes(EVENT, "*")
        tickets = asyncio.create_task(self._push_tickets(app)) if hears else None
        try:
            await self.world.stream.serve(connection)
        finally:
            if tickets is not None:
                tickets.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await tickets

    async def _push_tickets(self, app: Application) -> None:
        """A new suiteTicket at once and every five hours.

        https://open.dingtalk.com/document/development/event-suite-ticket
        """
        while True:
            push_suite_ticket(self.world, app)
            await self.world.clock.sleep_until(self.world.clock.now() + SUITE_TICKET_SECONDS)


def push_suite_ticket(world: World, app: Application) -> str:
    """Makes a new suiteTicket and tells the suite; returns it."""
    ticket = world.tokens.new_ticket(app.client_id)
    world.stream.push_event_to(app, app.corp_id, "suite_ticket", {"suiteTicket": ticket})
    return ticket


ENDPOINTS = (
    Endpoint("POST", "/v1.0/gateway/connections/open", open_connection, counted=False, token=False, doc=DOC),
)
