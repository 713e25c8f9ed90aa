"""A websocket of an application, and the ticket that opens one.

https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description
"""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from sandbox import ids
from sandbox.clock import Clock
from sandbox.faults.effects import SocketEffect
from sandbox.faults.faults import Fault
from sandbox.newest import Newest

TICKET_SECONDS = 90.0
TICKETS_KEPT = 5000


@dataclass(slots=True)
class Ticket:
    """The right to open one connection until `expires_at` (seconds)."""

    client_id: str
    subscriptions: frozenset[tuple[str, str]]
    expires_at: float


class Tickets:
    """The tickets given out and not used yet."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._issued: Newest[str, Ticket] = Newest(TICKETS_KEPT)

    def issue(self, client_id: str, subscriptions: frozenset[tuple[str, str]]) -> str:
        """A ticket for one connection, good for 90 seconds."""
        ticket = ids.opaque()
        self._issued[ticket] = Ticket(client_id, subscriptions, self.clock.now() + TICKET_SECONDS)
        return ticket

    def take(self, ticket: str) -> Ticket | None:
        """Uses a ticket up; None for one that was used, is too old or never existed."""
        found = self._issued.pop(ticket, None)
        return found if found and found.expires_at > self.clock.now() else None


@dataclass(eq=False, slots=True)
class Connection:
    """One websocket of an application.

    `silent`: open, but nothing is delivered; `deaf`: pings are not answered (both by order, beside the faults it
    `suffers`); `draining`: about to be closed. For the faults in `tried` the dice were thrown.
    """

    id: str
    client_id: str
    subscriptions: frozenset[tuple[str, str]]
    socket: web.WebSocketResponse
    request: web.Request
    opened_at: int
    silent: bool = False
    deaf: bool = False
    draining: bool = False
    outbox: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    suffers: list[Fault[SocketEffect]] = field(default_factory=list)
    tried: list[SocketEffect] = field(default_factory=list)

    def takes(self, kind: str, topic: str) -> bool:
        """Whether a push of this type and topic may go through it."""
        return not self.draining and (
            (kind, topic) in self.subscriptions or (kind, "*") in self.subscriptions
        )
