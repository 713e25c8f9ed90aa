"""What is not any more what was agreed to is left alone.

DingTalk removes a folder with whatever lies in it at that moment, so every folder is looked into again right
before each call that removes it: one that holds something its card did not show is skipped. When the card is
old by then, what changed is skipped, too. DingTalk has no conditional delete: a race of milliseconds stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.deletion.problems import TargetProblem
from bot.deletion.resolve import Resolver
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import QueryItem
from bot.dingtalk.errors import DingTalkError, NotFound
from bot.models import Dentry, Entry, Outcome, Request
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
        shown = await self._store.requests.inside(request.id, [folder.dentry_id])
        try:
            left = {dentry.dentry_id for dentry in await self._resolver(request).contents(folder)}
        except (DingTalkError, TargetProblem):
            return 0
        return len(shown[folder.dentry_id].keys() - left)

    async def _folders(self, request: Request, folders: Sequence[Entry], *, took_long: bool) -> set[str]:
        shown = await self._store.requests.inside(request.id, [entry.dentry.dentry_id for entry in folders])
        resolver = self._resolver(request)
        changed: set[str] = set()
        for folder in folders:
            folder_id = folder.dentry.dentry_id
            look = await _look(resolver, folder.dentry, shown[folder_id])
            if look.added:
                names = [dentry.name for dentry in look.added[:MAX_NAMES]]
                await self._store.jobs.note_added(request.id, folder_id, len(look.added), names)
            if look.added or look.is_too_much or (took_long and look.has_altered):
                changed.add(folder_id)
        return changed

    def _resolver(self, request: Request) -> Resolver:
        """Looks into folders as they are now, and stops when it is far more than the request had."""
        return Resolver(
            self._dingtalk,
            request.space,
            union_id=request.runs_as.union_id,
            max_dentries=request.totals.dentries + MORE,
        )


@dataclass(frozen=True)
class Look:
    """A folder now, against what was shown in it: what came in, and whether something is not as it was."""

    added: Sequence[Dentry] = ()
    has_altered: bool = False
    is_too_much: bool = False
    """so much more than was shown that counting stopped"""


async def _look(resolver: Resolver, folder: Dentry, shown: Mapping[str, Dentry]) -> Look:
    try:
        now = await resolver.contents(folder)
    except NotFound:  # it is gone; what is sent for it says so
        return Look()
    except TargetProblem:
        return Look(is_too_much=True)
    added = [dentry for dentry in now if dentry.dentry_id not in shown]
    known = [dentry for dentry in now if dentry.dentry_id in shown]
    return Look(added, any(_differs(shown[dentry.dentry_id], dentry) for dentry in known))


def _differs(agreed: Dentry, now: Dentry) -> bool:
    return (agreed.path, agreed.version, agreed.modified_at) != (now.path, now.version, now.modified_at)
