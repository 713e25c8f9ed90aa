"""What faults do to calls: which calls, in either style, before they are admitted or after, and what is noted."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import aiohttp
import pytest

from sandbox.faults.throttle import API_QPS, APP_QPM, APP_QPS, NO_QUOTA, SUITE_QPS, Refused
from tests.conformance.control import Control
from tests.unit.sandbox_listener import call, calls, card, order, ordered
from tests.unit.storage_at_hand import MARKETING

SPACE = f"/v1.0/storage/spaces/{MARKETING}"
DENTRIES = f"{SPACE}/dentries"
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
USER = "POST /topapi/v2/user/get"
ARCHIVE = "/v1.0/storage/spaces/24010003"
Json = Any


async def space(sandbox: Control, who: str = "wang", path: str = SPACE) -> int:
    return (await call(sandbox, "GET", path, unionId=f"{who}UnionId"))[0]


async def old_user(sandbox: Control, user_id: str = "wang") -> tuple[int, Json]:
    token = await sandbox.token()
    return await call(sandbox, "POST", "/topapi/v2/user/get", {"userid": user_id}, access_token=token)


async def last_note(sandbox: Control, path: str) -> str:
    note: str = (await calls(sandbox, path))[-1]["note"]
    return note


# Which calls


async def test_a_fault_for_a_person_strikes_what_is_done_in_their_name(sandbox: Control) -> None:
    await order(sandbox, route="/v1.0/", person="li", status=500)
    assert [await space(sandbox, who) for who in ("wang", "li", "admin")] == [200, 500, 200]
    uuid = (await sandbox.entries(MARKETING))["/report.pdf"]["uuid"]
    path = f"/v2.0/doc/dentries/{uuid}/queryDentryId"
    await order(sandbox, route="/v2.0/", person="li", status=500)
    assert (await call(sandbox, "GET", path, operatorId="wangUnionId"))[0] == 200
    assert (await call(sandbox, "GET", path, operatorId="liUnionId"))[0] == 500


async def test_a_fault_for_a_person_strikes_what_is_sent_to_them(sandbox: Control) -> None:
    await order(sandbox, route="", person="li", status=500)
    message = {"robotCode": "dingsandbox", "msgKey": "sampleText", "msgParam": '{"content": "hi"}'}
    path = "/v1.0/robot/oToMessages/batchSend"
    sent = [(await call(sandbox, "POST", path, {**message, "userIds": [who]}))[0] for who in ("wang", "li")]
    assert sent == [200, 500]
    shown = [
        (await card(sandbox, f"card-{who}", openSpaceId=f"dtv1.card//IM_ROBOT.{who}"))[0]
        for who in ("wang", "li")
    ]
    assert shown == [200, 500]
    assert [(await old_user(sandbox, who))[1]["errcode"] for who in ("wang", "li")] == [0, -1]


async def test_a_fault_for_a_space_strikes_whatever_works_in_it(sandbox: Control) -> None:
    await sandbox.limits(taskPolls=100)
    entries = await sandbox.entries(MARKETING)
    (item,) = await sandbox.remove(MARKETING, "wangUnionId", entries["/2023"]["id"])
    await sandbox.remove(MARKETING, "wangUnionId", entries["/report.pdf"]["id"])
    scope = {"recycleBinScope": "ORG", "scopeId": "dingcorpsandbox", "unionId": "wangUnionId"}
    bin_id = (await sandbox.api("GET", "/v1.0/storage/recycleBins", **scope))["recycleBin"]["id"]
    (recycled,) = (await sandbox.ask("GET", "bin"))["items"]
    await order(sandbox, route="/v1.0/storage/", spaceId=MARKETING, status=500)
    uuid = entries["/客户名单.xlsx"]["uuid"]
    await order(sandbox, route="/v2.0/", spaceId=MARKETING, status=500)
    inside = (
        SPACE,
        f"/v1.0/storage/tasks/{item['taskId']}",
        f"/v1.0/storage/recycleBins/{bin_id}/recycleItems/{recycled['id']}",
        f"/v2.0/storage/spaces/dentries/{uuid}/permissions/inheritances",
    )
    assert [await space(sandbox, path=path) for path in inside] == [500] * 4
    assert await space(sandbox, path=ARCHIVE) == 200
    body = {"targetSpaceId": MARKETING, "targetFolderId": "0"}
    moved = await call(sandbox, "POST", f"{ARCHIVE}/dentries/7/move", body, unionId="wangUnionId")
    assert moved[0] == 500


async def test_a_fault_for_an_application_strikes_its_calls_only(sandbox: Control) -> None:
    await order(sandbox, route="/v1.0/storage/", clientId="suitesandbox", status=500)
    assert await space(sandbox) == 200
    await order(sandbox, route="/v1.0/storage/", clientId="dingsandbox", status=500)
    assert await space(sandbox) == 500


@pytest.mark.parametrize("after", [False, True])
async def test_one_thing_may_fail_where_it_is_the_only_one(sandbox: Control, after: bool) -> None:
    entries = await sandbox.create(
        MARKETING, {"path": "/a", "creator": "wang"}, {"path": "/b", "creator": "wang"}
    )
    bad, good = entries["/a"]["id"], entries["/b"]["id"]
    item = {"dentryId": bad, "errorCode": "permissionDenied"}
    await order(sandbox, route="DELETE /v1.0/storage/", item=item, after=after)
    answers = [await call(sandbox, "DELETE", f"{DENTRIES}/{i}", unionId="wangUnionId") for i in (bad, good)]
    assert [(status, body.get("code")) for status, body in answers] == [
        (403, "permissionDenied"),
        (200, None),
    ]
    assert ("/a" in await sandbox.entries(MARKETING)) is not after


async def test_an_item_without_an_id_is_the_first(sandbox: Control) -> None:
    entries = await sandbox.entries(MARKETING)
    ids = [entries[path]["id"] for path in ("/report.pdf", "/客户名单.xlsx")]
    await order(sandbox, kind="itemFails", count=1)
    assert await space(sandbox) == 200
    items = [await sandbox.remove(MARKETING, "adminUnionId", *ids) for _ in range(2)]
    assert [i.get("errorCode") for i in items[0]] == ["systemError", None]
    assert [i.get("errorCode") for i in items[1]] == [None, "dentryNotExist"]


# Before and after admission


async def test_a_ban_strikes_before_anything_is_looked_at(sandbox: Control) -> None:
    token = await sandbox.token()
    await order(sandbox, kind="ipBan")
    body = {"appKey": "dingsandbox", "appSecret": "sandbox-secret"}
    for method, path in (
        ("POST", "/v1.0/oauth2/accessToken"),
        ("GET", SPACE),
        ("POST", "/topapi/v2/user/get"),
        ("GET", "/v1.0/nowhere"),
    ):
        async with sandbox.http.request(method, sandbox.url + path, json=body) as answer:
            assert (answer.status, answer.content_type) == (403, "text/html")
            assert "punish" in await answer.text()
    await sandbox.advance(301)
    headers = {"x-acs-dingtalk-access-token": token}
    async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
        assert answer.status == 400, "it has no unionId, but it came through"
    assert [c["counted"] for c in await calls(sandbox, "/")] == [False, False, False, False, False, True]


async def test_a_ban_as_json(sandbox: Control) -> None:
    await order(sandbox, kind="ipBanJson")
    async with sandbox.http.get(sandbox.url + SPACE) as answer:
        body = await answer.json()
        assert (answer.status, body["status"], body["punish"]) == (200, 1111, "deny")
        assert set(body) == {"status", "wait", "source", "punish", "uuid"}


@pytest.mark.parametrize("kind", ["qps", "qpm", "apiQps", "quota"])
async def test_what_is_throttled_is_not_counted(sandbox: Control, kind: str) -> None:
    token = await sandbox.token()
    await order(sandbox, kind=kind)
    headers = {"x-acs-dingtalk-access-token": token}
    async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
        assert answer.status == 403
    assert (await calls(sandbox, SPACE))[-1]["counted"] is False


async def test_a_call_a_fault_strikes_later_is_counted(sandbox: Control) -> None:
    await order(sandbox, kind="error", route="/v1.0/storage/")
    assert await space(sandbox) == 500
    assert (await calls(sandbox, SPACE))[-1]["counted"] is True


async def test_a_used_up_quota_leaves_alone_what_is_free(sandbox: Control) -> None:
    await order(sandbox, kind="quota")
    assert (await old_user(sandbox))[1]["errcode"] == 0
    assert await space(sandbox) == 403


@pytest.mark.parametrize(("kind", "seconds"), [("qps", 1), ("qpm", 60), ("apiQps", 1), ("ipBanJson", 300)])
async def test_a_throttle_ends(sandbox: Control, kind: str, seconds: int) -> None:
    fault = await order(sandbox, kind=kind, route="/v1.0/storage/")
    await space(sandbox)
    told = await ordered(sandbox, fault)
    now = (await sandbox.ask("GET", "clock"))["nowMs"]
    assert told["struck"] == 1
    assert 0 <= now + seconds * 1000 - told["endsAt"] < 10_000
    await sandbox.advance(seconds)
    assert await space(sandbox) == 200


# In either style


@pytest.mark.parametrize(
    ("kind", "why"), [("qps", APP_QPS), ("qpm", APP_QPM), ("apiQps", API_QPS), ("quota", NO_QUOTA)]
)
async def test_a_throttle_in_either_style(sandbox: Control, kind: str, why: Refused) -> None:
    token = await sandbox.token()
    await order(sandbox, kind=kind, countedOnly=False)
    headers = {"x-acs-dingtalk-access-token": token}
    async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
        body = await answer.json()
        assert (answer.status, body["code"], body["message"]) == (403, why.code, why.text)
    query = {"access_token": token}
    async with sandbox.http.post(f"{sandbox.url}/topapi/v2/user/get", params=query) as answer:
        body = await answer.json()
        assert (answer.status, body["errcode"], body["errmsg"]) == (200, why.errcode, why.text)


async def test_an_error_without_a_number_keeps_its_status_in_an_old_interface(sandbox: Control) -> None:
    await order(sandbox, route=USER, status=503, code="operationTimeout")
    status, body = await old_user(sandbox)
    assert (status, body["errcode"], body["errmsg"]) == (503, -1, "operationTimeout")


async def test_the_limit_of_a_suite_has_its_own_code(sandbox: Control) -> None:
    token = await sandbox.token()
    await sandbox.limits(callsPerSecond=0)
    apps = (await sandbox.ask("GET", "apps"))["apps"]
    codes = []
    for suite in (False, True):
        await sandbox.ask("PUT", "state", {"apps": [{**app, "suite": suite} for app in apps]})
        headers = {"x-acs-dingtalk-access-token": token}
        async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
            codes.append((await answer.json())["code"])
    assert codes == [APP_QPS.code, SUITE_QPS.code]


# The network


async def test_half_an_answer_announces_the_whole(sandbox: Control) -> None:
    """Byte by byte: the length of everything, the beginning, and the end of the connection."""
    token = await sandbox.token()
    await order(sandbox, kind="truncated", truncate=7)
    host, port = sandbox.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"GET {SPACE}?unionId=wangUnionId HTTP/1.1\r\nHost: localhost\r\n"
    writer.write(f"{head}x-acs-dingtalk-access-token: {token}\r\n\r\n".encode())
    raw = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    headers, _, body = raw.decode().partition("\r\n\r\n")
    assert body == '{"space'
    length = next(line for line in headers.split("\r\n") if line.lower().startswith("content-length"))
    whole = (await calls(sandbox, SPACE))[-1]["response"]
    assert int(length.split(":")[1]) == len(json.dumps(whole, ensure_ascii=False).encode())


async def test_of_a_short_answer_a_byte_is_missing_too(sandbox: Control) -> None:
    await order(sandbox, route=SPACE, body="abc", truncate=100)
    headers = {"x-acs-dingtalk-access-token": await sandbox.token()}
    async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
        assert answer.content_length == 3
        assert await answer.content.readany() == b"ab"


async def test_a_reset_is_one(sandbox: Control) -> None:
    """The client does not read an end but "connection reset by peer"."""
    token = await sandbox.token()
    await order(sandbox, kind="resetBefore")
    host, port = sandbox.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET {SPACE} HTTP/1.1\r\nHost: localhost\r\nx-acs-dingtalk-access-token: {token}\r\n\r\n".encode()
    )
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 10)
    writer.close()


async def test_the_work_is_done_while_the_answer_is_awaited(sandbox: Control) -> None:
    file = (await sandbox.entries(MARKETING))["/report.pdf"]["id"]
    fault = await order(sandbox, kind="slowFirstByte", route=REMOVE, firstByteMs=300)
    asked = asyncio.create_task(sandbox.remove(MARKETING, "wangUnionId", file))
    while not (await ordered(sandbox, fault))["struck"]:
        assert not asked.done()
    assert "/report.pdf" not in await sandbox.entries(MARKETING)
    assert not asked.done()
    assert (await asked)[0]["success"]


async def test_a_real_refusal_is_altered_on_its_way_like_any_answer(sandbox: Control) -> None:
    headers = {"x-acs-dingtalk-access-token": await sandbox.token()}
    await order(sandbox, kind="wrongContentType")
    async with sandbox.http.get(f"{sandbox.url}{SPACE}", headers=headers) as answer:
        assert (answer.status, answer.content_type) == (400, "text/html")
        assert json.loads(await answer.text())["code"] == "paramError"


# Tasks and cards


async def test_a_task_fault_strikes_only_where_a_task_starts(sandbox: Control) -> None:
    entries = await sandbox.entries(MARKETING)
    fault = await order(sandbox, kind="taskFails", count=1)
    await space(sandbox)
    await sandbox.remove(MARKETING, "wangUnionId", entries["/report.pdf"]["id"])
    told = await ordered(sandbox, fault)
    assert (told["struck"], (await calls(sandbox, REMOVE))[-1]["faultId"]) == (0, "")
    (item,) = await sandbox.remove(MARKETING, "wangUnionId", entries["/2023"]["id"])
    await sandbox.advance(1)
    query = {"unionId": "wangUnionId"}
    task = (await sandbox.api("GET", f"/v1.0/storage/tasks/{item['taskId']}", **query))["task"]
    assert (task["status"], task["successCount"], task["failMessage"]) == ("FAIL", 0, "systemError")
    assert task["failCount"] == task["totalCount"] > 1
    assert set(await sandbox.entries(MARKETING)) == set(entries) - {"/report.pdf"}
    assert (await ordered(sandbox, fault))["struck"] == 1


async def test_a_card_that_is_not_delivered_exists_and_is_not_seen(sandbox: Control) -> None:
    fault = await order(sandbox, kind="undelivered", count=1, deliver="no such group")
    assert await space(sandbox) == 200
    assert (await ordered(sandbox, fault))["seen"] == 0
    _, body = await card(sandbox)
    (result,) = body["result"]["deliverResults"]
    assert (result["success"], result["errorMsg"]) == (False, "no such group")
    assert await sandbox.read("wang", "cidMarketing==", wait_s=0) == []
    assert (await card(sandbox))[1]["code"] == "param.cardAlreadyExist"


# What is noted


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        (
            {"kind": "qps"},
            "fault f1 (qps): nothing was done, answered with 403 Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        ),
        (
            {"route": "", "reset": True, "after": True},
            "fault f1: the work was done, the connection was reset",
        ),
        ({"route": "", "delayMs": 1, "firstByteMs": 2}, "held up for 1 ms, nothing was sent for 2 ms"),
        ({"kind": "wrongContentType", "truncate": 3}, "sent as text/html, only the first 3 bytes"),
    ],
)
async def test_a_call_says_what_a_fault_did_to_it(sandbox: Control, fields: Json, note: str) -> None:
    token = await sandbox.token()
    await order(sandbox, **fields)
    headers = {"x-acs-dingtalk-access-token": token}
    with suppress(aiohttp.ClientError):
        async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
            await answer.read()
    assert note in await last_note(sandbox, SPACE)


async def test_a_call_says_why_it_was_refused(sandbox: Control) -> None:
    assert (await space(sandbox), await last_note(sandbox, SPACE)) == (200, "")
    async with sandbox.http.get(sandbox.url + SPACE):
        assert "no access token" in await last_note(sandbox, SPACE)
    await sandbox.scopes("qyapi_base")
    await space(sandbox)
    assert await last_note(sandbox, SPACE) == "the application lacks the permission Storage.Space.Read"
    await sandbox.ask("PUT", "apps/dingsandbox", {"scopes": None})
    await sandbox.limits(monthlyQuota=1)
    await space(sandbox)
    assert await last_note(sandbox, SPACE) == "the 1 calls of this month are used up"
    await sandbox.limits(callsPerSecond=0)
    await space(sandbox)
    assert "more than 0 calls" in await last_note(sandbox, SPACE)
    token = await sandbox.token()
    await sandbox.advance(7201)
    async with sandbox.http.get(sandbox.url + SPACE, headers={"x-acs-dingtalk-access-token": token}):
        assert await last_note(sandbox, SPACE) == "the access token has expired"
