"""The official Python SDK as a developer would use it: a folder is deleted, found in the bin and put back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from alibabacloud_dingtalk.storage_1_0 import models as storage
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from tests.conformance.callers import client
from tests.conformance.control import CORP_ID, Control
from tests.conformance.given import known

# The SDK leaves it to the garbage collector to close the sockets of its blocking half.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

Method = Callable[..., Awaitable[Any]]


class Storage:
    """The storage family of the SDK, blocking or not, with the token put into each call's headers."""

    def __init__(self, url: str, token: str, *, blocking: bool) -> None:
        self.client = client(url, "storage_1_0")
        self.token = token
        self.blocking = blocking

    async def __call__(self, name: str, headers: Any, *arguments: Any) -> Any:
        """Calls a method by the name it has in the SDK; returns the body of its answer."""
        headers.x_acs_dingtalk_access_token = self.token
        arguments = (*arguments, headers, RuntimeOptions())
        if self.blocking:
            return (await asyncio.to_thread(getattr(self.client, f"{name}_with_options"), *arguments)).body
        return (await getattr(self.client, f"{name}_with_options_async")(*arguments)).body


@pytest.fixture(params=["blocking", "async"])
async def call(sandbox_process: Control, request: pytest.FixtureRequest) -> Storage:
    token = await sandbox_process.token()
    return Storage(sandbox_process.url, token, blocking=request.param == "blocking")


async def _delete(call: Storage, names: dict[str, str], *dentry_ids: str, recycle: bool | None) -> list[Any]:
    option = None if recycle is None else storage.DeleteDentriesRequestOption(to_recycle_bin=recycle)
    request = storage.DeleteDentriesRequest(
        union_id=names["wang"], dentry_ids=list(dentry_ids), option=option
    )
    items: list[Any] = (
        await call("delete_dentries", storage.DeleteDentriesHeaders(), names["space"], request)
    ).result_items
    return items


async def _finished(call: Storage, names: dict[str, str], task_id: str) -> Any:
    request = storage.GetTaskRequest(union_id=names["wang"])
    seen = []
    while True:
        task = (await call("get_task", storage.GetTaskHeaders(), task_id, request)).task
        seen.append(task.status)
        if task.status not in {"INIT", "IN_PROGRESS"}:
            return task
        assert len(seen) < 50, seen


async def _bin_items(call: Storage, names: dict[str, str]) -> tuple[str, list[Any]]:
    where = storage.GetRecycleBinRequest(recycle_bin_scope="ORG", scope_id=CORP_ID, union_id=names["wang"])
    bin_id = (await call("get_recycle_bin", storage.GetRecycleBinHeaders(), where)).recycle_bin.id
    page = storage.ListRecycleItemsRequest(max_results=50, union_id=names["wang"])
    listed = await call("list_recycle_items", storage.ListRecycleItemsHeaders(), bin_id, page)
    return bin_id, listed.recycle_items


async def _dentry(call: Storage, names: dict[str, str], dentry_id: str) -> Any:
    request = storage.GetDentryRequest(union_id=names["wang"])
    return (await call("get_dentry", storage.GetDentryHeaders(), names["space"], dentry_id, request)).dentry


async def test_a_folder_goes_to_the_bin_and_comes_back(call: Storage, sandbox_process: Control) -> None:
    names = await known(sandbox_process, ("files",))
    await sandbox_process.limits(taskSeconds=0, taskPolls=3)
    (item,) = await _delete(call, names, names["folder"], recycle=True)
    assert (item.async_, item.success, item.error_code) == (True, None, None)
    task = await _finished(call, names, item.task_id)
    assert (task.status, task.fail_count) == ("SUCCESS", 0)

    bin_id, items = await _bin_items(call, names)
    recycled = next(each for each in items if each.dentry_id == names["folder"])
    assert (recycled.type, recycled.original_path) == ("FOLDER", "/conformance folder")
    assert recycled.operator_id == names["wang"]

    request = storage.RestoreRecycleItemsRequest(
        recycle_item_ids=[recycled.id],
        union_id=names["wang"],
        option=storage.RestoreRecycleItemsRequestOption(conflict_strategy="AUTO_RENAME"),
    )
    answer = await call("restore_recycle_items", storage.RestoreRecycleItemsHeaders(), bin_id, request)
    (back,) = answer.result_items
    assert back.async_ is True
    assert (await _finished(call, names, back.task_id)).status == "SUCCESS"
    assert (await _dentry(call, names, back.dentry_id)).path == "/conformance folder"


async def test_without_the_option_a_file_is_gone_for_ever(call: Storage, sandbox_process: Control) -> None:
    """toRecycleBin is false by default: https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk"""
    names = await known(sandbox_process, ("files",))
    (item,) = await _delete(call, names, names["file"], recycle=None)
    assert (item.async_, item.success) == (False, True)
    _, items = await _bin_items(call, names)
    assert names["file"] not in {each.dentry_id for each in items}
    with pytest.raises(TeaException) as gone:
        await _dentry(call, names, names["file"])
    assert gone.value.code == "dentryNotExist"
    assert gone.value.statusCode == 404


async def test_one_item_may_fail_while_the_others_go(call: Storage, sandbox_process: Control) -> None:
    names = await known(sandbox_process, ("files",))
    items = await _delete(call, names, names["file"], names["denied"], "99999999999", recycle=True)
    by_id = {item.dentry_id: (item.success, item.error_code or None) for item in items}
    assert by_id == {
        names["file"]: (True, None),
        names["denied"]: (False, "permissionDenied"),
        "99999999999": (False, "dentryNotExist"),
    }


async def test_the_whole_space_is_listed_page_by_page(call: Storage, sandbox_process: Control) -> None:
    names = await known(sandbox_process, ("files",))
    seen: list[str] = []
    token = None
    while token != "":
        option = storage.ListAllDentriesRequestOption(max_results=50, next_token=token, order="ASC")
        request = storage.ListAllDentriesRequest(union_id=names["wang"], option=option)
        page = await call("list_all_dentries", storage.ListAllDentriesHeaders(), names["space"], request)
        assert 1 <= len(page.dentries) <= 50
        seen += [dentry.id for dentry in page.dentries]
        token = page.next_token or ""
    assert len(seen) == len(set(seen))
    everything = await sandbox_process.ask("GET", f"drive/{names['space']}")
    assert set(seen) == {entry["id"] for entry in everything["dentries"]}


async def test_a_level_is_listed_page_by_page(call: Storage, sandbox_process: Control) -> None:
    names = await known(sandbox_process, ("files",))
    seen: list[str] = []
    token = None
    while token != "":
        request = storage.ListDentriesRequest(
            parent_id="0",
            max_results=5,
            order_by="NAME",
            order="ASC",
            next_token=token,
            union_id=names["wang"],
        )
        page = await call("list_dentries", storage.ListDentriesHeaders(), names["space"], request)
        assert 1 <= len(page.dentries) <= 5
        seen += [dentry.id for dentry in page.dentries]
        token = page.next_token or ""
    everything = (await sandbox_process.ask("GET", f"drive/{names['space']}"))["dentries"]
    assert sorted(seen) == sorted(entry["id"] for entry in everything if entry["parentId"] == "0")


async def test_a_level_is_ordered_as_asked(call: Storage, sandbox_process: Control) -> None:
    names = await known(sandbox_process, ("files",))
    request = storage.ListDentriesRequest(
        parent_id="0", max_results=50, order_by="SIZE", order="DESC", union_id=names["wang"]
    )
    page = await call("list_dentries", storage.ListDentriesHeaders(), names["space"], request)
    sizes = [dentry.size for dentry in page.dentries if dentry.type == "FILE"]
    assert sizes == sorted(sizes, reverse=True)
    assert {dentry.parent_id for dentry in page.dentries} == {"0"}


async def test_the_sdk_reads_a_missing_permission(call: Storage, sandbox_process: Control) -> None:
    """https://open.dingtalk.com/document/development/add-api-permission"""
    names = await known(sandbox_process, ())
    await sandbox_process.scopes("Storage.File.Write")
    with pytest.raises(TeaException) as refused:
        await call(
            "get_space",
            storage.GetSpaceHeaders(),
            names["space"],
            storage.GetSpaceRequest(union_id=names["wang"]),
        )
    assert refused.value.code == "Forbidden.AccessDenied.AccessTokenPermissionDenied"
    assert refused.value.statusCode == 403
    assert refused.value.data["accessdenieddetail"] == {"requiredScopes": ["Storage.Space.Read"]}
