"""What agreement a manifest needs: the policy's answer, and the people who would have to give it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.approvers import Approvers
from bot.deletion.problems import PolicyRefused
from bot.models import Conversation, Dentry, Manifest, Operator, Owner, Ruling, Survey
from bot.operators import Operators
from bot.policy import Facts, Policy, Seen
from bot.spool import in_parts

MAX_OWNERS = 3


@dataclass(frozen=True)
class Consent:
    """The policy's answer to one manifest, what the manifest is like, and who is to be asked, if anybody."""

    ruling: Ruling
    survey: Survey
    asked: tuple[Operator, ...] = ()


class Consents:
    """Asks the policy, and the contacts where the policy does."""

    def __init__(self, policy: Policy, approvers: Approvers, operators: Operators) -> None:
        self._policy = policy
        self._approvers = approvers
        self._operators = operators

    async def needed(
        self,
        manifest: Manifest,
        *,
        requester: Operator,
        conversation: Conversation,
        permanent: bool,
        now: datetime,
    ) -> Consent:
        """What this deletion needs.

        Raises PolicyRefused when it may not be or nobody could agree to it, DingTalkError when that cannot be told.
        """
        departments, roles = frozenset[str](), frozenset[str]()
        if self._policy.asks_who:
            departments, roles = await self._approvers.standing(requester.user_id)
        seen, made = Seen(requester, self._policy.asks_where), Makers(requester)
        async for part in in_parts(manifest.entries):
            dentries = [entry.dentry for entry in part]
            seen.add(dentries)
            made.add(dentries)
        facts = Facts.of(
            manifest,
            seen,
            requester=requester,
            conversation=conversation,
            now=now,
            permanent=permanent,
            departments=departments,
            roles=roles,
        )
        ruling = self._policy.ruling(facts)
        if ruling.answer == "refuse":
            raise PolicyRefused("refused" if ruling.rule or ruling.why else "no_rule", ruling)
        asked = await self._asked(ruling, requester) if ruling.answer == "approve" else ()
        return Consent(ruling, await self._survey(made, requester, named=bool(asked)), asked)

    async def _asked(self, ruling: Ruling, requester: Operator) -> tuple[Operator, ...]:
        people = await self._approvers.to_ask(ruling, requester)
        if len(people) < ruling.needed:
            raise PolicyRefused("too_few" if people else "nobody", ruling, have=len(people))
        return tuple(people)

    async def _survey(self, made: Makers, requester: Operator, *, named: bool) -> Survey:
        """What the dentries are like; other people's names only where they are going to be shown."""
        most = [(union_id, count) for union_id, count in made.shares.most_common() if union_id][:MAX_OWNERS]
        wanted = [union_id for union_id, _ in most] if named else []
        names = await self._operators.names(requester.corp_id, wanted)
        return Survey(
            oldest=made.oldest,
            newest=made.newest,
            others=made.shares.total(),
            owners=tuple(
                Owner(union_id=union_id, name=names.get(union_id, ""), dentries=count)
                for union_id, count in most
            ),
        )


class Makers:
    """Who else made dentries, and how old these are; it holds none of them."""

    def __init__(self, requester: Operator) -> None:
        self._requester = requester
        self.shares = Counter[str]()
        self.oldest: datetime | None = None
        self.newest: datetime | None = None

    def add(self, dentries: Sequence[Dentry]) -> None:
        self.shares.update(d.creator_id for d in dentries if d.creator_id != self._requester.union_id)
        times = [d.modified_at for d in dentries if d.modified_at and not d.is_folder]
        self.oldest = min((time for time in (self.oldest, *times) if time), default=None)
        self.newest = max((time for time in (self.newest, *times) if time), default=None)
