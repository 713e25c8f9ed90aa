"""The storage interfaces over HTTP: spaces, moving and copying, links, search, permissions."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.storage_at_hand import ARCHIVE, ENGINEERING, FOREIGN, MARKETING, Caller, caller

DENTRIES = f"/v1.0/storage/spaces/{MARKETING}/dentries"
GROUP_SPACE = "/v1.0/convFile/conversations/spaces/query"


@pytest.fixture
async def desk() -> AsyncIterator[Caller]:
    async with caller() as one:
        yield one


async def test_the_space_of_a_group(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/obtain-group-storage-space-information"""
    found = (await desk.ok("POST", GROUP_SPACE, {"openConversationId": "cidMarketing=="}))["space"]
    assert (found["spaceId"], found["corpId"]) == (MARKETING, "dingcorpsandbox")
    body = {"openConversationId": "cidMarketing=="}
    assert await desk.refused("POST", GROUP_SPACE, body, who="alice") == (403, "permissionDenied")
    assert await desk.refused("POST", GROUP_SPACE, body, who="sun") == (403, "acrossOrgAccessForbidden")
    assert await desk.refused("POST", GROUP_SPACE, {}) == (400, "paramError.conversationId")
    unknown = {"openConversationId": "cidNobody"}
    assert await desk.refused("POST", GROUP_SPACE, unknown) == (404, "conversationNotExist")


async def test_a_group_without_files_gets_a_space_without_a_bin(desk: Caller) -> None:
    body = {"openConversationId": "cidQuiet=="}
    first = (await desk.ok("POST", GROUP_SPACE, body))["space"]["spaceId"]
    assert (await desk.ok("POST", GROUP_SPACE, body, who="li"))["space"]["spaceId"] == first
    (file,) = desk.plant({"path": "/x.txt"}, space_id=first)
    path = f"/v1.0/storage/spaces/{first}/dentries/{file}"
    refused = await desk.refused("DELETE", path, toRecycleBin="true")
    assert refused == (400, "recycleBinNotSupportForSpace")
    assert (await desk.ok("GET", f"/v1.0/storage/spaces/{first}"))["space"]["name"] == "没有机器人的群"


async def test_a_space_as_documented(desk: Caller) -> None:
    space = (await desk.ok("GET", f"/v1.0/storage/spaces/{MARKETING}"))["space"]
    assert space["usedQuota"] == desk.drive.spaces[MARKETING].tree.used
    assert space["status"] == "NORMAL"
    for other in ("999", FOREIGN):
        assert await desk.refused("GET", f"/v1.0/storage/spaces/{other}") == (404, "spaceNotExist")
    assert await desk.refused("GET", f"/v1.0/storage/spaces/{MARKETING}", who="alice") == (
        403,
        "permissionDenied",
    )


async def test_spaces_of_applications(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/add-space"""
    assert await desk.refused("POST", "/v1.0/storage/currentApps/query") == (404, "appNotExist")
    body = {
        "option": {
            "name": "附件",
            "quota": 1000,
            "scene": "s",
            "sceneId": "1",
            "capabilities": {"canSearch": True},
        }
    }
    space = (await desk.ok("POST", "/v1.0/storage/spaces", body))["space"]
    assert (space["name"], space["quota"], space["scene"]) == ("附件", 1000, "s")
    again = (await desk.ok("POST", "/v1.0/storage/spaces", body, who="li"))["space"]
    assert again["id"] == space["id"]
    body["option"]["sceneId"] = "2"
    assert (await desk.ok("POST", "/v1.0/storage/spaces", body))["space"]["id"] != space["id"]
    app = (await desk.ok("POST", "/v1.0/storage/currentApps/query"))["app"]
    assert app["appId"] == "dingsandbox"
    assert await desk.refused("POST", "/v1.0/storage/spaces", body, who="sun") == (403, "permissionDenied")
    for option in ({"quota": "much"}, {"quota": -1}, {"capabilities": {"canSearch": "yes"}, "sceneId": "3"}):
        assert await desk.refused("POST", "/v1.0/storage/spaces", {"option": {"scene": "t", **option}}) == (
            400,
            "paramError",
        )


async def test_a_refused_space_is_not_made(desk: Caller) -> None:
    before = len(desk.drive.spaces)
    await desk.refused("POST", "/v1.0/storage/spaces", {"option": {"scene": "bad", "quota": "much"}})
    assert len(desk.drive.spaces) == before


async def test_the_organisation(desk: Caller) -> None:
    org = (await desk.ok("GET", "/v1.0/storage/orgs/dingcorpsandbox"))["org"]
    assert org["partitions"][0]["quota"]["used"] == desk.drive.used("dingcorpsandbox")
    assert await desk.refused("GET", "/v1.0/storage/orgs/dingcorpother") == (400, "paramError")
    assert await desk.refused("GET", "/v1.0/storage/orgs/dingcorpsandbox", who="sun") == (
        403,
        "permissionDenied",
    )


async def test_shared_spaces(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/new-space"""
    made = await desk.ok("POST", "/v1.0/drive/spaces", {"name": " 新空间 ", "unionId": "wangUnionId"}, who="")
    assert (made["spaceName"], made["spaceType"], made["quota"], made["usedQuota"]) == (
        "新空间",
        "org",
        -1,
        0,
    )
    query = {"spaceType": "org", "maxResults": "1"}
    first = await desk.ok("GET", "/v1.0/drive/spaces", **query)
    second = await desk.ok("GET", "/v1.0/drive/spaces", **query, nextToken=first["nextToken"])
    assert [s["spaces"][0]["spaceId"] for s in (first, second)] == [ARCHIVE, made["spaceId"]]
    assert second["nextToken"] == ""
    (file,) = desk.plant({"path": "/x.txt"}, space_id=made["spaceId"])
    (item,) = await desk.remove(file, space_id=made["spaceId"])
    assert item["success"]
    gone = f"/v1.0/drive/spaces/{made['spaceId']}"
    assert await desk.refused("DELETE", gone, who="li") == (400, "no.priviledge")
    assert await desk.ok("DELETE", gone) == {}
    assert (await desk.ok("GET", f"{await desk.bin()}/recycleItems"))["recycleItems"] == []
    assert await desk.refused("DELETE", f"/v1.0/drive/spaces/{MARKETING}") == (400, "unsupported.operation")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"spaceType": "org"}, "param.error"),
        ({"maxResults": "5"}, "param.error"),
        ({"spaceType": "org", "maxResults": "0"}, "param.error"),
        ({"spaceType": "org", "maxResults": "51"}, "param.error.maxresults"),
        ({"spaceType": "org", "maxResults": "5", "nextToken": "x"}, "param.error"),
    ],
)
async def test_parameters_of_listing_spaces(desk: Caller, query: dict[str, str], code: str) -> None:
    assert await desk.refused("GET", "/v1.0/drive/spaces", **query) == (400, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "x"}, "param.error"),
        ({"unionId": "wangUnionId"}, "param.error"),
        ({"name": " ", "unionId": "wangUnionId"}, "name.invalid"),
        ({"name": "x", "unionId": "sunUnionId"}, "no.priviledge"),
    ],
)
async def test_parameters_of_new_spaces(desk: Caller, body: dict[str, str], code: str) -> None:
    assert await desk.refused("POST", "/v1.0/drive/spaces", body, who="") == (400, code)


async def test_spaces_by_id_are_for_administrators(desk: Caller) -> None:
    path, ids = "/v1.0/drive/managements/spaces/query", [ARCHIVE, FOREIGN, "999"]
    found = await desk.ok("POST", path, {"spaceIds": ids, "unionId": "adminUnionId"}, who="")
    assert [s["spaceId"] for s in found["spaces"]] == [ARCHIVE]
    assert await desk.refused("POST", path, {"spaceIds": ids, "unionId": "wangUnionId"}) == (
        500,
        "no.priviledge",
    )
    assert await desk.refused("POST", path, {"spaceIds": ["1"] * 31, "unionId": "adminUnionId"}) == (
        400,
        "param.error",
    )


async def test_folders(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/add-folder"""
    path = f"{DENTRIES}/0/folders"
    made = (await desk.ok("POST", path, {"name": " 新建 "}))["dentry"]
    assert (made["name"], made["path"], "version" in made) == ("新建", "/新建", False)
    assert (await desk.ok("POST", path, {"name": "新建"}))["dentry"]["name"] == "新建(1)"
    same = {"name": "新建", "option": {"conflictStrategy": "RETURN_DENTRY_IF_EXISTS"}}
    assert (await desk.ok("POST", path, same))["dentry"]["id"] == made["id"]
    same["option"] = {"conflictStrategy": "RETURN_ERROR_IF_EXISTS"}
    assert await desk.refused("POST", path, same) == (400, "dentryAlreadyExist")
    same["option"] = {"conflictStrategy": "FIGHT"}
    assert await desk.refused("POST", path, same) == (400, "paramError.conflictStrategy")
    assert await desk.refused("POST", path, {"name": "a|b"}) == (400, "dentryNameIllegal")
    nowhere = f"{DENTRIES}/99999/folders"
    assert await desk.refused("POST", nowhere, {"name": "x"}) == (404, "dentryNotExist")
    archive = f"/v1.0/storage/spaces/{ARCHIVE}/dentries/0/folders"
    assert await desk.refused("POST", archive, {"name": "x"}, who="alice") == (403, "permissionDenied")


async def test_renaming(desk: Caller) -> None:
    path = f"{DENTRIES}/{desk.at('/report.pdf').id}/rename"
    assert (await desk.ok("POST", path, {"newName": "报告.pdf"}))["dentry"]["path"] == "/报告.pdf"
    assert await desk.refused("POST", path, {"newName": "空文件.txt"}) == (400, "dentryAlreadyExist")
    for body in ({}, {"newName": "a*"}):
        assert await desk.refused("POST", path, body) == (400, "paramError.name")
    assert await desk.refused("POST", f"{DENTRIES}/0/rename", {"newName": "x"}) == (
        400,
        "paramError.dentryId",
    )
    theirs = f"{DENTRIES}/{desk.at('/客户名单.xlsx').id}/rename"
    assert await desk.refused("POST", theirs, {"newName": "x"}) == (403, "permissionDenied")


async def test_moving_and_copying_one(desk: Caller) -> None:
    report, folder = desk.at("/report.pdf"), desk.at("/2023")
    there = {"targetSpaceId": MARKETING, "targetFolderId": folder.id}
    moved = await desk.ok("POST", f"{DENTRIES}/{report.id}/move", there)
    assert (moved["async"], moved["dentry"]["path"]) == (False, "/2023/report.pdf")
    copied = await desk.ok(
        "POST", f"{DENTRIES}/{folder.id}/copy", {"targetSpaceId": MARKETING, "targetFolderId": "0"}
    )
    assert (copied["async"], copied["dentry"]["path"]) == (True, "/2023(1)")
    await desk.ok("GET", f"/v1.0/storage/tasks/{copied['taskId']}")
    assert desk.at("/2023(1)/report.pdf").uuid != report.uuid
    itself = {"targetSpaceId": MARKETING, "targetFolderId": desk.at("/2023/drafts").id}
    refused = await desk.refused("POST", f"{DENTRIES}/{folder.id}/move", itself)
    assert refused == (400, "paramError.targetFolderId")


async def test_moving_and_copying_many(desk: Caller) -> None:
    own, theirs = desk.at("/report.pdf").id, desk.at("/客户名单.xlsx").id
    body = {
        "dentryIds": [own, theirs, "5"],
        "targetSpaceId": MARKETING,
        "targetFolderId": desk.at("/2023").id,
    }
    items = (await desk.ok("POST", f"{DENTRIES}/batchCopy", body))["resultItems"]
    assert [(i.get("errorCode"), "targetDentryId" in i) for i in items] == [
        (None, True),
        ("permissionDenied", False),
        ("dentryNotExist", False),
    ]
    items = (await desk.ok("POST", f"{DENTRIES}/batchMove", body))["resultItems"]
    assert items[0]["targetDentryId"] == own
    assert desk.at("/2023/report(1).pdf").id == own
    for path, many, code in (("batchCopy", 4, "dentryIds"), ("batchMove", 31, "dentryIds")):
        refused = await desk.refused("POST", f"{DENTRIES}/{path}", {**body, "dentryIds": [own] * many})
        assert refused == (400, f"paramError.{code}")
    for field, value, refusal in (
        ("targetSpaceId", None, (400, "paramError.targetSpaceId")),
        ("targetFolderId", "x", (400, "paramError.targetFolderId")),
        ("targetSpaceId", "999", (404, "spaceNotExist")),
        ("targetFolderId", "999", (404, "dentryNotExist")),
    ):
        assert await desk.refused("POST", f"{DENTRIES}/batchMove", {**body, field: value}) == refusal


async def test_links(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/api-getdentryidbyuuid"""
    report = desk.at("/report.pdf")
    same = {"dentryUuid": report.uuid, "dentryId": report.id, "spaceId": MARKETING}
    assert await desk.ok("GET", f"/v2.0/doc/dentries/{report.uuid}/queryDentryId") == same
    assert await desk.ok("GET", f"/v2.0/doc/dentries/{report.id}/queryDentryUuid", spaceId=MARKETING) == same
    closed = desk.at("/leadership only/reorg plan.docx", ENGINEERING).uuid
    assert await desk.refused("GET", f"/v2.0/doc/dentries/{closed}/queryDentryId") == (
        403,
        "permissionDenied",
    )
    await desk.remove(report.id)
    for path, query in (
        (report.uuid + "/queryDentryId", {}),
        (f"{report.id}/queryDentryUuid", {"spaceId": MARKETING}),
    ):
        assert await desk.refused("GET", f"/v2.0/doc/dentries/{path}", **query) == (404, "documentNotExist")


async def test_search(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/search-for-files"""
    path = "/v2.0/storage/dentries/search"
    seen, token = [], ""
    while True:
        page = await desk.ok(
            "POST", path, {"keyword": "DRAFT", "option": {"maxResults": 3, "nextToken": token}}
        )
        seen += [(item["dentryUuid"], item["name"]) for item in page["items"]]
        token = page.get("nextToken", "")
        if not token:
            break
    assert len(seen) == len(set(seen))
    assert {"draft 1.md", "budget draft.xlsx"} <= {name for _, name in seen}
    own = {"keyword": "draft", "option": {"creatorIds": ["wangUnionId"]}}
    assert {i["creator"]["userId"] for i in (await desk.ok("POST", path, own))["items"]} == {"wang"}
    assert (await desk.ok("POST", path, {"keyword": "reorg"}))["items"] == []
    assert len((await desk.ok("POST", path, {"keyword": "reorg"}, who="alice"))["items"]) == 1
    assert await desk.refused("POST", path, {}) == (400, "paramError-keyword")
    for option, code in (
        ({"maxResults": 51}, "paramError.maxResults"),
        ({"createTimeRange": {"startTime": 2, "endTime": 1}}, "paramError.createTimeRange"),
        ({"visitTimeRange": 5}, "paramError.visitTimeRange"),
        ({"dentryCategories": "x"}, "paramError.dentryCategories"),
        ({"nextToken": "x"}, "paramError"),
    ):
        assert await desk.refused("POST", path, {"keyword": "x", "option": option}) == (400, code)


async def test_permissions(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/add-permissions-file"""
    theirs = desk.at("/客户名单.xlsx")
    path = f"/v2.0/storage/spaces/dentries/{theirs.uuid}/permissions"
    grant = {"roleId": "MANAGER", "members": [{"type": "USER", "id": "wang"}]}
    assert await desk.refused("POST", path, grant) == (403, "permissionDenied")
    assert await desk.ok("POST", path, grant, who="zhao") == {"success": True}
    listed = (await desk.ok("POST", f"{path}/query", {}))["permissions"]
    roles = {(p["member"]["type"], p["member"]["id"]): p["role"]["id"] for p in listed}
    assert roles["USER", "wang"] == "MANAGER"
    assert roles["USER", "zhao"] == "OWNER"
    assert roles["CONVERSATION", "cidMarketing=="] == "EDITOR"
    assert await desk.ok("POST", f"{path}/remove", grant, who="zhao") == {"success": True}
    (item,) = await desk.remove(theirs.id)
    assert item["errorCode"] == "permissionDenied"
    assert await desk.ok("PUT", path, grant, who="zhao") == {"success": True}
    (item,) = await desk.remove(theirs.id)
    assert item["success"]
    assert await desk.refused("POST", path, grant, who="zhao") == (404, "dentryNotExist")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"members": [{"type": "USER", "id": "wang"}]}, "paramError.roleId"),
        ({"roleId": "KING", "members": [{"type": "USER", "id": "wang"}]}, "paramError.roleId"),
        ({"roleId": "READER", "members": []}, "paramError"),
        ({"roleId": "READER", "members": [{"type": "DOG", "id": "1"}]}, "paramError.permissionMemberType"),
        ({"roleId": "READER", "members": [{"type": "USER", "id": "nobody"}]}, "paramError"),
        ({"roleId": "READER", "members": [{"type": "USER"}]}, "paramError"),
    ],
)
async def test_parameters_of_granting(desk: Caller, body: dict[str, object], code: str) -> None:
    path = f"/v2.0/storage/spaces/dentries/{desk.at('/report.pdf').uuid}/permissions"
    assert await desk.refused("POST", path, body) == (400, code)


async def test_inheritance(desk: Caller) -> None:
    """https://open.dingtalk.com/document/development/set-permission-inheritance-mode"""
    path = f"/v2.0/storage/spaces/dentries/{desk.at('/赵同事').uuid}/permissions/inheritances"
    assert await desk.ok("GET", path) == {"inheritance": "PASS_ON"}
    assert await desk.ok("PUT", path, {"inheritance": "BREAK"}) == {"success": False}
    assert await desk.ok("PUT", path, {"inheritance": "BREAK"}, who="zhao") == {"success": True}
    names = {d["name"] for d in (await desk.ok("GET", DENTRIES, parentId="0"))["dentries"]}
    assert "赵同事" not in names
    refused = await desk.refused("PUT", path, {"inheritance": "SOMETIMES"})
    assert refused == (400, "paramError.permissionInheritance")
