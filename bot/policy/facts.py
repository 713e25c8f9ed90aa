"""What the rules look at: one manifest, one requester, one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Self

from bot.models import Conversation, Manifest, Operator
from bot.policy import paths


@dataclass(frozen=True)
class Facts:
    """Everything a condition can ask about. `targets` and `paths` (targets and all they hold) start with "/".

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
    targets: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    departments: frozenset[str] = field(default_factory=frozenset)
    roles: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def joined_paths(self) -> str:
        """All paths as one text, for searching."""
        return paths.joined(self.paths)

    @classmethod
    def of(
        cls,
        manifest: Manifest,
        *,
        requester: Operator,
        conversation: Conversation,
        now: datetime,
        permanent: bool,
        departments: frozenset[str] = frozenset(),
        roles: frozenset[str] = frozenset(),
    ) -> Self:
        """The facts of a manifest. Who made a dentry is unknown where DingTalk does not say: then it was another.

        A single file of unknown age makes the newest unknown.
        """
        dentries = [entry.dentry for entry in manifest.entries]
        times = [dentry.modified_at for dentry in dentries if not dentry.is_folder]
        known = [time for time in times if time]
        return cls(
            requester=requester,
            conversation=conversation,
            space_id=manifest.space.id,
            now=now,
            dentries=manifest.totals.dentries,
            size_bytes=manifest.totals.size_bytes,
            folders=manifest.totals.folders,
            others=sum(
                not dentry.creator_id or dentry.creator_id != requester.union_id for dentry in dentries
            ),
            newest=max(known, default=None) if len(known) == len(times) else None,
            permanent=permanent,
            targets=tuple(entry.dentry.path for entry in manifest.targets),
            paths=tuple(dentry.path for dentry in dentries),
            departments=departments,
            roles=roles,
        )
