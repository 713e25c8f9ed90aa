"""From what a requester named to a manifest: what would go, all of it, frozen."""

from __future__ import annotations

import asyncio
import difflib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from bot.deletion.listings import CHUNK, Contents, Found, Listing
from bot.deletion.problems import TargetProblem
from bot.dingtalk import DingTalk
from bot.dingtalk.dentry import DentryRef, QueryItem
from bot.dingtalk.errors import Denied, Invalid, NotFound
from bot.dingtalk.storage import QUERY_BATCH
from bot.models import Dentry, Manifest, Space, Tally, Target
from bot.spool import Spool, in_parts

ROOT_ID = "0"
LISTINGS_AT_ONCE = 8
MAX_NO_IDS = 3
MAX_SLIP, MAX_COMPARED, MAX_NAME_COMPARED = 4, 300, 120
"""How far a mistyped name is looked for: comparing names is slow, and everybody waits meanwhile."""


MAX_SHOWN = 2000
"""More of a folder's entries of one kind than that fit into no message."""


@dataclass(frozen=True)
class Folder:
    """A folder, by its path from the root of its space, and its first entries: folders, then files."""

    path: str
    dentries: Sequence[Dentry]
    total: int


class Resolver:
    """One resolution: remembers each folder it lists, since every listing is a counted call.

    Use it as a context manager: what it found lies in a file, which is gone afterwards.
    """

    def __init__(self, dingtalk: DingTalk, space: Space, *, union_id: str, max_dentries: int) -> None:
        self._dingtalk = dingtalk
        self._storage = dingtalk.storage
        self._space = space
        self._union_id = union_id
        self._max = max_dentries
        self._no_ids = 0
        self._spool = Spool()
        self._listed: dict[str, Listing] = {}

    def __enter__(self) -> Self:
        self._spool.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._spool.__exit__(*exc)

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
        found = [(root, await self.contents(root) if root.is_folder else Contents()) for root in roots]
        nested = await _nested(found)
        entries = Found([(root, inside) for root, inside in found if root.dentry_id not in nested])
        tally = Tally()
        async for part in in_parts(entries):
            tally.add(part)
        if tally.totals.dentries > self._max:
            raise TargetProblem("over_cap", count=tally.totals.dentries, max=self._max)
        return Manifest(self._space, entries, tally.totals, tally.digest)

    async def folder(self, target: Target) -> Folder:
        """The folder a target names, with what lies in it. Raises TargetProblem when there is none."""
        if target.kind == "root":
            return await _folder("/", await self._children(ROOT_ID))
        found = await self.dentry(target)
        if not found.is_folder:
            raise TargetProblem("through_file", path=target.text, file=found.path)
        return await _folder(found.path, await self._children(found.dentry_id))

    async def dentry(self, target: Target) -> Dentry:
        """What a target names. Raises TargetProblem when there is nothing."""
        return (await self._dentries([target]))[0]

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
            here = await _named(name, siblings, target)
        if here is None:
            raise TargetProblem("root")
        return here

    async def contents(self, folder: Dentry) -> Contents:
        """Everything inside a folder, at any depth; stops as soon as it is too much."""
        found: list[Listing] = []
        level = [folder.dentry_id]
        while level:
            listings = await self._level(level, len(Contents(found)))
            found += listings
            level = [folder_id for listing in listings for folder_id in listing.folders]
        return Contents(found)

    async def _level(self, folder_ids: Sequence[str], before: int) -> list[Listing]:
        """What lies directly in each of these folders, some of them asked for at a time."""
        listed = [Listing(self._spool) for _ in folder_ids]
        waiting = iter(enumerate(folder_ids))

        async def work() -> None:
            nonlocal before
            for number, folder_id in waiting:
                listed[number] = listing = await self._children(folder_id, at_most=self._max - before)
                before += len(listing)
                if before >= self._max:
                    raise self._too_much(before)

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(min(LISTINGS_AT_ONCE, len(folder_ids))):
                    tasks.create_task(work())
        except ExceptionGroup as failed:
            first = failed.exceptions[0]
            raise first from first.__cause__
        return listed

    async def _children(self, parent_id: str, *, at_most: int | None = None) -> Listing:
        """What lies directly in a folder. Raises TargetProblem `over_cap` as soon as it is `at_most` or more."""
        if parent_id not in self._listed:
            listing = Listing(self._spool)
            page: list[Dentry] = []
            async for info in self._storage.children(self._space.id, parent_id, union_id=self._union_id):
                page.append(info.as_dentry())
                if at_most is not None and len(listing) + len(page) >= at_most:
                    raise self._too_much(self._max)
                if len(page) == CHUNK:
                    listing.add(page)
                    page = []
            if page:
                listing.add(page)
            self._listed[parent_id] = listing
        return self._listed[parent_id]

    def _too_much(self, inside: int) -> TargetProblem:
        """The folder itself counts, too."""
        return TargetProblem("over_cap", count=inside + 1, max=self._max)


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


async def _named(name: str, siblings: Listing, target: Target) -> Dentry:
    """The one sibling with this name: exactly, or else as it looks (width and case of its characters aside)."""
    looks = _looks(name)
    sames: tuple[Callable[[str], bool], ...] = (
        lambda other: other == name,
        lambda other: _looks(other) == looks,
    )
    for same in sames:
        matches = await siblings.named(same, MAX_COMPARED)
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise TargetProblem("ambiguous", target=target.text, dentries=matches)
    raise TargetProblem("not_found", target=target.text, nearest=await _nearest(name, siblings))


async def _nearest(name: str, siblings: Listing) -> str | None:
    """The path of the sibling that was probably meant."""
    if len(name) > MAX_NAME_COMPARED:
        return None
    alike = await siblings.named(lambda other: abs(len(other) - len(name)) <= MAX_SLIP, MAX_COMPARED)
    nearest = difflib.get_close_matches(name, [dentry.name for dentry in alike], n=1)
    return next((dentry.path for dentry in alike if dentry.name in nearest), None)


def _looks(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _unique(dentries: Iterable[Dentry]) -> list[Dentry]:
    return list({dentry.dentry_id: dentry for dentry in dentries}.values())


async def _nested(found: Sequence[tuple[Dentry, Contents]]) -> set[str]:
    """The targets that lie in another one."""
    roots = {root.dentry_id for root, _ in found}
    nested: set[str] = set()
    if len(roots) > 1:
        for _, inside in found:
            nested |= await inside.those_of(roots)
    return nested


async def _folder(path: str, listing: Listing) -> Folder:
    folders: list[Dentry] = []
    files: list[Dentry] = []
    async for part in in_parts(listing):
        folders += [dentry for dentry in part if dentry.is_folder][: MAX_SHOWN - len(folders)]
        files += [dentry for dentry in part if not dentry.is_folder][: MAX_SHOWN - len(files)]
    return Folder(path, [*folders, *files], len(listing))
