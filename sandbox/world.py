"""Everything the sandbox knows, in plain dataclasses. Times are milliseconds of the sandbox clock."""

from dataclasses import dataclass, field

from sandbox.clock import Clock
from sandbox.drive import Drive
from sandbox.limits import Limits
from sandbox.stream import Stream


@dataclass(slots=True)
class App:
    """An application as seen by one organisation; `scopes` None means it was granted everything."""

    client_id: str
    corp_id: str
    scopes: set[str] | None = None


@dataclass(slots=True)
class Person:
    """A member of an organisation."""

    user_id: str
    union_id: str
    name: str
    corp_id: str
    title: str = ""
    language: str = "zh_CN"
    admin: bool = False
    boss: bool = False
    senior: bool = False
    manager_user_id: str = ""
    departments: list[int] = field(default_factory=list)
    leads: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Conversation:
    """A group (`type` "2") or a one-to-one conversation with the robot ("1"). `members` are userIds."""

    conversation_id: str
    type: str
    title: str
    members: list[str]
    corp_id: str
    space_id: str | None = None
    robot_inside: bool = True


@dataclass
class World:
    """The whole state of one sandbox."""

    clock: Clock
    limits: Limits
    stream: Stream
    drive: Drive
    people: dict[str, Person] = field(default_factory=dict)
    """By userId."""
    conversations: dict[str, Conversation] = field(default_factory=dict)
    """By conversationId."""

    def person_by_union(self, union_id: str) -> Person | None:
        """The person with this unionId, in whichever organisation."""
        return next((p for p in self.people.values() if p.union_id == union_id), None)
