"""By hand in the client: with one's own rights, refused as DingTalk refuses, whole or not at all."""

import json
from typing import Any

import pytest

from tests.conformance.control import CORP_ID, Control
from tests.unit.sandbox_listener import call, listening

GROUP_SPACE, ENGINEERING, ARCHIVE, FOREIGN = "24010001", "24010002", "24010003", "24020001"
HOSTILE = [
    "<script>alert(1)</script>",
    "\u202efdp.exe",
    "a\u0000b\u001b[31m\n.txt",
    "🎉" * 50,
    "..",
    "名字 ' ; --",
]
Json = Any


async def do(sandbox: Control, who: str, action: str, **order: Json) -> list[Json]:
    answer = await sandbox.ask("POST", "hand", {"as": who, "action": action, **order})
    results: list[Json] = answer["results"]
    return results


async def one(sandbox: Control, who: str, action: str, **order: Json) -> Json:
    (result,) = await do(sandbox, who, action, **order)
    return result


async def ids(sandbox: Control, *paths: str, space_id: str = GROUP_SPACE) -> list[str]:
    entries = await sandbox.entries(space_id)
    return [entries[path]["id"] for path in paths]


async def everything(sandbox: Control) -> Json:
    """All that lies in the drive and in the bins, to see whether it has changed."""
    state = (await sandbox.ask("GET", "state"))["drive"]
    return json.dumps({key: state[key] for key in ("spaces", "bins", "tasks")}, sort_keys=True)


async def binned(sandbox: Control, **query: Json) -> dict[str, Json]:
    return {item["originalPath"]: item for item in (await sandbox.ask("GET", "bin", **query))["items"]}


async def changes(sandbox: Control, **query: int) -> list[tuple[str, str, str, int]]:
    found = (await sandbox.ask("GET", "drive/changes", **query))["changes"]
    return [(c["kind"], c["path"], c["by"], c["count"]) for c in found]


async def test_a_file_and_a_folder_go_to_the_bin_and_come_back(sandbox: Control) -> None:
    await sandbox.limits(taskSeconds=0)
    report, drafts = await ids(sandbox, "/report.pdf", "/2023/drafts")
    results = await do(sandbox, "wang", "delete", spaceId=GROUP_SPACE, dentryIds=[report, drafts])
    assert [(r["id"], r["ok"], "taskId" in r) for r in results] == [
        (report, True, False),
        (drafts, True, True),
    ]
    lying = await binned(sandbox)
    assert lying.keys() == {"/report.pdf", "/2023/drafts"}
    assert (lying["/2023/drafts"]["count"], lying["/2023/drafts"]["operatorName"]) == (6, "王小明")
    assert lying["/report.pdf"]["spaceName"] == "市场部群文件"
    item_ids = [item["id"] for item in lying.values()]
    restored = await do(sandbox, "wang", "restore", itemIds=item_ids)
    assert [r["ok"] for r in restored] == [True, True]
    assert set(await ids(sandbox, "/report.pdf", "/2023/drafts")) == {r["dentryId"] for r in restored}
    came_back = (await sandbox.ask("GET", "drive/changes", after=2))["changes"]
    assert [change["itemId"] for change in came_back] == item_ids
    assert await binned(sandbox) == {}
    assert {(kind, path, by, count) for kind, path, by, count in await changes(sandbox)} == {
        ("recycled", "/report.pdf", "wang", 1),
        ("recycled", "/2023/drafts", "wang", 6),
        ("restored", "/report.pdf", "wang", 1),
        ("restored", "/2023/drafts", "wang", 6),
    }


async def test_for_ever_is_for_ever(sandbox: Control) -> None:
    report, notes = await ids(sandbox, "/report.pdf", "/会议纪要.docx")
    assert (await one(sandbox, "wang", "delete", spaceId=GROUP_SPACE, dentryIds=[report], toBin=False))["ok"]
    await do(sandbox, "wang", "delete", spaceId=GROUP_SPACE, dentryIds=[notes])
    (item,) = (await binned(sandbox)).values()
    assert (await one(sandbox, "wang", "purge", itemIds=[item["id"]])) == {"id": item["id"], "ok": True}
    assert await binned(sandbox) == {}
    assert await changes(sandbox) == [
        ("gone", "/report.pdf", "wang", 1),
        ("recycled", "/会议纪要.docx", "wang", 1),
        ("purged", "/会议纪要.docx", "wang", 1),
    ]


async def test_making_naming_and_moving(sandbox: Control) -> None:
    where = {"spaceId": GROUP_SPACE}
    folder = (await one(sandbox, "wang", "folder", **where, parentId="0", name="new"))["dentryId"]
    file = (await one(sandbox, "wang", "upload", **where, parentId=folder, name="a.pdf", size=7))["dentryId"]
    again = await one(sandbox, "wang", "upload", **where, parentId=folder, name="a.pdf", size=7)
    assert again["id"] == "a.pdf"
    renamed = await one(sandbox, "wang", "rename", **where, dentryId=file, name="b.pdf")
    assert (renamed["dentryId"], renamed["ok"]) == (file, True)
    (target,) = await ids(sandbox, "/2023")
    moved = await one(sandbox, "wang", "move", **where, dentryId=folder, targetFolderId=target)
    assert (moved["dentryId"], moved["ok"]) == (folder, True)
    entries = await sandbox.entries(GROUP_SPACE)
    assert entries["/2023/new/b.pdf"]["size"] == 7
    assert "/2023/new/a(1).pdf" in entries
    assert await changes(sandbox) == [
        ("created", "/new", "wang", 1),
        ("created", "/new/a.pdf", "wang", 1),
        ("created", "/new/a(1).pdf", "wang", 1),
        ("renamed", "/new/b.pdf", "wang", 1),
        ("moved", "/2023/new", "wang", 3),
    ]
    old_paths = [c["oldPath"] for c in (await sandbox.ask("GET", "drive/changes"))["changes"]]
    assert old_paths == ["", "", "", "/new/a.pdf", "/new"]


async def test_into_another_space_it_moves_with_the_rights_of_both(sandbox: Control) -> None:
    (report,) = await ids(sandbox, "/report.pdf")
    order = {"spaceId": GROUP_SPACE, "dentryId": report, "targetFolderId": "0"}
    assert (await one(sandbox, "wang", "move", **order, targetSpaceId=ENGINEERING))["ok"]
    assert "/report.pdf" in await sandbox.entries(ENGINEERING)


async def refused_orders(sandbox: Control) -> list[tuple[str, str, Json, str]]:
    """(who, action, order, code) of what nobody may do."""
    report, customers, talk = await ids(sandbox, "/report.pdf", "/客户名单.xlsx", "/周会闪记 0312")
    foreign = next(iter((await sandbox.entries(FOREIGN)).values()))["id"]
    archived = next(iter((await sandbox.entries(ARCHIVE)).values()))["id"]
    here = {"spaceId": GROUP_SPACE}
    return [
        ("wang", "delete", {**here, "dentryIds": [customers]}, "permissionDenied"),
        ("wang", "delete", {**here, "dentryIds": [customers], "toBin": False}, "permissionDenied"),
        ("wang", "delete", {**here, "dentryIds": [talk]}, "operationNotSupported"),
        ("wang", "delete", {**here, "dentryIds": ["7"]}, "dentryNotExist"),
        ("wang", "delete", {**here, "dentryIds": [""]}, "dentryNotExist"),
        ("wang", "delete", {"spaceId": "7", "dentryIds": [report]}, "spaceNotExist"),
        ("li", "delete", {"spaceId": ARCHIVE, "dentryIds": [archived]}, "recycleBinNotSupportForSpace"),
        ("sun", "delete", {**here, "dentryIds": [report]}, "permissionDenied"),
        ("alice", "delete", {**here, "dentryIds": [report]}, "permissionDenied"),
        ("wang", "delete", {"spaceId": FOREIGN, "dentryIds": [foreign]}, "permissionDenied"),
        ("wang", "rename", {**here, "dentryId": customers, "name": "x"}, "permissionDenied"),
        ("wang", "rename", {**here, "dentryId": report, "name": "客户名单.xlsx"}, "dentryAlreadyExist"),
        ("wang", "rename", {**here, "dentryId": report, "name": "a/b"}, "paramError.name"),
        ("wang", "rename", {**here, "dentryId": "0", "name": "x"}, "dentryNotExist"),
        ("sun", "rename", {**here, "dentryId": report, "name": "x"}, "permissionDenied"),
        ("wang", "upload", {**here, "parentId": report, "name": "x"}, "dentryNotExist"),
        ("wang", "upload", {**here, "parentId": "7", "name": "x"}, "dentryNotExist"),
        ("wang", "upload", {**here, "parentId": "0", "name": "x", "size": 10**15}, "orgQuotaInsufficient"),
        ("wang", "upload", {**here, "parentId": "0", "name": "\ud800"}, "dentryNameIllegal"),
        ("wang", "folder", {**here, "parentId": "0", "name": "  "}, "dentryNameIllegal"),
        ("sun", "folder", {**here, "parentId": "0", "name": "x"}, "permissionDenied"),
        ("wang", "folder", {"spaceId": FOREIGN, "parentId": "0", "name": "x"}, "permissionDenied"),
        ("wang", "move", {**here, "dentryId": customers, "targetFolderId": "0"}, "permissionDenied"),
        ("wang", "move", {**here, "dentryId": report, "targetFolderId": "7"}, "dentryNotExist"),
        (
            "wang",
            "move",
            {**here, "dentryId": report, "targetSpaceId": FOREIGN, "targetFolderId": "0"},
            "acrossOrgAccessForbidden",
        ),
        (
            "wang",
            "move",
            {**here, "dentryId": report, "targetSpaceId": "7", "targetFolderId": "0"},
            "spaceNotExist",
        ),
        ("wang", "restore", {"itemIds": ["7"]}, "recycleItemNotExist"),
        ("wang", "purge", {"itemIds": [report]}, "recycleItemNotExist"),
    ]


async def test_what_nobody_may_do_is_refused_and_nothing_is_done(sandbox: Control) -> None:
    orders = await refused_orders(sandbox)
    before = await everything(sandbox)
    for who, action, order, code in orders:
        result = await one(sandbox, who, action, **order)
        assert (result["ok"], result["code"]) == (False, code), (who, action, order)
        assert await everything(sandbox) == before, (who, action, order)
    assert await changes(sandbox) == []


async def test_what_others_threw_away_is_theirs_to_restore(sandbox: Control) -> None:
    (customers,) = await ids(sandbox, "/客户名单.xlsx")
    await do(sandbox, "zhao", "delete", spaceId=GROUP_SPACE, dentryIds=[customers])
    (item,) = (await binned(sandbox, **{"as": "wang"})).values()
    assert item["mayRestore"] is False
    before = await everything(sandbox)
    for who in ("wang", "sun", "alice"):
        for action in ("restore", "purge"):
            result = await one(sandbox, who, action, itemIds=[item["id"]])
            assert result == {"id": item["id"], "ok": False, "code": "permissionDenied"}
    assert await everything(sandbox) == before
    assert (await binned(sandbox, **{"as": "zhao"}))["/客户名单.xlsx"]["mayRestore"] is True
    assert await binned(sandbox, **{"as": "sun"}) == {}
    assert (await one(sandbox, "zhao", "restore", itemIds=[item["id"]]))["ok"]


async def test_one_that_is_refused_does_not_hold_up_the_others(sandbox: Control) -> None:
    report, customers = await ids(sandbox, "/report.pdf", "/客户名单.xlsx")
    results = await do(sandbox, "wang", "delete", spaceId=GROUP_SPACE, dentryIds=[customers, report, report])
    assert [(r["ok"], r.get("code")) for r in results] == [
        (False, "permissionDenied"),
        (True, None),
        (False, "dentryNotExist"),
    ]


async def test_while_a_task_is_at_work_nothing_else_is_done_there(sandbox: Control) -> None:
    await sandbox.limits(taskSeconds=1000)
    year, drafts = await ids(sandbox, "/2023", "/2023/drafts")
    started = await one(sandbox, "wang", "delete", spaceId=GROUP_SPACE, dentryIds=[year])
    (task,) = (await sandbox.ask("GET", "tasks", running=1))["tasks"]
    assert (task["taskId"], task["rootPath"], task["status"]) == (started["taskId"], "/2023", "INIT")
    assert (task["operatorName"], task["toBin"], task["endMs"]) == ("王小明", True, None)
    for action, order in (
        ("delete", {"dentryIds": [drafts]}),
        ("rename", {"dentryId": drafts, "name": "x"}),
        ("upload", {"parentId": drafts, "name": "x"}),
        ("move", {"dentryId": drafts, "targetFolderId": "0"}),
    ):
        result = await one(sandbox, "wang", action, spaceId=GROUP_SPACE, **order)
        assert result["code"] == "operationConcurrentControl"
    await sandbox.advance(1000)
    assert (await sandbox.ask("GET", "tasks", running=1))["tasks"] == []
    (task,) = (await sandbox.ask("GET", "tasks"))["tasks"]
    assert (task["rootPath"], task["status"], task["done"]) == ("/2023", "SUCCESS", task["total"])
    (change,) = (await sandbox.ask("GET", "drive/changes"))["changes"]
    assert (change["taskId"], change["count"], change["by"]) == (task["taskId"], task["total"], "wang")


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_name_comes_back_as_it_was_given_or_not_at_all(sandbox: Control, name: str) -> None:
    for action in ("folder", "upload"):
        made = await one(sandbox, "wang", action, spaceId=GROUP_SPACE, parentId="0", name=name)
        names = {entry["name"] for entry in (await sandbox.entries(GROUP_SPACE)).values()}
        assert made["ok"] == (name in names)
        assert made["ok"] or made["code"] == "dentryNameIllegal"


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"as": "wang"},
        {"as": "nobody", "action": "delete", "spaceId": GROUP_SPACE, "dentryIds": ["1"]},
        {"as": ["wang"], "action": "delete", "spaceId": GROUP_SPACE, "dentryIds": ["1"]},
        {"as": "wang", "action": "explode"},
        {"as": "wang", "action": ["delete"], "spaceId": GROUP_SPACE, "dentryIds": ["1"]},
        {"as": "wang", "action": "delete", "spaceId": GROUP_SPACE},
        {"as": "wang", "action": "delete", "spaceId": GROUP_SPACE, "dentryIds": []},
        {"as": "wang", "action": "delete", "spaceId": GROUP_SPACE, "dentryIds": [7]},
        {"as": "wang", "action": "delete", "spaceId": GROUP_SPACE, "dentryIds": "118"},
        {"as": "wang", "action": "delete", "spaceId": 24010001, "dentryIds": ["1"]},
        {"as": "wang", "action": "delete", "spaceId": GROUP_SPACE, "dentryIds": ["1"], "toBin": "no"},
        {"as": "wang", "action": "upload", "spaceId": GROUP_SPACE, "name": "a", "size": "1"},
        {"as": "wang", "action": "upload", "spaceId": GROUP_SPACE, "name": "a", "size": -1},
        {"as": "wang", "action": "upload", "spaceId": GROUP_SPACE, "name": "a", "size": True},
        {"as": "wang", "action": "upload", "spaceId": GROUP_SPACE, "name": None},
        {"as": "wang", "action": "folder", "spaceId": GROUP_SPACE, "parentId": None, "name": "a"},
        {"as": "wang", "action": "rename", "spaceId": GROUP_SPACE, "dentryId": "1"},
        {"as": "wang", "action": "move", "spaceId": GROUP_SPACE, "dentryId": "1"},
        {"as": "wang", "action": "restore"},
        {"as": "wang", "action": "purge", "itemIds": {"a": 1}},
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(sandbox: Control, order: Json) -> None:
    before = await everything(sandbox)
    async with sandbox.http.post(f"{sandbox.url}/sandbox/hand", json=order) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]
    assert await everything(sandbox) == before


async def test_events_go_out_but_no_call_was_made_and_nothing_spent(sandbox: Control) -> None:
    body = {"scope": "ORG", "scopeId": CORP_ID}
    path = "/v1.0/storage/events/subscribe"
    status, _ = await call(sandbox, "POST", path, body, unionId="adminUnionId")
    assert status == 200
    await sandbox.ask("DELETE", "calls")
    spent = (await sandbox.ask("GET", "state"))["meter"]["counted"]
    (report,) = await ids(sandbox, "/report.pdf")
    async with listening(sandbox) as robot:
        opened = len((await sandbox.ask("GET", "calls"))["calls"])
        await do(sandbox, "wang", "delete", spaceId=GROUP_SPACE, dentryIds=[report])
        event = await robot.answered({"status": "SUCCESS"})
    assert (event["dentryId"], event["unionId"]) == (report, "wangUnionId")
    assert len((await sandbox.ask("GET", "calls"))["calls"]) == opened
    assert (await sandbox.ask("GET", "state"))["meter"]["counted"] == spent
