"""Spaces and what lies in them. Every call is made for one person, whose rights DingTalk checks.

Space: https://open.dingtalk.com/document/development/get-space-information
Spaces: https://open.dingtalk.com/document/development/queries-a-space-list
Group space: https://open.dingtalk.com/document/development/obtain-group-storage-space-information
One level: https://open.dingtalk.com/document/development/get-a-list-of-files-or-folders
Whole space: https://open.dingtalk.com/document/development/get-a-list-of-all-files-or-folders-under-a
One dentry: https://open.dingtalk.com/document/development/obtain-file-or-folder-information
Several: https://open.dingtalk.com/document/development/get-file-or-folder-information-in-bulk
Link: https://open.dingtalk.com/document/development/api-getdentryidbyuuid
Remove: https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk
Task: https://open.dingtalk.com/document/development/get-the-asynchronous-task-information-in-storage
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from bot.dingtalk.dentry import (
    ROOT_ID,
    DentryInfo,
    DentryRef,
    QueryItem,
    RemoveItem,
    SpaceInfo,
    Task,
)
from bot.dingtalk.paging import Page, batches, pages
from bot.dingtalk.wire import Api, Wire, at_once
from bot.dingtalk.wired import Traced, Wired

ItemT = TypeVar("ItemT", RemoveItem, QueryItem)

SPACE = Api("GET", "/v1.0/storage/spaces/{spaceId}")
SPACES = Api("GET", "/v1.0/drive/spaces")
GROUP_SPACE = Api("POST", "/v1.0/convFile/conversations/spaces/query")
CHILDREN = Api("GET", "/v1.0/storage/spaces/{spaceId}/dentries")
LIST_ALL = Api("POST", "/v1.0/storage/spaces/{spaceId}/dentries/listAll")
DENTRY = Api("POST", "/v1.0/storage/spaces/{spaceId}/dentries/{dentryId}/query")
DENTRIES = Api("POST", "/v1.0/storage/spaces/{spaceId}/dentries/query")
BY_UUID = Api("GET", "/v2.0/doc/dentries/{dentryUuid}/queryDentryId")
REMOVE = Api("POST", "/v1.0/storage/spaces/{spaceId}/dentries/batchRemove", write=True)
TASK = Api("GET", "/v1.0/storage/tasks/{taskId}")

PAGE = 50
QUERY_BATCH = 30
REMOVE_BATCH = 50


class _SpaceAnswer(Wired):
    space: SpaceInfo


class _DentryAnswer(Wired):
    dentry: DentryInfo


class _TaskAnswer(Wired):
    task: Task


class _QueryAnswer(Wired):
    result_items: tuple[QueryItem, ...] = ()


class _RemoveAnswer(Traced):
    result_items: tuple[RemoveItem, ...] = ()


class _SpacePage(Page):
    spaces: tuple[SpaceInfo, ...] = ()


class _DentryPage(Page):
    dentries: tuple[DentryInfo, ...] = ()


class Storage:
    """The storage calls of one app. All raise DingTalkError; `union_id` is the operator's."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def space(self, space_id: str, *, union_id: str) -> SpaceInfo:
        answer = await self._wire.ask(
            SPACE, _SpaceAnswer, path={"spaceId": space_id}, query={"unionId": union_id}
        )
        return answer.space

    async def spaces(self, union_id: str) -> list[SpaceInfo]:
        """The organisation's own spaces that this person sees."""
        query: dict[str, str | int] = {"unionId": union_id, "spaceType": "org", "maxResults": PAGE}
        found: list[SpaceInfo] = []
        async for page in pages(lambda more: self._wire.ask(SPACES, _SpacePage, query=query | more)):
            found += page.spaces
        return found

    async def conversation_space(self, open_conversation_id: str, *, union_id: str) -> SpaceInfo:
        """The file space of a group; it has an id and an organisation, and no name."""
        answer = await self._wire.ask(
            GROUP_SPACE,
            _SpaceAnswer,
            query={"unionId": union_id},
            body={"openConversationId": open_conversation_id},
        )
        return answer.space

    async def children(
        self, space_id: str, parent_id: str = ROOT_ID, *, union_id: str
    ) -> AsyncIterator[DentryInfo]:
        """What lies directly in a folder, by name; each dentry once."""
        fixed: dict[str, str | int] = {
            "unionId": union_id,
            "parentId": parent_id,
            "maxResults": PAGE,
            "orderBy": "NAME",
            "order": "ASC",
        }
        listed = pages(
            lambda more: self._wire.ask(CHILDREN, _DentryPage, path={"spaceId": space_id}, query=fixed | more)
        )
        async for dentry in _once(listed):
            yield dentry

    async def list_all(self, space_id: str, *, union_id: str) -> AsyncIterator[DentryInfo]:
        """Everything in a space, at any depth, the longest unchanged first; each dentry once.

        In this order DingTalk may repeat what changes meanwhile; in the other it may leave it out.
        """
        listed = pages(
            lambda more: self._wire.ask(
                LIST_ALL,
                _DentryPage,
                path={"spaceId": space_id},
                query={"unionId": union_id},
                body={"option": {"maxResults": PAGE, "order": "ASC", **more}},
            )
        )
        async for dentry in _once(listed):
            yield dentry

    async def dentry(self, space_id: str, dentry_id: str, *, union_id: str) -> DentryInfo:
        answer = await self._wire.ask(
            DENTRY,
            _DentryAnswer,
            path={"spaceId": space_id, "dentryId": dentry_id},
            query={"unionId": union_id},
            body={},
        )
        return answer.dentry

    async def dentries(self, space_id: str, dentry_ids: Sequence[str], *, union_id: str) -> list[QueryItem]:
        """One item per id, in their order; an id the answer leaves out comes back as not successful."""
        answers = await asyncio.gather(
            *(self._query(space_id, ids, union_id) for ids in batches(dentry_ids, QUERY_BATCH))
        )
        found = _agreed(item for items in answers for item in items)
        return [found.get(dentry_id) or QueryItem(dentry_id=dentry_id) for dentry_id in dentry_ids]

    async def by_uuid(self, dentry_uuid: str, *, union_id: str) -> DentryRef:
        """The dentry behind `https://alidocs.dingtalk.com/i/nodes/{dentry_uuid}`."""
        return await self._wire.ask(
            BY_UUID, DentryRef, path={"dentryUuid": dentry_uuid}, query={"operatorId": union_id}
        )

    async def remove(
        self,
        space_id: str,
        dentry_ids: Sequence[str],
        *,
        union_id: str,
        to_recycle_bin: bool,
        leaving: Callable[[], Awaitable[None]] = at_once,
    ) -> list[RemoveItem]:
        """Remove up to 50 dentries of one space: one call, never repeated here.

        One item per id, in their order; an id the answer leaves out, or says two things of, comes back with unknown
        progress. `leaving` is asked last: see `Wire.ask`.
        Raises ValueError for no ids or more than 50.
        """
        if not 0 < len(dentry_ids) <= REMOVE_BATCH:
            raise ValueError(f"batchRemove takes 1 to {REMOVE_BATCH} dentries, not {len(dentry_ids)}")
        answer = await self._wire.ask(
            REMOVE,
            _RemoveAnswer,
            path={"spaceId": space_id},
            query={"unionId": union_id},
            body={"dentryIds": list(dentry_ids), "option": {"toRecycleBin": to_recycle_bin}},
            leaving=leaving,
        )
        found = _agreed(answer.result_items)
        items = [found.get(id_) or RemoveItem(space_id=space_id, dentry_id=id_) for id_ in dentry_ids]
        traced = {"dingtalk_request_id": answer.dingtalk_request_id}
        return [item.model_copy(update=traced) for item in items]

    async def task(self, task_id: str, *, union_id: str) -> Task:
        answer = await self._wire.ask(
            TASK, _TaskAnswer, path={"taskId": task_id}, query={"unionId": union_id}
        )
        return answer.task

    async def _query(self, space_id: str, dentry_ids: Sequence[str], union_id: str) -> tuple[QueryItem, ...]:
        answer = await self._wire.ask(
            DENTRIES,
            _QueryAnswer,
            path={"spaceId": space_id},
            query={"unionId": union_id},
            body={"dentryIds": list(dentry_ids)},
        )
        return answer.result_items


async def _once(pages: AsyncIterator[_DentryPage]) -> AsyncIterator[DentryInfo]:
    seen: set[str] = set()
    async for page in pages:
        for dentry in page.dentries:
            if dentry.id not in seen:
                seen.add(dentry.id)
                yield dentry


def _agreed(items: Iterable[ItemT]) -> dict[str, ItemT]:
    """Items by dentryId, without those of which an answer says one thing and another."""
    found: dict[str, ItemT] = {}
    torn = {item.dentry_id for item in items if found.setdefault(item.dentry_id, item) != item}
    return {dentry_id: item for dentry_id, item in found.items() if dentry_id not in torn}
