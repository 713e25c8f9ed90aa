"""Everything the sandbox knows."""

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.cards import Cards
from sandbox.chat import Chat, Conversation
from sandbox.clock import Clock
from sandbox.drive import Drive
from sandbox.faults.faults import Faults
from sandbox.limits import Limits
from sandbox.locks import WriteLocks
from sandbox.log import Log
from sandbox.media import Contents
from sandbox.meter import Meter
from sandbox.newest import Newest
from sandbox.people import App, Application, Department, Person, Role
from sandbox.record import CallRecord
from sandbox.runs.run import Run
from sandbox.stream.stream import Stream
from sandbox.suggestions import Suggestion
from sandbox.ticks import Ticks
from sandbox.tokens import Tokens
from sandbox.webhook import Webhook

if TYPE_CHECKING:
    from sandbox.pull import Screens

__all__ = ["App", "Application", "Department", "Person", "Role", "World"]

MEDIA_KEPT = 5000
VIOLATIONS_KEPT = 1000


@dataclass
class World:
    """The whole state of one sandbox. `base_url` is the address at which robots reach it."""

    clock: Clock
    limits: Limits
    stream: Stream
    drive: Drive
    chat: Chat
    cards: Cards
    tokens: Tokens
    meter: Meter
    faults: Faults
    locks: WriteLocks
    calls: Log[CallRecord] = field(default_factory=Log)
    apps: dict[str, Application] = field(default_factory=dict)
    """By clientId (suiteKey for a suite)."""
    people: dict[str, Person] = field(default_factory=dict)
    """By userId."""
    departments: dict[int, Department] = field(default_factory=dict)
    roles: dict[int, Role] = field(default_factory=dict)
    media: Newest[str, str] = field(default_factory=lambda: Newest(MEDIA_KEPT))
    """Uploaded media: mediaId → file name."""
    contents: Contents = field(default_factory=Contents)
    """What was uploaded, by mediaId, as long as it is remembered."""
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    """The custom robots of groups, by access token."""
    violations: deque[str] = field(default_factory=lambda: deque(maxlen=VIOLATIONS_KEPT))
    """What an application did although the documentation forbids it."""
    suggestions: list[Suggestion] = field(default_factory=list)
    run: Run = field(default_factory=Run)
    base_url: str = ""
    seed: dict[str, Any] = field(default_factory=dict)
    """What it was made of, to go back to."""
    ticks: Ticks = field(init=False)
    screens: "Screens" = field(init=False)

    def __post_init__(self) -> None:
        self.ticks = Ticks(
            {
                "chat": self.chat.bell,
                "calls": self.calls.bell,
                "frames": self.stream.log.bell,
                "stream": self.stream.bell,
                "drive": self.drive.changes.bell,
                "faults": self.faults.bell,
                "run": self.run.bell,
            }
        )

    @property
    def conversations(self) -> dict[str, Conversation]:
        """By conversationId."""
        return self.chat.conversations

    def person_by_union(self, union_id: str) -> Person | None:
        """The person with this unionId, in whichever organisation, also one who has left it."""
        return next((p for p in self.people.values() if p.union_id == union_id), None)

    def member_by_union(self, union_id: str) -> Person | None:
        """The person with this unionId who is in an organisation now."""
        person = self.person_by_union(union_id)
        return person if person and not person.left else None

    def member(self, user_id: str) -> Person | None:
        """The person with this userId who is in an organisation now."""
        person = self.people.get(user_id)
        return person if person and not person.left else None

    def colleague(self, user_id: str, corp_id: str) -> Person | None:
        """The person with this userId if they belong to the organisation now."""
        person = self.member(user_id)
        return person if person and person.corp_id == corp_id else None

    def application(self, robot_code: str) -> Application | None:
        """The application whose robot has this code."""
        return next((a for a in self.apps.values() if a.robot_code == robot_code), None)
