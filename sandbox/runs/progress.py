"""How far the application has come since a moment: what lets orders be given again at the right places."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields

from sandbox.bell import Bell
from sandbox.chat import Chat
from sandbox.log import Log
from sandbox.record import CallRecord
from sandbox.stream.frames import SYSTEM, FrameRecord

KEPT_ANSWERS = ("/v1.0/oauth2/", "/v1.0/gateway/", "/service/", "/topapi/")
"""Calls whose answers an application keeps: the next time it may not ask again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Counts since a run began.

    `chat`: messages, and changes of cards that are shown; `calls`: what was called, but for questions (GET) and
    what an application remembers; `answers`: frames that were answered, but for SYSTEM.
    """

    chat: int = 0
    calls: int = 0
    answers: int = 0

    def less(self, other: "Seen") -> "Seen":
        """What is in this one and not in the other; nothing is below 0."""
        return Seen(*(max(0, getattr(self, f.name) - getattr(other, f.name)) for f in fields(self)))


class Progress:
    """Counts from now on, and remembers what was there before."""

    def __init__(self, chat: Chat, calls: Log[CallRecord], frames: Log[FrameRecord]) -> None:
        self.chat = chat
        self.calls = calls
        self.frames = frames
        self.old_messages = {m.id for said in chat.messages.values() for m in said}
        self.pushes: dict[str, dict[str, None]] = {}
        """The msgIds that went out, by topic, in the order of their first frame."""
        self._chat = chat.numbers.last
        self._call, self._called = calls.numbers.last, 0
        self._frame, self._answered = frames.numbers.last, 0
        self._waiting: set[str] = set()

    def seen(self) -> Seen:
        """How far it is now."""
        for record in self.calls.after(self._call):
            self._called += record.method != "GET" and not record.path.startswith(KEPT_ANSWERS)
        self._call = self.calls.numbers.last
        for frame in self.frames.after(self._frame):
            self._read(frame)
        self._frame = self.frames.numbers.last
        return Seen(self.chat.numbers.last - self._chat, self._called, self._answered)

    def _read(self, frame: FrameRecord) -> None:
        if frame.direction == "out" and frame.type != SYSTEM and frame.message_id:
            self._waiting.add(frame.message_id)
            if frame.msg_id:
                self.pushes.setdefault(frame.topic, {}).setdefault(frame.msg_id)
        elif frame.direction == "in" and frame.message_id in self._waiting:
            self._waiting.remove(frame.message_id)
            self._answered += 1

    async def reach(self, target: Seen, seconds: float) -> Seen:
        """Waits until it is as far as `target`, at most so many seconds of real time; returns how far it is."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        for name, bell in self._bells().items():
            await bell.until(self._at_least(name, getattr(target, name)), max(0.0, deadline - loop.time()))
        return self.seen()

    def _at_least(self, name: str, count: int) -> Callable[[], bool]:
        return lambda: getattr(self.seen(), name) >= count

    def _bells(self) -> dict[str, Bell]:
        return {"chat": self.chat.bell, "calls": self.calls.bell, "answers": self.frames.bell}
