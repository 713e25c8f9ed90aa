"""What happens when something comes back from the recycle bin and its name is taken.

https://open.dingtalk.com/document/development/batch-restore-recycled-items
"""

import pytest

from tests.conformance.control import Control, Json
from tests.conformance.given import known

PATH = "/conformance two.txt"


async def _restored(sandbox: Control, strategy: str) -> tuple[dict[str, str], str, Json]:
    """Restores the recycled file over a newer one of the same name: names, id of the newer, the item's result."""
    names = await known(sandbox, ("files", "recycled"))
    newer = (await sandbox.create(names["space"], {"path": PATH, "size": 1, "creator": "wang"}))[PATH]["id"]
    body = {"recycleItemIds": [names["item"]], "option": {"conflictStrategy": strategy}}
    path = f"/v1.0/storage/recycleBins/{names['bin']}/recycleItems/batchRestore"
    (result,) = (await sandbox.api("POST", path, body, unionId=names["wang"]))["resultItems"]
    return names, newer, result


async def _sizes(sandbox: Control, names: dict[str, str]) -> dict[str, int]:
    """Sizes of the files whose name begins with that of the recycled one."""
    listed = await sandbox.entries(names["space"])
    return {path: entry["size"] for path, entry in listed.items() if path.startswith("/conformance two")}


async def test_both_stay_when_the_old_one_is_renamed(sandbox: Control) -> None:
    names, newer, result = await _restored(sandbox, "AUTO_RENAME")
    assert (result["async"], result["success"]) == (False, True)
    assert result["dentryId"] != newer
    sizes = await _sizes(sandbox, names)
    assert (len(sizes), sizes[PATH], sorted(sizes.values())) == (2, 1, [1, 1024])


async def test_the_old_one_replaces_the_newer(sandbox: Control) -> None:
    names, _, result = await _restored(sandbox, "OVERWRITE")
    assert result["success"] is True
    assert await _sizes(sandbox, names) == {PATH: 1024}


async def test_the_newer_one_is_named_instead(sandbox: Control) -> None:
    names, newer, result = await _restored(sandbox, "RETURN_DENTRY_IF_EXISTS")
    assert (result["success"], result["dentryId"]) == (True, newer)
    assert await _sizes(sandbox, names) == {PATH: 1}


async def test_a_taken_name_is_an_error_when_asked_for(sandbox: Control) -> None:
    names, _, result = await _restored(sandbox, "RETURN_ERROR_IF_EXISTS")
    assert result["success"] is False
    assert result["errorCode"]
    assert await _sizes(sandbox, names) == {PATH: 1}


@pytest.mark.parametrize("verb", ["batchRestore", "batchRemove"])
async def test_an_item_is_used_up(sandbox: Control, verb: str) -> None:
    """What was restored, or deleted for good, is no longer in the bin."""
    names = await known(sandbox, ("files", "recycled"))
    root = f"/v1.0/storage/recycleBins/{names['bin']}/recycleItems"
    await sandbox.api("POST", f"{root}/{verb}", {"recycleItemIds": [names["item"]]}, unionId=names["wang"])
    left = (await sandbox.api("GET", root, unionId=names["wang"]))["recycleItems"]
    assert names["item"] not in {item["id"] for item in left}


async def test_the_newest_item_comes_first_and_pages_do_not_overlap(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/gets-the-list-of-recycle-items"""
    names = await known(sandbox, ("files", "recycled"))
    await sandbox.advance(60)
    await sandbox.remove(names["space"], names["wang"], names["inside"])
    path = f"/v1.0/storage/recycleBins/{names['bin']}/recycleItems"
    seen: list[Json] = []
    more: dict[str, str] = {}
    while True:
        page = await sandbox.api("GET", path, maxResults=1, unionId=names["wang"], **more)
        seen += page["recycleItems"]
        more = {"nextToken": page.get("nextToken") or ""}
        if not more["nextToken"]:
            break
    assert seen[0]["dentryId"] == names["inside"]
    assert len(seen) == len({item["id"] for item in seen}) >= 3


async def test_what_comes_back_finds_its_folder_again_though_that_is_gone(sandbox: Control) -> None:
    """To the place where it was: https://open.dingtalk.com/document/development/restore-recycle-items"""
    names = await known(sandbox, ("files",))
    await sandbox.remove(names["space"], names["wang"], names["inside"])
    gone = {"remove": [{"path": "/conformance folder"}]}
    await sandbox.ask("POST", f"drive/{names['space']}", gone)
    root = "/v1.0/storage/recycleBins"
    found = await sandbox.api(
        "GET", root, recycleBinScope="ORG", scopeId=names["corp"], unionId=names["wang"]
    )
    items = f"{root}/{found['recycleBin']['id']}/recycleItems"
    (item, *_) = (await sandbox.api("GET", items, unionId=names["wang"]))["recycleItems"]
    assert item["originalPath"] == "/conformance folder/inside.txt"
    back = await sandbox.api("POST", f"{items}/{item['id']}/restore", {}, unionId=names["wang"])
    restored = (await sandbox.entries(names["space"]))["/conformance folder/inside.txt"]
    assert (back["async"], back["dentryId"]) == (False, restored["id"])
