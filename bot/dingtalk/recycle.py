"""The recycle bin of an organisation: what lies in it, and putting it back. Every call is made for one person.

Bin: https://open.dingtalk.com/document/development/obtain-information-about-the-recycle-bin
Items: https://open.dingtalk.com/document/development/gets-the-list-of-recycle-items
One item: https://open.dingtalk.com/document/development/obtain-recycling-item-information
Restore: https://open.dingtalk.com/document/development/batch-restore-recycled-items
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from pydantic import Field

from bot.dingtalk.dentry import Progress, Tried
from bot.dingtalk.paging import Page, pages
from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Time, Traced, Whole, Wired

BIN = Api("GET", "/v1.0/storage/recycleBins")
ITEMS = Api("GET", "/v1.0/storage/recycleBins/{recycleBinId}/recycleItems")
ITEM = Api("GET", "/v1.0/storage/recycleBins/{recycleBinId}/recycleItems/{recycleItemId}")
RESTORE = Api("POST", "/v1.0/storage/recycleBins/{recycleBinId}/recycleItems/batchRestore", write=True)

PAGE = 50
RESTORE_BATCH = 30


class RecycleItem(Wired):
    """One deletion in the bin: a file, or a folder with all that lay in it. `dentry_id` is that before it went.

    `operator_id` is the unionId of whoever deleted it. Times may come without seconds.
    """

    id: str = Field(min_length=1)
    space_id: str = ""
    dentry_id: str = ""
    size: Whole = 0
    type: str = ""
    original_name: str = ""
    original_path: str = ""
    operator_id: str = ""
    operator_time: Time = None


class RestoreItem(Tried):
    """What became of one recycle item. `dentry_id` is that of what came back: it may be another than before."""

    recycle_bin_id: str = ""
    recycle_item_id: str = ""

    @property
    def progress(self) -> Progress:
        """A dentryId is given "unless it failed": where nothing else is said, that says enough."""
        said = super().progress
        return Progress.DONE if said is Progress.UNKNOWN and self.dentry_id else said


class _Bin(Wired):
    id: str = Field(min_length=1)


class _BinAnswer(Wired):
    recycle_bin: _Bin


class _ItemAnswer(Wired):
    item: RecycleItem


class _ItemPage(Page):
    recycle_items: tuple[RecycleItem, ...] = ()


class _RestoreAnswer(Traced):
    result_items: tuple[RestoreItem, ...] = ()


class RecycleBins:
    """The recycle bin's calls of one app. All raise DingTalkError; `union_id` is the operator's."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def bin_id(self, corp_id: str, *, union_id: str) -> str:
        """The id of an organisation's bin, which does not change."""
        query = {"recycleBinScope": "ORG", "scopeId": corp_id, "unionId": union_id}
        return (await self._wire.ask(BIN, _BinAnswer, query=query)).recycle_bin.id

    async def pages(self, bin_id: str, *, union_id: str) -> AsyncIterator[tuple[RecycleItem, ...]]:
        """Everything in the bin, 50 at a time; the newest first as far as seen, which nobody promises."""
        fixed: dict[str, str | int] = {"unionId": union_id, "maxResults": PAGE}
        path = {"recycleBinId": bin_id}
        async for page in pages(lambda more: self._wire.ask(ITEMS, _ItemPage, path=path, query=fixed | more)):
            yield page.recycle_items

    async def item(self, bin_id: str, item_id: str, *, union_id: str) -> RecycleItem:
        """One item. Raises NotFound when it has left the bin."""
        path = {"recycleBinId": bin_id, "recycleItemId": item_id}
        return (await self._wire.ask(ITEM, _ItemAnswer, path=path, query={"unionId": union_id})).item

    async def restore(self, bin_id: str, item_ids: Sequence[str], *, union_id: str) -> list[RestoreItem]:
        """Put up to 30 items back: one call, never repeated here. What finds its name taken gets another one.

        One item per id, in their order; an id the answer leaves out comes back with unknown progress.
        Raises ValueError for no ids or more than 30.
        """
        if not 0 < len(item_ids) <= RESTORE_BATCH:
            raise ValueError(f"batchRestore takes 1 to {RESTORE_BATCH} items, not {len(item_ids)}")
        answer = await self._wire.ask(
            RESTORE,
            _RestoreAnswer,
            path={"recycleBinId": bin_id},
            query={"unionId": union_id},
            body={"recycleItemIds": list(item_ids), "option": {"conflictStrategy": "AUTO_RENAME"}},
        )
        found = _agreed(answer.result_items)
        items = [found.get(id_) or RestoreItem(recycle_item_id=id_) for id_ in item_ids]
        traced = {"dingtalk_request_id": answer.dingtalk_request_id}
        return [item.model_copy(update=traced) for item in items]


def _agreed(items: Sequence[RestoreItem]) -> dict[str, RestoreItem]:
    """Items by their id, without those of which an answer says one thing and another."""
    found: dict[str, RestoreItem] = {}
    torn = {i.recycle_item_id for i in items if found.setdefault(i.recycle_item_id, i) != i}
    return {item_id: item for item_id, item in found.items() if item_id not in torn}
