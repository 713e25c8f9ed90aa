"""What the rules look at: one manifest, one requester, one place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Self

from bot.models import Conversation, Dentry, Manifest, Operator
from bot.policy.paths import AnyLocated, Located, Patterns, Sieve


class Seen:
    """What is seen of dentries in passing; it holds none of them. `asked` are the path patterns of the rules.

    Who made a dentry is unknown where DingTalk does not say: then it was another.
    """

    def __init__(self, requester: Operator, asked: Iterable[Patterns] = ()) -> None:
        self._requester = requester
        self._newest: datetime | None = None
        self._is_age_known = True
        self.others = 0
        self.located = Sieve(asked)

    def add(self, dentries: Sequence[Dentry]) -> None:
        mine = self._requester.union_id
        times = [dentry.modified_at for dentry in dentries if not dentry.is_folder]
        known = [time for time in (*times, self._newest) if time]
        self._newest = max(known, default=None)
        self._is_age_known &= all(times)
        self.others += sum(not dentry.creator_id or dentry.creator_id != mine for dentry in dentries)
        self.located.add([dentry.path for dentry in dentries])

    @property
    def newest(self) -> datetime | None:
        """The last change of any file; a single one of unknown age makes it unknown."""
        return self._newest if self._is_age_known else None


@dataclass(frozen=True)
class Facts:
    """Everything a condition can ask about.

    `paths` are those of all dentries, each with "/" first. Of a manifest they may be too many to be kept: then
    `located` answers what rules ask about them.

    `departments` holds the ids of the requester's departments and of all above them, `roles` those of their roles.
    `others` counts dentries somebody else made; `newest` is the last change of any file, None when not known.
    """

    requester: Operator
    conversation: Conversation
    space_id: str
    now: datetime
    dentries: int
    size_bytes: int = 0
    folders: int = 0
    others: int = 0
    newest: datetime | None = None
    permanent: bool = False
    paths: tuple[str, ...] = ()
    departments: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[str] = field(default_factory=frozenset)
    located: Located | None = None

    @cached_property
    def where(self) -> Located:
        """What rules may ask about the paths."""
        return self.located or AnyLocated(self.paths)

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        seen: Seen,
        *,
        requester: Operator,
        conversation: Conversation,
        now: datetime,
        permanent: bool,
        departments: frozenset[str] = frozenset(),
        roles: frozenset[str] = frozenset(),
    ) -> Self:
        """The facts of a manifest of which all entries were `seen`."""
        return cls(
            requester=requester,
            conversation=conversation,
            space_id=manifest.space.id,
            now=now,
            dentries=manifest.totals.dentries,
            size_bytes=manifest.totals.size_bytes,
            folders=manifest.totals.folders,
            others=seen.others,
            newest=seen.newest,
            permanent=permanent,
            located=seen.located,
            departments=departments,
            roles=roles,
        )
