"""From what a requester named to a manifest: what would go, all of it, frozen."""

from __future__ import annotations

import asyncio
import difflib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.deletion.problems import TargetProblem
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import DentryRef, QueryItem
from bot.dingtalk.errors import Denied, Invalid, NotFound
from bot.dingtalk.storage import QUERY_BATCH
from bot.models import Dentry, Entry, Manifest, Space, Target

ROOT_ID = "0"
LISTINGS_AT_ONCE = 8
MAX_NO_IDS = 3
MAX_SLIP, MAX_COMPARED, MAX_NAME_COMPARED = 4, 300, 120
"""How far a mistyped name is looked for: comparing names is slow, and everybody waits meanwhile."""


@dataclass(frozen=True)
class Folder:
    """A folder, by its path from the root of its space, and its entries."""

    path: str
    dentries: list[Dentry]


class Resolver:
    """One resolution: remembers each folder it lists, since every listing is a counted call."""

    def __init__(self, dingtalk: DingTalk, space: Space, *, union_id: str, max_dentries: int) -> None:
        self._dingtalk = dingtalk
        self._storage = dingtalk.storage
        self._space = space
        self._union_id = union_id
        self._max = max_dentries
        self._no_ids = 0
        self._listed: dict[str, list[Dentry]] = {}
        self._room = asyncio.Semaphore(LISTINGS_AT_ONCE)

    async def manifest(self, targets: Sequence[Target]) -> Manifest:
        """Freeze what these targets come to. Raises TargetProblem naming the first that is wrong."""
        named = list({(target.kind, target.value): target for target in targets}.values())
        if len(named) > self._max:  # before it costs a call
            raise TargetProblem("over_cap", count=len(named), max=self._max)
        roots = _unique(await self._dentries(named))
        if any(root.dentry_id == ROOT_ID or root.path == "/" for root in roots):  # by its id or a link
            raise TargetProblem("root")
        if len(roots) > self._max:
            raise TargetProblem("over_cap", count=len(roots), max=self._max)
        inside = {root.dentry_id: await self.contents(root) for root in roots if root.is_folder}
        nested = {dentry.dentry_id for contents in inside.values() for dentry in contents}
        kept = [root for root in roots if root.dentry_id not in nested]
        manifest = Manifest.freeze(self._space, _entries(kept, inside))
        if manifest.totals.dentries > self._max:
            raise TargetProblem("over_cap", count=manifest.totals.dentries, max=self._max)
        return manifest

    async def folder(self, target: Target) -> Folder:
        """The folder a target names, with what lies in it. Raises TargetProblem when there is none."""
        if target.kind == "root":
            return Folder("/", await self._children(ROOT_ID))
        found = (await self._dentries([target]))[0]
        if not found.is_folder:
            raise TargetProblem("through_file", path=target.text, file=found.path)
        return Folder(found.path, await self._children(found.dentry_id))

    async def _dentries(self, targets: Sequence[Target]) -> list[Dentry]:
        ids = [target.value for target in targets if target.kind == "id"]
        by_id = await self._by_id(ids) if ids else {}
        return [await self._dentry(target, by_id) for target in targets]

    async def _dentry(self, target: Target, by_id: dict[str, Dentry]) -> Dentry:
        match target.kind:
            case "root":
                raise TargetProblem("root")
            case "link":
                return await self._linked(target)
            case "id" if target.value in by_id:
                return by_id[target.value]
            case "id":  # digits can be a name as well
                return await self._walk(Target(text=target.text, kind="name", value=f"/{target.text}"))
            case "name":
                return await self._walk(Target(text=target.text, kind="name", value=f"/{target.value}"))
            case "path":
                return await self._walk(target)

    async def _by_id(self, ids: Sequence[str]) -> dict[str, Dentry]:
        """What these ids stand for. Raises TargetProblem `nothing` when all of them are known to be deleted."""
        items = await self._queried(ids)
        if items and all(item.dentry and not item.dentry.is_there for item in items):
            raise TargetProblem("nothing")
        return {
            item.dentry_id: item.dentry.as_dentry() for item in items if item.dentry and item.dentry.is_there
        }

    async def _queried(self, ids: Sequence[str]) -> list[QueryItem]:
        """DingTalk refuses a whole query for one id it does not take for one: halving finds it.

        It is nobody's then (its digits may still be a name); after a few of those the next one is the answer,
        or a list of nonsense would cost more calls than an organisation has in a month.
        """
        try:
            return await self._storage.dentries(self._space.id, ids, union_id=self._union_id)
        except Invalid:
            if len(ids) == 1:
                self._no_ids += 1
                if self._no_ids > MAX_NO_IDS:
                    raise TargetProblem("not_found", target=ids[0], nearest=None) from None
                return [QueryItem(dentry_id=ids[0])]
        size = min(len(ids) // 2, QUERY_BATCH)
        parts = [ids[start : start + size] for start in range(0, len(ids), size)]
        return [item for part in parts for item in await self._queried(part)]

    async def _linked(self, target: Target) -> Dentry:
        ref = await follow(self._dingtalk, target, union_id=self._union_id)
        if ref.space_id != self._space.id:
            raise TargetProblem("two_spaces")
        found = await self._by_id([ref.dentry_id])
        if ref.dentry_id not in found:
            raise TargetProblem("link_not_found")
        return found[ref.dentry_id]

    async def _walk(self, target: Target) -> Dentry:
        """Follow a path from the root, one listing for each folder on the way."""
        names = target.value.strip("/").split("/")
        here: Dentry | None = None
        for name in names:
            if here is not None and not here.is_folder:
                raise TargetProblem("through_file", path=target.text, file=here.path)
            siblings = await self._children(here.dentry_id if here else ROOT_ID)
            here = _named(name, siblings, target)
        if here is None:
            raise TargetProblem("root")
        return here

    async def contents(self, folder: Dentry) -> list[Dentry]:
        """Everything inside a folder, at any depth; stops as soon as it is too much."""
        found: list[Dentry] = []
        level = [folder]
        while level:
            listings = await asyncio.gather(
                *(self._children(parent.dentry_id, at_most=self._max) for parent in level)
            )
            children = [child for listing in listings for child in listing]
            found += children
            if len(found) >= self._max:
                raise TargetProblem("over_cap", count=len(found) + 1, max=self._max)
            level = [child for child in children if child.is_folder]
        return found

    async def _children(self, parent_id: str, *, at_most: int | None = None) -> list[Dentry]:
        """What lies directly in a folder. Raises TargetProblem `over_cap` as soon as it is more than `at_most`."""
        if parent_id not in self._listed:
            found: list[Dentry] = []
            async with self._room:
                async for info in self._storage.children(self._space.id, parent_id, union_id=self._union_id):
                    found.append(info.as_dentry())
                    if at_most is not None and len(found) >= at_most:
                        raise TargetProblem("over_cap", count=len(found) + 1, max=self._max)
            self._listed[parent_id] = found
        return self._listed[parent_id]


async def follow(dingtalk: DingTalk, link: Target, *, union_id: str) -> DentryRef:
    """Where a link leads. Raises TargetProblem `link_not_found`, also when this person may not follow it."""
    try:
        return await dingtalk.storage.by_uuid(link.value, union_id=union_id)
    except (NotFound, Invalid):
        raise TargetProblem("link_not_found") from None
    except Denied as exc:
        if exc.code != "permissionDenied":  # then it is the robot that lacks a permission
            raise
        raise TargetProblem("link_not_found") from None


def _named(name: str, siblings: Sequence[Dentry], target: Target) -> Dentry:
    """The one sibling with this name: exactly, or else as it looks (width and case of its characters aside)."""
    for same in (lambda other: other == name, lambda other: _looks(other) == _looks(name)):
        matches = [dentry for dentry in siblings if same(dentry.name)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise TargetProblem("ambiguous", target=target.text, dentries=matches)
    alike = [d.name for d in siblings if abs(len(d.name) - len(name)) <= MAX_SLIP][:MAX_COMPARED]
    nearest = difflib.get_close_matches(name, alike, n=1) if len(name) <= MAX_NAME_COMPARED else []
    path = next((dentry.path for dentry in siblings if nearest and dentry.name == nearest[0]), None)
    raise TargetProblem("not_found", target=target.text, nearest=path)


def _looks(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _unique(dentries: Iterable[Dentry]) -> list[Dentry]:
    return list({dentry.dentry_id: dentry for dentry in dentries}.values())


def _entries(roots: Sequence[Dentry], inside: dict[str, list[Dentry]]) -> Iterable[Entry]:
    """Each target, followed by what lies in it."""
    for root in roots:
        contents = inside.get(root.dentry_id, [])
        yield Entry(dentry=root, contents=len(contents), contents_bytes=sum(d.size_bytes for d in contents))
        for dentry in contents:
            yield Entry(dentry=dentry, target_id=root.dentry_id)
