"""What faults do on the stream: which befall a push or a connection, what is held back, how long it lasts."""

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.faults.effects import PushEffect, SocketEffect
from sandbox.faults.faults import Fault, Faults, Occasion
from sandbox.stream.connection import Connection
from sandbox.stream.frames import Push

HOLD_SECONDS = 5.0
"""How long a push is held back at most, by the sandbox's clock."""


@dataclass(eq=False, slots=True)
class Held:
    """A push that is held back until `left` more of its topic went out, for that reason."""

    push: Push
    fault: Fault[PushEffect]
    left: int


class Mischief:
    """Decides with the faults of the world; the stream carries it out."""

    def __init__(self, clock: Clock, faults: Faults) -> None:
        self.clock = clock
        self.faults = faults
        self._held: dict[tuple[str, str], Held] = {}
        """By clientId and topic: one at a time, else nothing would be late."""

    # Pushes

    def on_push(self, push: Push, ways: int) -> Fault[PushEffect] | None:
        """What befalls a push that so many connections would take.

        One that must go another way waits for a push that has two; one that holds back, until nothing is held.
        """

        def possible(what: PushEffect) -> bool:
            return (ways > 1 or not what.other) and (not what.hold or _key(push) not in self._held)

        spaces = frozenset({str(push.data["spaceId"])}) if "spaceId" in push.data else frozenset[str]()
        occasion = Occasion(
            f"PUSH {push.topic}", "PUSH", push.topic, push.client_id, people=push.people, spaces=spaces
        )
        return self.faults.pick(occasion, PushEffect, possible)

    def hold(self, push: Push, fault: Fault[PushEffect]) -> Held:
        """Holds a push back."""
        held = self._held[_key(push)] = Held(push, fault, fault.what.hold)
        return held

    def went_out(self, push: Push, fault: Fault[PushEffect] | None) -> Held | None:
        """Says that one went out, unless it was lost; returns what is held back no longer for it."""
        held = self._held.get(_key(push))
        if held is None or (fault and fault.what.lose):
            return None
        held.left -= 1
        return held if not held.left and self.free(held) else None

    def free(self, held: Held) -> bool:
        """Holds it back no longer; False when it is not held any more."""
        if self._held.get(_key(held.push)) is not held:
            return False
        del self._held[_key(held.push)]
        return True

    # Connections

    def on_handshake(self, client_id: str) -> SocketEffect | None:
        """What keeps a connection from coming about; None for nothing."""
        fault = self.faults.pick(_socket(client_id), SocketEffect, lambda what: what.barred)
        return fault.what if fault else None

    def on_socket(self, connection: Connection) -> Iterator[Fault[SocketEffect]]:
        """What befalls an open connection, which the dice are thrown for once a fault."""

        def untried(what: SocketEffect) -> bool:
            if what.barred or any(what is known for known in connection.tried):
                return False
            connection.tried.append(what)
            return True

        while fault := self.faults.pick(_socket(connection.client_id), SocketEffect, untried):
            connection.suffers.append(fault)
            yield fault

    def silent(self, connection: Connection) -> bool:
        """Whether nothing is delivered through it now."""
        return connection.silent or any(f.what.silent for f in self._lasting(connection))

    def deaf(self, connection: Connection) -> bool:
        """Whether it answers no pings now."""
        return connection.deaf or any(f.what.deaf for f in self._lasting(connection))

    def _lasting(self, connection: Connection) -> list[Fault[SocketEffect]]:
        """What it suffers still: faults that were not taken back and whose time is not over."""
        now, ordered = self.clock.now_ms(), self.faults.ordered
        connection.suffers = [f for f in connection.suffers if ordered.get(f.id) is f]
        return [f for f in connection.suffers if f.when.ends_at is None or now < f.when.ends_at]


def told(what: PushEffect, number: int) -> str:
    """What is special about the frame with copy `number`, in words."""
    words = []
    if what.lose:
        words.append("lost: it never left")
    if what.hold:
        words.append(f"held back until {what.hold} later went out, at most {HOLD_SECONDS:g} s")
    if what.copies > 1:
        words.append(f"delivery {number} of {what.copies}")
    if what.other:
        words.append("through another connection than the push before")
    if what.again:
        words.append("will come again although acknowledged")
    return "; ".join(words)


def _key(push: Push) -> tuple[str, str]:
    return push.client_id, push.topic


def _socket(client_id: str) -> Occasion:
    return Occasion("SOCKET", path="SOCKET", client_id=client_id)
