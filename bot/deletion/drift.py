"""What is not any more what was agreed to is left alone.

DingTalk removes a folder with whatever lies in it at that moment, so every folder is looked into again right
before each call that removes it: one that holds something its card did not show is skipped. When the card is
old by then, what changed is skipped, too. DingTalk has no conditional delete: a race of milliseconds stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.deletion.problems import TargetProblem
from bot.deletion.resolve import Resolver
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import QueryItem
from bot.dingtalk.errors import DingTalkError, NotFound
from bot.models import Dentry, Entry, Outcome, Request
from bot.spool import in_parts
from bot.store import Store

MAX_NAMES = 3
MORE = 200
"""How much more than was shown is counted; it takes a few listings, and a number says more than a "many"."""
LONG = timedelta(minutes=10)
"""From the card to the call; what takes longer has everything checked, not only what folders hold."""

Said = tuple[Outcome, str]
"""What becomes of a target, and why."""


class Drift:
    """Compares a frozen manifest with the drive."""

    def __init__(self, dingtalk: DingTalk, store: Store) -> None:
        self._dingtalk = dingtalk
        self._store = store

    async def changed(self, request: Request, entries: Sequence[Entry], now: datetime) -> dict[str, Said]:
        """Those of these targets that must not go, by id. Raises DingTalkError."""
        folders = [entry for entry in entries if entry.dentry.is_folder]
        # A clock that was set back does not make a card young.
        took_long = not timedelta() <= now - request.created_at <= LONG
        kept = await self._altered(request, entries) if took_long else {}
        if folders:
            changed = await self._folders(request, folders, took_long=took_long)
            kept |= dict.fromkeys(changed, (Outcome.CHANGED, ""))
        return kept

    async def _altered(self, request: Request, entries: Sequence[Entry]) -> dict[str, Said]:
        """What is another than was agreed to, and what nobody could say that of: it must not go either."""
        agreed = {entry.dentry.dentry_id: entry.dentry for entry in entries}
        items = await self._dingtalk.storage.dentries(
            request.space.id, list(agreed), union_id=request.runs_as.union_id
        )
        found = {item.dentry_id: item for item in items}
        kept: dict[str, Said] = {}
        for dentry_id, before in agreed.items():
            item = found.get(dentry_id, QueryItem(dentry_id=dentry_id))
            if item.is_gone:
                continue  # what is sent for it says so
            if item.dentry is None:
                outcome = Outcome.DENIED if item.error_code == "permissionDenied" else Outcome.FAILED
                kept[dentry_id] = (outcome, item.error_code or "no_answer")
            elif _differs(before, item.dentry.as_dentry()):
                kept[dentry_id] = (Outcome.CHANGED, "")
        return kept

    async def gone_inside(self, request: Request, folder: Dentry) -> int:
        """How much of what the card showed in a folder is gone, though the folder is not; 0 if that cannot be told."""
        left: set[str] = set()
        try:
            with self._resolver(request) as resolver:
                async for part in in_parts(await resolver.contents(folder)):
                    left |= (await self._shown(request, folder, part)).keys()
        except (DingTalkError, TargetProblem):
            return 0
        return await self._store.requests.count_inside(request.id, folder.dentry_id) - len(left)

    async def _folders(self, request: Request, folders: Sequence[Entry], *, took_long: bool) -> set[str]:
        changed: set[str] = set()
        with self._resolver(request) as resolver:
            for folder in folders:
                folder_id = folder.dentry.dentry_id
                look = await self._look(request, folder.dentry, resolver)
                if look.added:
                    await self._store.jobs.note_added(request.id, folder_id, look.added, look.names)
                if look.added or look.is_too_much or (took_long and look.has_altered):
                    changed.add(folder_id)
        return changed

    async def _look(self, request: Request, folder: Dentry, resolver: Resolver) -> Look:
        look = Look()
        try:
            now = await resolver.contents(folder)
        except NotFound:  # it is gone; what is sent for it says so
            return look
        except TargetProblem:
            look.is_too_much = True
            return look
        async for part in in_parts(now):
            look.compare(part, await self._shown(request, folder, part))
        return look

    async def _shown(
        self, request: Request, folder: Dentry, dentries: Sequence[Dentry]
    ) -> Mapping[str, Dentry]:
        """Those of these that the card showed in this folder, as they were then."""
        ids = [dentry.dentry_id for dentry in dentries]
        return await self._store.requests.shown_inside(request.id, folder.dentry_id, ids)

    def _resolver(self, request: Request) -> Resolver:
        """Looks into folders as they are now, and stops when it is far more than the request had."""
        return Resolver(
            self._dingtalk,
            request.space,
            union_id=request.runs_as.union_id,
            max_dentries=request.totals.dentries + MORE,
        )


@dataclass
class Look:
    """A folder now, against what was shown in it: how much came in, the first names of it, what is not as it was."""

    added: int = 0
    names: list[str] = field(default_factory=list)
    has_altered: bool = False
    is_too_much: bool = False

    def compare(self, now: Sequence[Dentry], shown: Mapping[str, Dentry]) -> None:
        added = [dentry.name for dentry in now if dentry.dentry_id not in shown]
        known = [dentry for dentry in now if dentry.dentry_id in shown]
        self.names += added[: MAX_NAMES - len(self.names)]
        self.added += len(added)
        self.has_altered |= any(_differs(shown[dentry.dentry_id], dentry) for dentry in known)


def _differs(agreed: Dentry, now: Dentry) -> bool:
    return (agreed.path, agreed.version, agreed.modified_at) != (now.path, now.version, now.modified_at)
