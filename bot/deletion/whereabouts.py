"""Where something is that left the recycle bin. It may have come back under another id, name or folder.

DingTalk does not promise that a restored entry keeps its dentryId, and nobody may have told us the new one. So it
is looked for by its old id first, then among what lies in its folder: there it must be of the same kind and size,
and have been made before it was deleted. What was made later is another file that took the name.
Source: https://open.dingtalk.com/document/development/restore-recycle-items
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from functools import partial

from bot.deletion.problems import TargetProblem
from bot.deletion.resolve import Resolver
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import ROOT_ID, DentryInfo, QueryItem
from bot.dingtalk.errors import NotFound
from bot.models import NEW_FOLDER, Dentry, Request, RestoreOutcome, Target
from bot.store import Verdict

_NUMBER = re.compile(r"[ _-]?[(（\[]?\d{1,6}[)）\]]?")
"""What AUTO_RENAME may put behind a name: how it looks is not documented."""
LONGEST_NUMBER = 9
MORE = 200


class Whereabouts:
    """Looks for entries of one restore's space, with the rights of whoever asked for it. All raise DingTalkError."""

    def __init__(self, dingtalk: DingTalk, request: Request) -> None:
        self._dingtalk = dingtalk
        self._storage = dingtalk.storage
        self._request = request
        self._space_id = request.space.id
        self._union_id = request.requester.union_id

    async def by_id(self, dentry_ids: Sequence[str]) -> dict[str, QueryItem]:
        """What DingTalk says of these ids."""
        items = await self._storage.dentries(self._space_id, dentry_ids, union_id=self._union_id)
        return {item.dentry_id: item for item in items}

    async def missing(self, folder_id: str, contents: int) -> int:
        """How much less than `contents` a folder holds now, at any depth."""
        folder = (await self.by_id([folder_id]))[folder_id]
        if folder.dentry is None:
            return contents
        with self._resolver() as resolver:
            try:
                return max(contents - len(await resolver.contents(folder.dentry.as_dentry())), 0)
            except TargetProblem:  # more than the whole restore has
                return 0

    async def of(self, dentries: Sequence[Dentry]) -> dict[str, Verdict]:
        """Those of these deleted entries that are back, by their old ids, with where they are."""
        found: dict[str, Verdict] = {}
        items = await self.by_id([dentry.dentry_id for dentry in dentries])
        by_folder: defaultdict[tuple[str, str], list[Dentry]] = defaultdict(list)
        for dentry in dentries:
            info = items[dentry.dentry_id].dentry
            if info and info.is_there:
                found[dentry.dentry_id] = verdict_of(dentry, info)
            else:
                by_folder[dentry.parent_id, _folder(dentry.path)].append(dentry)
        for (parent_id, path), wanted in by_folder.items():
            found |= await self._in_folder(parent_id, path, wanted)
        return found

    async def _in_folder(self, parent_id: str, path: str, wanted: Sequence[Dentry]) -> dict[str, Verdict]:
        """Each entry of the folder can be one of them; what looks most like it is it."""
        by_name: defaultdict[str, list[Dentry]] = defaultdict(list)
        for dentry in wanted:
            by_name[dentry.name].append(dentry)
        matches: list[tuple[int, Dentry, DentryInfo]] = []
        async for info in self._children(parent_id, path):
            named = (dentry for name in names_before(info.name) for dentry in by_name.get(name, ()))
            matches += [(alike, dentry, info) for dentry in named if (alike := likeness(dentry, info))]
        found: dict[str, Verdict] = {}
        taken: set[str] = set()
        for _, dentry, info in sorted(matches, key=lambda match: -match[0]):
            if dentry.dentry_id not in found and info.id not in taken:
                found[dentry.dentry_id] = verdict_of(dentry, info)
                taken.add(info.id)
        return found

    async def _children(self, parent_id: str, path: str) -> AsyncIterator[DentryInfo]:
        """What the folder holds now, each at a time: the same one, or the one at its path by now."""
        list_ = partial(self._storage.children, self._space_id, union_id=self._union_id)
        try:
            async for child in list_(parent_id or ROOT_ID):
                yield child
        except NotFound:
            with self._resolver() as resolver, suppress(TargetProblem):
                folder = await resolver.dentry(Target(text=path, kind="path", value=path))
                async for child in list_(folder.dentry_id):
                    yield child

    def _resolver(self) -> Resolver:
        return Resolver(
            self._dingtalk,
            self._request.space,
            union_id=self._union_id,
            max_dentries=self._request.totals.dentries + MORE,
        )


def verdict_of(before: Dentry, now: DentryInfo) -> Verdict:
    """What it is to be called that this entry is where it is now."""
    path = now.full_path
    if path == before.path:
        is_other = bool(now.parent_id and before.parent_id) and now.parent_id != before.parent_id
        return Verdict(RestoreOutcome.RESTORED, NEW_FOLDER if is_other else "", now.id, path)
    same_folder = _folder(path) == _folder(before.path)
    outcome = RestoreOutcome.RENAMED if same_folder else RestoreOutcome.MOVED
    return Verdict(outcome, "", now.id, path)


def likeness(before: Dentry, now: DentryInfo) -> int:
    """How sure it is that the one is the other; 0 for not at all."""
    if (now.type == "FOLDER") != before.is_folder or before.name not in names_before(now.name):
        return 0
    if now.size != before.size_bytes and not before.is_folder:
        return 0
    same_time = before.modified_at is not None and now.modified_time == before.modified_at
    same_name = now.name == before.name
    same_maker = now.creator_id == before.creator_id
    if same_time and same_maker:
        return 3 if same_name else 2
    is_older = now.create_time is None or before.modified_at is None or now.create_time <= before.modified_at
    return 1 if same_name and same_maker and is_older else 0


def names_before(name: str) -> set[str]:
    """The names it may have had before it got a number: itself, and without what may be one."""
    stem, dot, suffix = name.rpartition(".")
    parts = [(name, ""), (stem, f".{suffix}")] if dot and stem else [(name, "")]
    return {name} | {
        f"{part[:-length]}{tail}"
        for part, tail in parts
        for length in range(1, min(len(part), LONGEST_NUMBER + 1))
        if _NUMBER.fullmatch(part[-length:])
    }


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
