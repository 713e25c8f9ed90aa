"""The storage interfaces over HTTP: looking, listing, deleting, tasks, the recycle bin."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.storage_at_hand import ARCHIVE, CORP, ENGINEERING, FOREIGN, MARKETING, Caller, Json, caller

DENTRIES = f"/v1.0/storage/spaces/{MARKETING}/dentries"
BATCH_REMOVE = f"{DENTRIES}/batchRemove"


@pytest.fixture
async def desk() -> AsyncIterator[Caller]:
    async with caller() as one:
        yield one


async def every_page(desk: Caller, method: str, path: str, field: str, **query: str) -> list[Json]:
    """All entries of a paged interface."""
    found: list[Json] = []
    token = ""
    while True:
        if method == "GET":
            more = {"nextToken": token} if token else {}
            page = await desk.ok(method, path, **query, **more)
        else:
            page = await desk.ok(method, path, {"option": {**query, "maxResults": 7, "nextToken": token}})
        found += page[field]
        token = page.get("nextToken", "")
        if not token:
            return found


async def test_every_outcome_of_one_call(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk"""
    ids = [desk.at(p).id for p in ("/report.pdf", "/客户名单.xlsx", "/2023", "/周会闪记 0312")]
    items = await desk.remove(*ids, "99999999999")
    task_id = items[2].pop("taskId")
    common: Json = {"spaceId": MARKETING, "async": False}
    assert items == [
        {**common, "dentryId": ids[0], "success": True},
        {**common, "dentryId": ids[1], "success": False, "errorCode": "permissionDenied"},
        {"spaceId": MARKETING, "dentryId": ids[2], "async": True},
        {**common, "dentryId": ids[3], "success": False, "errorCode": "operationNotSupported"},
        {**common, "dentryId": "99999999999", "success": False, "errorCode": "dentryNotExist"},
    ]
    task = (await desk.ok("GET", f"/v1.0/storage/tasks/{task_id}"))["task"]
    assert (task["status"], task["totalCount"], task["failCount"]) == ("SUCCESS", task["successCount"], 0)


async def test_what_the_seed_promises(desk: Caller) -> None:
    """wang may delete his own and what lies in /2023; in /交接 a file of zhao's stays and the task says so."""
    (item,) = await desk.remove(desk.at("/交接").id)
    task = (await desk.ok("GET", f"/v1.0/storage/tasks/{item['taskId']}"))["task"]
    assert (task["status"], task["failMessage"], task["failCount"]) == ("FAIL", "permissionDenied", 2)
    assert desk.at("/交接/未结款项.xlsx").creator_id == "zhaoUnionId"
    assert sum(len(s.tree) for s in desk.drive.spaces.values()) > 200
    (item,) = await desk.remove(desk.at("/客户名单.xlsx").id, who="li")
    assert item["success"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "paramError.dentryIds"),
        ({"dentryIds": "1"}, "paramError.dentryIds"),
        ({"dentryIds": []}, "paramError.dentryIds"),
        ({"dentryIds": ["0"]}, "paramError.dentryIds"),
        ({"dentryIds": ["9" * 400]}, "paramError.dentryIds"),
        ({"dentryIds": ["12a"]}, "paramError.dentryIds"),
        ({"dentryIds": ["１２"]}, "paramError.dentryIds"),
        ({"dentryIds": [12]}, "paramError.dentryIds"),
        ({"dentryIds": ["1"] * 51}, "paramError.dentryIds"),
        ({"dentryIds": ["1"], "option": []}, "paramError"),
        ({"dentryIds": ["1"], "option": {"toRecycleBin": "yes"}}, "paramError"),
        ({"dentryIds": ["1"], "option": {"toRecycleBin": 1}}, "paramError"),
        ({"dentryIds": ["1"], "option": {"toRecycleBin": None}}, ""),
        ({"dentryIds": ["1"], "option": None}, ""),
        ({"dentryIds": ["1"] * 50}, ""),
    ],
)
async def test_parameters_of_batch_remove(desk: Caller, body: Json, code: str) -> None:
    status, answer = await desk.call("POST", BATCH_REMOVE, body)
    assert (status, answer.get("code", "")) == ((400, code) if code else (200, ""))


async def test_whole_calls_refused(desk: Caller) -> None:
    file = {"dentryIds": [desk.at("/report.pdf").id], "option": {"toRecycleBin": True}}
    archived = {"dentryIds": [desk.at("/索引.xlsx", ARCHIVE).id], "option": {"toRecycleBin": True}}
    base = "/v1.0/storage/spaces/{}/dentries/batchRemove"
    assert await desk.refused("POST", base.format("xyz"), file) == (400, "paramError.spaceId")
    assert await desk.refused("POST", base.format("999"), file) == (404, "spaceNotExist")
    assert await desk.refused("POST", base.format(FOREIGN), file) == (404, "spaceNotExist")
    assert await desk.refused("POST", base.format(ARCHIVE), archived) == (400, "recycleBinNotSupportForSpace")
    assert await desk.refused("POST", BATCH_REMOVE, file, who="sun") == (403, "permissionDenied")
    assert await desk.refused("POST", BATCH_REMOVE, file, who="nobody") == (400, "paramError")
    assert await desk.refused("POST", BATCH_REMOVE, file, who="") == (400, "paramError")


async def test_while_a_task_runs(desk: Caller) -> None:
    desk.world.limits.task_polls = 4
    (item,) = await desk.remove(desk.at("/2023").id)
    body = {"dentryIds": [desk.at("/report.pdf").id, desk.at("/2023/drafts").id]}
    assert await desk.refused("POST", BATCH_REMOVE, body) == (400, "operationConcurrentControl")
    assert desk.at("/report.pdf").size == 12_400_000
    seen = [(await desk.ok("GET", f"/v1.0/storage/tasks/{item['taskId']}"))["task"] for _ in range(4)]
    assert [task["status"] for task in seen] == ["IN_PROGRESS"] * 3 + ["SUCCESS"]
    done = [task["successCount"] for task in seen]
    assert done == sorted(set(done))
    assert ["endTime" in task for task in seen] == [False, False, False, True]


@pytest.mark.parametrize(
    ("task_id", "refusal"), [("x", (400, "paramError.taskId")), ("99", (404, "taskNotExist"))]
)
async def test_unknown_tasks(desk: Caller, task_id: str, refusal: tuple[int, str]) -> None:
    assert await desk.refused("GET", f"/v1.0/storage/tasks/{task_id}") == refusal


async def test_deleting_one(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/delete-a-file-or-folder"""
    path = f"{DENTRIES}/{desk.at('/report.pdf').id}"
    assert await desk.ok("DELETE", path, toRecycleBin="true") == {"async": False}
    assert await desk.refused("DELETE", path, toRecycleBin="true") == (404, "dentryNotExist")
    theirs = f"{DENTRIES}/{desk.at('/客户名单.xlsx').id}"
    assert await desk.refused("DELETE", theirs) == (403, "permissionDenied")
    note = f"{DENTRIES}/{desk.at('/周会闪记 0312').id}"
    assert await desk.refused("DELETE", note, toRecycleBin="true") == (403, "operationNotSupported")
    folder = await desk.ok("DELETE", f"{DENTRIES}/{desk.at('/2023').id}", toRecycleBin="true")
    assert folder["async"]
    items = (await desk.ok("GET", f"{await desk.bin()}/recycleItems"))["recycleItems"]
    assert [item["originalPath"] for item in items] == ["/report.pdf"]


async def test_a_dentry_as_documented(desk: Caller) -> None:
    report = desk.at("/report.pdf")
    (view,) = [(await desk.ok("POST", f"{DENTRIES}/{report.id}/query"))["dentry"]]
    assert view["size"] == 12_400_000
    assert (view["extension"], view["path"], view["parentId"]) == ("pdf", "/report.pdf", "0")
    seconds = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
    assert seconds.fullmatch(view["modifiedTime"])
    assert seconds.fullmatch(view["createTime"])
    folder = (await desk.ok("POST", f"{DENTRIES}/{desk.at('/2023/drafts').id}/query"))["dentry"]
    assert "size" not in folder
    assert folder["path"] == "/2023/drafts"


async def test_query_in_bulk(desk: Caller) -> None:
    hidden = desk.at("/leadership only/reorg plan.docx", ENGINEERING).id
    seen = desk.at("/README.md", ENGINEERING).id
    path = f"/v1.0/storage/spaces/{ENGINEERING}/dentries/query"
    items = (await desk.ok("POST", path, {"dentryIds": [seen, hidden, "5"]}))["resultItems"]
    assert [(i["success"], i.get("errorCode"), "dentry" in i) for i in items] == [
        (True, None, True),
        (False, "permissionDenied", False),
        (False, "dentryNotExist", False),
    ]
    assert await desk.refused("POST", path, {"dentryIds": ["5"] * 31}) == (400, "paramError")
    assert await desk.refused("POST", path, {"dentryIds": [seen]}, who="zhao") == (403, "permissionDenied")


@pytest.mark.parametrize("order_by", ["MODIFIED_TIME", "CREATE_TIME", "NAME", "SIZE"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
async def test_every_order_lists_everything_once(desk: Caller, order_by: str, order: str) -> None:
    query = {"parentId": desk.at("/素材/照片").id, "orderBy": order_by, "order": order, "maxResults": "5"}
    found = await every_page(desk, "GET", DENTRIES, "dentries", **query)
    assert len({d["id"] for d in found}) == len(found) == 18
    field = {"MODIFIED_TIME": "modifiedTime", "CREATE_TIME": "createTime", "NAME": "name", "SIZE": "size"}[
        order_by
    ]
    values = [d[field] for d in found]
    assert values == sorted(values, reverse=order == "DESC")


async def test_the_whole_space_flat(desk: Caller) -> None:
    found = await every_page(desk, "POST", f"{DENTRIES}/listAll", "dentries", order="ASC")
    assert {d["id"] for d in found} == {d.id for d in desk.drive.spaces[MARKETING].tree}


@pytest.mark.parametrize(("order", "times"), [("ASC", 2), ("DESC", 0)])
async def test_files_that_change_while_being_listed(desk: Caller, order: str, times: int) -> None:
    """ASC may repeat, DESC may miss: https://open.dingtalk.com/document/development/get-a-list-of-all-files-or-folders-under-a"""
    tree = desk.drive.spaces[ARCHIVE].tree
    (oldest,), _ = tree.page(None, "MODIFIED_TIME", descending=False, after=None, limit=1)
    path = f"/v1.0/storage/spaces/{ARCHIVE}/dentries/listAll"
    page = await desk.ok("POST", path, {"option": {"maxResults": 3, "order": order}})
    seen = [d["id"] for d in page["dentries"]]
    tree.change(oldest, modified_ms=desk.world.clock.now_ms())
    while token := page.get("nextToken"):
        page = await desk.ok("POST", path, {"option": {"maxResults": 3, "order": order, "nextToken": token}})
        seen += [d["id"] for d in page["dentries"]]
    assert seen.count(oldest.id) == times


async def test_what_is_closed_to_somebody_is_not_listed(desk: Caller) -> None:
    path = f"/v1.0/storage/spaces/{ENGINEERING}/dentries"
    for who, there in (("wang", False), ("alice", True)):
        names = {d["name"] for d in (await desk.ok("GET", path, who=who, parentId="0"))["dentries"]}
        assert ("leadership only" in names) is there


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"parentId": ""},
        {"parentId": "x"},
        {"parentId": "0", "maxResults": "0"},
        {"parentId": "0", "maxResults": "-1"},
        {"parentId": "0", "maxResults": "51"},
        {"parentId": "0", "maxResults": "9" * 5000},
        {"parentId": "0", "maxResults": "ten"},
        {"parentId": "0", "orderBy": "COLOUR"},
        {"parentId": "0", "order": "sideways"},
        {"parentId": "0", "nextToken": "%%%"},
        {"parentId": "0", "nextToken": "WzFd"},
        {"parentId": "0", "nextToken": "WyJhIiwgMV0"},
        {"parentId": "0", "withThumbnail": "perhaps"},
    ],
)
async def test_parameters_of_listing(desk: Caller, query: dict[str, str]) -> None:
    assert await desk.refused("GET", DENTRIES, **query) == (400, "paramError")


async def test_a_file_has_no_children(desk: Caller) -> None:
    query = {"parentId": desk.at("/report.pdf").id}
    assert await desk.refused("GET", DENTRIES, **query) == (404, "dentryNotExist")


async def test_restoring_in_bulk(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/batch-restore-recycled-items"""
    desk.world.limits.task_polls = 0
    own, theirs, folder = (desk.at(p) for p in ("/report.pdf", "/客户名单.xlsx", "/2023"))
    inside = len(desk.drive.spaces[MARKETING].tree.subtree(folder))
    await desk.remove(own.id, theirs.id, folder.id, who="li")
    desk.world.limits.task_polls = 1
    recycle_bin = await desk.bin()
    items = await every_page(desk, "GET", f"{recycle_bin}/recycleItems", "recycleItems", maxResults="2")
    by_path = {item["originalPath"]: item for item in items}
    assert set(by_path) == {"/report.pdf", "/客户名单.xlsx", "/2023"}
    assert by_path["/2023"]["operatorId"] == "liUnionId"
    ids = [by_path[p]["id"] for p in ("/report.pdf", "/客户名单.xlsx", "/2023")]
    path = f"{recycle_bin}/recycleItems/batchRestore"
    answer = (await desk.ok("POST", path, {"recycleItemIds": [*ids, "77"]}))["resultItems"]
    outcomes = [(i["async"], i.get("success"), i.get("errorCode"), "dentryId" in i) for i in answer]
    assert outcomes == [
        (False, True, None, True),
        (False, False, "permissionDenied", False),
        (True, None, None, True),
        (False, False, "recycleItemNotExist", False),
    ]
    back = desk.at("/2023")
    assert answer[2]["dentryId"] == back.id != folder.uuid
    task = (await desk.ok("GET", f"/v1.0/storage/tasks/{answer[2]['taskId']}"))["task"]
    assert (task["status"], task["totalCount"]) == ("SUCCESS", inside - 1)
    assert len(desk.drive.spaces[MARKETING].tree.subtree(back)) == inside


async def test_one_recycle_item(desk: Caller) -> None:
    report = desk.at("/report.pdf").id
    await desk.remove(report)
    desk.plant({"path": "/report.pdf", "size": 1})
    recycle_bin = await desk.bin()
    (item,) = (await desk.ok("GET", f"{recycle_bin}/recycleItems"))["recycleItems"]
    assert (item["dentryId"], item["size"], item["originalName"]) == (report, 12_400_000, "report.pdf")
    one = f"{recycle_bin}/recycleItems/{item['id']}"
    assert (await desk.ok("GET", one))["item"] == item
    assert await desk.refused("GET", one, who="sun") == (403, "permissionDenied")
    wanted = {"option": {"conflictStrategy": "RETURN_ERROR_IF_EXISTS"}}
    assert await desk.refused("POST", f"{one}/restore", wanted) == (400, "dentryAlreadyExist")
    done = await desk.ok("POST", f"{one}/restore", {})
    assert done["dentryId"] == desk.at("/report(1).pdf").id
    assert await desk.refused("POST", f"{one}/restore", {}) == (404, "recycleItemNotExist")


async def test_deleting_from_the_bin(desk: Caller) -> None:
    await desk.remove(*(desk.at(p).id for p in ("/report.pdf", "/客户名单.xlsx", "/空文件.txt")), who="li")
    recycle_bin = await desk.bin()
    items = (await desk.ok("GET", f"{recycle_bin}/recycleItems"))["recycleItems"]
    ids = {i["originalPath"]: i["id"] for i in items}
    both = {"recycleItemIds": [ids["/report.pdf"], ids["/客户名单.xlsx"]]}
    assert await desk.refused("POST", f"{recycle_bin}/recycleItems/batchRemove", both) == (
        403,
        "permissionDenied",
    )
    assert await desk.ok("DELETE", f"{recycle_bin}/recycleItems/{ids['/report.pdf']}") == {"success": True}
    assert await desk.ok("POST", f"{recycle_bin}/clear", who="li") == {"success": True}
    assert (await desk.ok("GET", f"{recycle_bin}/recycleItems"))["recycleItems"] == []
    assert await desk.refused("POST", "/v1.0/storage/recycleBins/other/clear") == (
        400,
        "paramError.recycleBinId",
    )
    assert await desk.refused("GET", f"{recycle_bin}/recycleItems", who="sun") == (404, "recycleBinNotExist")


async def test_events_only_for_what_was_subscribed(desk: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[Any, ...]] = []
    monkeypatch.setattr(desk.drive, "push", lambda *event: heard.append(event))
    space = {"scope": "SPACE", "scopeId": MARKETING}
    await desk.ok("POST", "/v1.0/storage/events/subscribe", space)
    await desk.ok("POST", "/v1.0/storage/events/subscribe", {"scope": "ORG", "scopeId": CORP})
    await desk.ok("POST", "/v1.0/storage/events/unsubscribe", {"scope": "ORG", "scopeId": CORP})
    await desk.remove(desk.at("/report.pdf").id)
    await desk.remove(desk.at("/logs/2025-01.log", ENGINEERING).id, who="alice", space_id=ENGINEERING)
    ((corp, kind, data),) = heard
    assert (corp, kind, data["eventScope"], data["extension"]) == (
        CORP,
        "storage_dentry_delete",
        "SPACE",
        "pdf",
    )


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"scopeId": MARKETING}, (400, "paramError.scope")),
        ({"scope": "SPACE"}, (400, "paramError.scopeId")),
        ({"scope": "SPACE", "scopeId": FOREIGN}, (400, "paramError.scopeId")),
        ({"scope": "ORG", "scopeId": "dingcorpother"}, (400, "paramError.scopeId")),
    ],
)
async def test_parameters_of_subscribing(desk: Caller, body: Json, refusal: tuple[int, str]) -> None:
    assert await desk.refused("POST", "/v1.0/storage/events/subscribe", body) == refusal
