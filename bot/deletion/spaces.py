"""Which space a command means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.deletion.lifecycle import Clock
from bot.deletion.problems import TargetProblem
from bot.deletion.resolve import follow
from bot.dingtalk import DingTalk
from bot.dingtalk.errors import Invalid, NotFound
from bot.models import Conversation, Operator, Space, Target
from bot.store import Store


class SpaceFinder:
    """Finds spaces and remembers them for a day: what a conversation's space is hardly ever changes."""

    def __init__(self, dingtalk: DingTalk, store: Store, configured: Mapping[str, str], clock: Clock) -> None:
        """`configured` maps conversation ids to the ids of the spaces that their commands mean."""
        self._dingtalk = dingtalk
        self._store = store
        self._configured = configured
        self._clock = clock

    async def find(
        self,
        conversation: Conversation,
        operator: Operator,
        *,
        space_id: str | None = None,
        targets: Sequence[Target] = (),
    ) -> Space:
        """The space named, or that of the links, or the configured one, or the group's own.

        Raises TargetProblem `no_space` or `space_unknown`.
        """
        chosen = space_id or await self._of_links(targets, operator) or self.configured(conversation)
        if chosen:
            return await self._named(chosen, operator)
        if conversation.kind != "group":
            raise TargetProblem("no_space")
        return await self._of_group(conversation, operator)

    def configured(self, conversation: Conversation) -> str:
        """The id of the space that settings name for a conversation; "" for none."""
        return self._configured.get(conversation.id, "")

    async def _of_links(self, targets: Sequence[Target], operator: Operator) -> str | None:
        """Links say by themselves where they lead; only a command of nothing but links is sure to mean that."""
        if not targets or any(target.kind != "link" for target in targets):
            return None
        ref = await follow(self._dingtalk, targets[0], union_id=operator.union_id)
        return ref.space_id

    async def _of_group(self, conversation: Conversation, operator: Operator) -> Space:
        key = f"conversation:{conversation.id}"
        if known := await self._store.spaces.get(key, self._clock()):
            return known
        storage = self._dingtalk.storage
        try:
            found = await storage.conversation_space(conversation.id, union_id=operator.union_id)
        except NotFound:
            raise TargetProblem("no_space") from None
        space = await self._named(found.space_id, operator)
        await self._store.spaces.put(key, space, self._clock())
        return space

    async def _named(self, space_id: str, operator: Operator) -> Space:
        key = f"space:{space_id}"
        if known := await self._store.spaces.get(key, self._clock()):
            return known
        try:
            info = await self._dingtalk.storage.space(space_id, union_id=operator.union_id)
        except (NotFound, Invalid):
            raise TargetProblem("space_unknown", space=space_id) from None
        space = info.as_space(name=space_id)
        await self._store.spaces.put(key, space, self._clock())
        return space
