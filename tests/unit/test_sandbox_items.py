"""Single items made to fail inside a call that succeeds: what is reported failed was not touched."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.faults.faults import ItemFault
from tests.unit.storage_at_hand import MARKETING, Caller, caller

DENTRIES = f"/v1.0/storage/spaces/{MARKETING}/dentries"
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
Json = dict[str, Any]


@pytest.fixture
async def desk() -> AsyncIterator[Caller]:
    async with caller() as found:
        yield found


def fail(desk: Caller, dentry_id: str, route: str = "/v1.0/storage/", **more: Any) -> None:
    """Orders that this item fails with systemError."""
    desk.world.faults.order(route, item=ItemFault(dentry_id, "systemError"), **more)


def failed(dentry_id: str) -> Json:
    return {
        "spaceId": MARKETING,
        "dentryId": dentry_id,
        "async": False,
        "success": False,
        "errorCode": "systemError",
    }


async def test_what_is_reported_failed_is_still_there(desk: Caller) -> None:
    first, bad, last = desk.plant({"path": "/a"}, {"path": "/b"}, {"path": "/c"})
    fail(desk, bad)
    items = await desk.remove(first, bad, last)
    assert [item["dentryId"] for item in items] == [first, bad, last]
    assert [item["success"] for item in items] == [True, False, True]
    assert items[1] == failed(bad)
    tree = desk.drive.spaces[MARKETING].tree
    assert [tree.get(i) is not None for i in (first, bad, last)] == [False, True, False]


async def test_a_folder_that_fails_starts_no_task(desk: Caller) -> None:
    folder = desk.at("/2023").id
    fail(desk, folder)
    assert await desk.remove(folder) == [failed(folder)]
    assert not desk.drive.tasks
    assert desk.at("/2023").id == folder


async def test_an_id_given_twice_fails_twice(desk: Caller) -> None:
    bad, good = desk.plant({"path": "/a"}, {"path": "/b"})
    fail(desk, bad)
    items = await desk.remove(bad, good, bad)
    assert [item.get("errorCode") for item in items] == ["systemError", None, "systemError"]


@pytest.mark.parametrize("path", ["/report.pdf", "/2023"])
async def test_the_work_may_be_done_and_yet_reported_failed(desk: Caller, path: str) -> None:
    desk.world.limits.task_polls = 0
    bad, good = desk.at(path).id, desk.at("/空文件.txt").id
    fail(desk, bad, after=True)
    items = await desk.remove(bad, good, who="li")
    assert items[0] == failed(bad)
    assert items[1]["success"]
    assert desk.drive.spaces[MARKETING].tree.get(bad) is None


async def test_the_rest_is_refused_as_it_would_be_alone(desk: Caller) -> None:
    bad, good = desk.plant({"path": "/a"}, {"path": "/b"})
    fail(desk, bad)
    body = {"dentryIds": [bad, "x"]}
    assert await desk.refused("POST", f"{DENTRIES}/batchRemove", body) == (400, "paramError.dentryIds")
    body = {"dentryIds": [bad, good]}
    assert await desk.refused("POST", f"{DENTRIES}/batchRemove", body, who="sun") == (403, "permissionDenied")


async def test_a_list_too_long_is_refused_although_one_would_fail(desk: Caller) -> None:
    (bad,) = desk.plant({"path": "/a"})
    fail(desk, bad)
    body = {"dentryIds": [bad, *(["1"] * 50)]}
    assert await desk.refused("POST", f"{DENTRIES}/batchRemove", body) == (400, "paramError.dentryIds")


async def test_only_a_call_that_names_the_item_uses_the_fault_up(desk: Caller) -> None:
    bad, good = desk.plant({"path": "/a"}, {"path": "/b"})
    fail(desk, bad, REMOVE, count=1)
    (item,) = await desk.remove(good)
    assert item["success"]
    assert await desk.remove(bad) == [failed(bad)]
    (item,) = await desk.remove(bad)
    assert item["success"]


async def test_a_query_of_a_failing_item_is_without_async(desk: Caller) -> None:
    bad, good = desk.plant({"path": "/a"}, {"path": "/b"})
    fail(desk, bad)
    items = (await desk.ok("POST", f"{DENTRIES}/query", {"dentryIds": [good, bad]}))["resultItems"]
    assert items[0]["success"]
    assert items[1] == {k: v for k, v in failed(bad).items() if k != "async"}


@pytest.mark.parametrize("verb", ["batchMove", "batchCopy"])
async def test_what_fails_is_neither_moved_nor_copied(desk: Caller, verb: str) -> None:
    bad, folder = desk.plant({"path": "/a"}, {"path": "/to/"})
    fail(desk, bad)
    body = {"dentryIds": [bad], "targetSpaceId": MARKETING, "targetFolderId": folder}
    assert (await desk.ok("POST", f"{DENTRIES}/{verb}", body))["resultItems"] == [failed(bad)]
    assert desk.at("/a").id == bad
    assert not desk.drive.spaces[MARKETING].tree.child_count(folder)


@pytest.mark.parametrize("after", [False, True])
async def test_what_fails_stays_in_the_bin(desk: Caller, after: bool) -> None:
    ids = desk.plant({"path": "/a"}, {"path": "/b"})
    await desk.remove(*ids)
    recycle_bin = await desk.bin()
    listed = (await desk.ok("GET", f"{recycle_bin}/recycleItems"))["recycleItems"]
    items = {item["dentryId"]: item["id"] for item in listed}
    bad, good = (items[i] for i in ids)
    fail(desk, bad, after=after)
    body = {"recycleItemIds": [bad, good]}
    results = (await desk.ok("POST", f"{recycle_bin}/recycleItems/batchRestore", body))["resultItems"]
    assert results[0] == {
        "recycleBinId": recycle_bin.rpartition("/")[2],
        "recycleItemId": bad,
        "async": False,
        "success": False,
        "errorCode": "systemError",
    }
    assert results[1]["success"]
    left = (await desk.ok("GET", f"{recycle_bin}/recycleItems"))["recycleItems"]
    assert [item["id"] for item in left] == ([] if after else [bad])
