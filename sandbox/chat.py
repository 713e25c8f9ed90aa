"""Conversations and what was said in them, as each person may see it."""

from collections import deque
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from sandbox.bell import Bell
from sandbox.clock import Clock
from sandbox.log import Counter
from sandbox.newest import Newest

GROUP = "2"
ONE_TO_ONE = "1"
SESSIONS_KEPT = 5000


@dataclass(slots=True)
class Conversation:
    """A group (`type` "2") or a one-to-one conversation with a robot ("1"). `members` are userIds."""

    conversation_id: str
    title: str
    members: list[str]
    corp_id: str
    type: str = GROUP
    space_id: str | None = None
    robot_inside: bool = True


@dataclass(slots=True)
class Message:
    """One message. `sender` is a userId, or empty for the robot `robot_code`.

    `kind` text, markdown, actionCard, link, feedCard, image, audio, video, file, richText or card; `body` its
    fields. `visible_to` None means every member. A message with a card takes a new `seq` whenever the card changes;
    one that is taken back keeps its own, and the number of that moment is `recalled_seq`.
    """

    seq: int
    id: str
    at: int
    conversation_id: str
    kind: str
    body: dict[str, Any]
    sender: str = ""
    robot_code: str = ""
    visible_to: list[str] | None = None
    process_query_key: str = ""
    recalled: bool = False
    recalled_seq: int = 0

    @property
    def out_track_id(self) -> str:
        """The card it shows, if it shows one."""
        return str(self.body.get("outTrackId", "")) if self.kind == "card" else ""

    def visible(self, user_id: str | None) -> bool:
        """Whether this person sees it; nobody (None) stands for the omniscient test."""
        return not self.recalled and self.meant_for(user_id)

    def meant_for(self, user_id: str | None) -> bool:
        """Whether this person was to see it, taken back or not."""
        return user_id is None or self.visible_to is None or user_id in self.visible_to


@dataclass(slots=True)
class Session:
    """What a sessionWebhook stands for: one conversation, until `expires_at` (ms)."""

    conversation_id: str
    robot_code: str
    user_id: str
    expires_at: int


@dataclass
class Chat:
    """All conversations of the sandbox."""

    clock: Clock
    messages_kept: int = 2000
    """In each conversation."""
    conversations: dict[str, Conversation] = field(default_factory=dict)
    messages: dict[str, deque[Message]] = field(default_factory=dict)
    """By conversationId, oldest first."""
    sessions: Newest[str, Session] = field(default_factory=lambda: Newest(SESSIONS_KEPT))
    numbers: Counter = field(default_factory=Counter)
    bell: Bell = field(default_factory=Bell)
    _cards: dict[str, list[Message]] = field(default_factory=dict)

    def find(self, conversation_id: str) -> Conversation | None:
        """By id; `one:{userId}` names the one-to-one conversation of that person."""
        if conversation_id.startswith("one:"):
            conversation_id = one_to_one_id(conversation_id.removeprefix("one:"))
        return self.conversations.get(conversation_id)

    def groups(self) -> list[Conversation]:
        """Every conversation of more than a person and a robot."""
        return [c for c in self.conversations.values() if c.type == GROUP]

    def one_to_one(self, user_id: str, corp_id: str) -> Conversation:
        """The conversation of a person with the robot; made at its first use."""
        conversation_id = one_to_one_id(user_id)
        return self.conversations.setdefault(
            conversation_id, Conversation(conversation_id, "", [user_id], corp_id, type=ONE_TO_ONE)
        )

    def post(self, conversation_id: str, kind: str, body: dict[str, Any], **fields: Any) -> Message:
        """Puts a message into a conversation; `fields` are those of `Message`."""
        seq = self.numbers.next()
        message = Message(seq, f"m{seq}", self.clock.now_ms(), conversation_id, kind, body, **fields)
        self.adopt(message)
        self.bell.ring()
        return message

    def adopt(self, message: Message) -> None:
        """Takes in a message as it is."""
        self.numbers.last = max(self.numbers.last, message.seq, message.recalled_seq)
        said = self.messages.setdefault(message.conversation_id, deque())
        said.append(message)
        if message.out_track_id:
            self._cards.setdefault(message.out_track_id, []).append(message)
        while len(said) > self.messages_kept:
            self._forget(said.popleft())

    def _forget(self, message: Message) -> None:
        """Takes a message out of the index of those that show a card."""
        if message.out_track_id:
            shown = self._cards[message.out_track_id]
            shown.remove(message)
            if not shown:
                del self._cards[message.out_track_id]

    def touch_card(self, out_track_id: str) -> None:
        """Renumbers every message that shows this card, because the card has changed."""
        for message in self._cards.get(out_track_id, ()):
            message.seq = self.numbers.next()
        self.bell.ring()

    def read(self, conversation_id: str, user_id: str | None, after: int = 0) -> list[Message]:
        """What this person sees in the conversation, of the messages numbered above `after`."""
        said = self.messages.get(conversation_id, ())
        return [m for m in said if m.seq > after and m.visible(user_id)]

    def newest_first(self, conversation_id: str) -> list[Message]:
        """Everything said in the conversation, what was said or changed last first."""
        return sorted(self.messages.get(conversation_id, ()), key=attrgetter("seq"), reverse=True)

    def recalled(self, conversation_id: str, user_id: str | None, after: int = 0) -> list[Message]:
        """What was taken back after this number, of what this person was to see."""
        said = self.messages.get(conversation_id, ())
        return [m for m in said if m.recalled_seq > after and m.meant_for(user_id)]

    def recall(self, process_query_key: str) -> bool:
        """Takes back what was sent under this key; False when there is nothing to take back."""
        said = (m for messages in self.messages.values() for m in messages)
        found = [m for m in said if m.process_query_key == process_query_key and not m.recalled]
        for message in found:
            message.recalled, message.recalled_seq = True, self.numbers.next()
        self.bell.ring()
        return bool(found)

    def copies(self, out_track_id: str) -> list[Message]:
        """The messages that show a card, oldest first."""
        return [m for m in self._cards.get(out_track_id, ()) if not m.recalled]

    def shows(self, user_id: str, out_track_id: str, conversation_id: str = "") -> Message | None:
        """The message in which this person sees the card: in that conversation (empty: the first in any)."""
        for message in self._cards.get(out_track_id, ()):
            members = self.conversations[message.conversation_id].members
            here = conversation_id in {"", message.conversation_id}
            if here and user_id in members and message.visible(user_id):
                return message
        return None

    def reset(self) -> None:
        """Empties everything; numbers go on."""
        self.conversations.clear()
        self.messages.clear()
        self.sessions.clear()
        self._cards.clear()


def one_to_one_id(user_id: str) -> str:
    """The conversationId of a person with the robot."""
    return f"cidOne{user_id}=="
