"""What faults do, as data: the effects on a call, a push, a connection. Others carry them out: the gate, the stream.

Which class of effects an order is for follows from its route (`effect_class`): a call's interface, unless it
begins with one of the words of `SIDES`.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.drive.failing import TaskFault

LONGEST_MS = 24 * 3600 * 1000
MOST_COPIES = 10
MOST_HELD_FOR = 100


@dataclass(frozen=True, slots=True)
class CallEffect:
    """What happens to a call, in this order.

    A pause of `delay_ms`. The work, unless it is answered without: when `after` is set it is done all the same.
    A pause of `first_byte_ms`. Then the connection is `reset`; or the answer is `status` with `body` or with
    `code` and `message`; or the real answer: with an item failed (`Which.item`), with no card delivered for the
    reason `deliver`, with the asynchronous tasks it started failing as `task` says. The answer comes as
    `content_type`, and only its first `truncate` bytes do.

    `early`: before token, permission and limits are looked at, and uncounted. `counted_only`: only to calls that
    use up the month's quota.
    """

    status: int = 0
    code: str = ""
    message: str = ""
    body: Any = None
    content_type: str = ""
    delay_ms: int = 0
    first_byte_ms: int = 0
    truncate: int | None = None
    reset: bool = False
    after: bool = False
    early: bool = False
    counted_only: bool = False
    task: TaskFault | None = None
    deliver: str = ""

    def __post_init__(self) -> None:
        if self.status and not 200 <= self.status <= 599:  # noqa: PLR2004  what HTTP answers with
            raise ValueError("status is no HTTP status of an answer")
        if min(self.delay_ms, self.first_byte_ms, self.truncate or 0) < 0:
            raise ValueError("delayMs, firstByteMs and truncate are not below 0")
        if max(self.delay_ms, self.first_byte_ms) > LONGEST_MS:
            raise ValueError("delayMs and firstByteMs are a day at most")
        if not self.content_type.isprintable():
            raise ValueError("contentType is no type")  # a line break would make a header
        if self.early and not self.answers:
            raise ValueError("early needs an answer: status, code, body or reset")
        if self.early and self.after:
            raise ValueError("early and after exclude each other: early, no work is done")

    @property
    def answers(self) -> bool:
        """Whether it replaces the answer."""
        return self.reset or bool(self.status) or self.body is not None or bool(self.code)


@dataclass(frozen=True, slots=True)
class PushEffect:
    """What happens to a push: a robot message, a card callback, an event.

    `lose`: it never leaves, nor comes later. `hold`: it is kept back until so many later ones of its topic went
    out, at most 5 s. `copies`: it is delivered so often, each time in a frame of its own. `other`: each time
    through another connection than the push before. `again`: it comes again after 16 s and 60 s, acknowledged or
    not, in a new frame and with the same msgId.
    """

    copies: int = 1
    hold: int = 0
    other: bool = False
    lose: bool = False
    again: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.copies <= MOST_COPIES:
            raise ValueError(f"copies is 1 to {MOST_COPIES}")
        if not 0 <= self.hold <= MOST_HELD_FOR:
            raise ValueError(f"hold is 0 to {MOST_HELD_FOR}")
        more = self.copies > 1 or self.hold or self.other or self.again
        if not more and not self.lose:
            raise ValueError("a push needs copies, hold, other, lose or again")
        if more and self.lose:
            raise ValueError("what is lost is neither copied nor held nor comes again")


@dataclass(frozen=True, slots=True)
class SocketEffect:
    """What happens to a connection of the stream.

    As long as the fault is there and not over: `deaf`, websocket pings are not answered; `silent`, nothing is
    delivered. At once: `disconnect`, a SYSTEM/disconnect, nothing after it, closed 10 s later; `drop`, the wire is
    cut. `refuse`: the handshake fails. `hang`: it gets no answer, until the application gives up.
    """

    deaf: bool = False
    silent: bool = False
    disconnect: bool = False
    drop: bool = False
    refuse: bool = False
    hang: bool = False

    def __post_init__(self) -> None:
        opened = self.deaf or self.silent or self.disconnect or self.drop
        if not (opened or self.barred):
            raise ValueError("a socket needs deaf, silent, disconnect, drop, refuse or hang")
        if (self.barred and opened) or (self.refuse and self.hang):
            raise ValueError("a socket that is refused or hangs cannot be anything else")

    @property
    def barred(self) -> bool:
        """Whether no connection comes about."""
        return self.refuse or self.hang


SIDES: dict[str, type[Any]] = {"PUSH": PushEffect, "SOCKET": SocketEffect}
"""Effects on what is no call, by the first word of the route."""


def effect_class(route: str) -> type[Any]:
    """The effects a fault on this route can have."""
    return SIDES.get(route.split(" ", 1)[0], CallEffect)
