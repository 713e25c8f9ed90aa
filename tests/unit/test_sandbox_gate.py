"""What every call goes through: the log, faults of every kind, permissions, limits, unknown paths."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest

from tests.conformance.control import Control
from tests.unit.sandbox_listener import call, calls

SPACE = "/v1.0/storage/spaces/24010001"
ROUTE = "GET /v1.0/storage/spaces/{spaceId}"
Json = Any


async def space(sandbox: Control) -> tuple[int, Json]:
    return await call(sandbox, "GET", SPACE, unionId="wangUnionId")


async def old_user(sandbox: Control, **more: str) -> Json:
    body = {"userid": "wang", **more}
    return (await call(sandbox, "POST", "/topapi/v2/user/get", body, access_token=await sandbox.token()))[1]


async def test_a_call_is_logged_with_both_bodies(sandbox: Control) -> None:
    status, answer = await space(sandbox)
    (logged,) = await calls(sandbox, ROUTE)
    assert (logged["status"], logged["response"]) == (status, answer)
    assert (logged["method"], logged["path"], logged["query"]) == ("GET", SPACE, {"unionId": "wangUnionId"})
    assert (logged["clientId"], logged["counted"]) == ("dingsandbox", True)


async def test_the_log_can_be_waited_for_and_emptied(sandbox: Control) -> None:
    last = (await sandbox.ask("DELETE", "calls"))["lastSeq"]
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(calls(sandbox, "/spaces/", after=last, count=2, wait=10))
        for _ in range(2):
            await space(sandbox)
    assert len(waiting.result()) == 2


async def test_a_new_style_answer_names_its_request(sandbox: Control) -> None:
    async with sandbox.http.get(sandbox.url + SPACE) as answer:
        assert (await answer.json())["requestid"] == answer.headers["x-acs-request-id"]


@pytest.mark.parametrize("route", [ROUTE, "GET /v1.0/storage/", "/v1.0/storage/spaces/24010001"])
async def test_a_fault_strikes_as_often_as_ordered(sandbox: Control, route: str) -> None:
    await sandbox.fault(route, 503, "operationTimeout", count=2)
    answers = [await space(sandbox) for _ in range(3)]
    assert [status for status, _ in answers] == [503, 503, 200]
    assert (answers[0][1]["code"], answers[0][1]["message"]) == ("operationTimeout", "made to fail")


async def test_a_fault_for_another_interface_does_not_strike(sandbox: Control) -> None:
    await sandbox.fault("POST /v1.0/storage/", 500, "systemError")
    assert (await space(sandbox))[0] == 200


async def test_a_fault_of_chance_repeats_with_its_seed(sandbox: Control) -> None:
    runs = []
    for _ in range(2):
        fault = await sandbox.fault(ROUTE, 500, "systemError", probability=0.5, seed=3)
        runs.append([(await space(sandbox))[0] for _ in range(8)])
        await sandbox.ask("DELETE", f"faults/{fault}")
        await sandbox.advance(2)
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


async def test_a_fault_in_an_old_interface_is_under_http_200(sandbox: Control) -> None:
    await sandbox.ask("POST", "faults", {"route": "/topapi/", "code": "90018", "message": "too fast"})
    body = await old_user(sandbox)
    assert (body["errcode"], body["errmsg"]) == (90018, "too fast")


async def test_a_fault_may_be_any_page(sandbox: Control) -> None:
    page = {"route": "/", "status": 200, "body": "<html>denied</html>", "contentType": "text/html"}
    token = await sandbox.token()
    await sandbox.ask("POST", "faults", page)
    headers = {"x-acs-dingtalk-access-token": token}
    async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
        assert (answer.content_type, await answer.text()) == ("text/html", "<html>denied</html>")


async def test_the_work_may_be_done_before_the_failure(sandbox: Control) -> None:
    await sandbox.fault("POST /v1.0/robot/groupMessages/send", 500, "system.error", after=True, count=1)
    text = {"msgKey": "sampleText", "msgParam": '{"content": "hi"}'}
    where = {"openConversationId": "cidMarketing==", "robotCode": "dingsandbox"}
    status, _ = await call(sandbox, "POST", "/v1.0/robot/groupMessages/send", {**text, **where})
    assert status == 500
    assert (await sandbox.read("wang", "cidMarketing=="))[0]["content"] == "hi"


async def test_a_fault_may_cut_the_connection(sandbox: Control) -> None:
    token = await sandbox.token()
    await sandbox.ask("POST", "faults", {"route": ROUTE, "reset": True})
    headers = {"x-acs-dingtalk-access-token": token}
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientError):
            await http.get(sandbox.url + SPACE, headers=headers)


async def test_one_item_may_fail_inside_a_success(sandbox: Control) -> None:
    found = await sandbox.create(
        "24010001", {"path": "/a", "creator": "wang"}, {"path": "/b", "creator": "wang"}
    )
    bad, good = found["/a"]["id"], found["/b"]["id"]
    item = {"dentryId": bad, "errorCode": "systemError"}
    await sandbox.ask("POST", "faults", {"route": "/v1.0/storage/", "item": item})
    body = {"dentryIds": [bad, good]}
    path = f"{SPACE}/dentries/query"
    _, answer = await call(sandbox, "POST", path, body, unionId="wangUnionId")
    assert [(i["success"], i.get("errorCode")) for i in answer["resultItems"]] == [
        (False, "systemError"),
        (True, None),
    ]


async def test_latency_and_a_fault_that_only_delays(sandbox: Control) -> None:
    await sandbox.limits(latencyMs=30)
    await sandbox.ask("POST", "faults", {"route": ROUTE, "delayMs": 40})
    started = time.perf_counter()
    assert (await space(sandbox))[0] == 200
    assert time.perf_counter() - started >= 0.07


async def test_a_wrong_order_is_refused_with_a_reason(sandbox: Control) -> None:
    for path, body in (("faults", {"route": "/", "what": 1}), ("faults", {}), ("say", {"as": "nobody"})):
        async with sandbox.http.post(f"{sandbox.url}/sandbox/{path}", json=body) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"]


async def test_a_missing_scope_is_named_with_a_link(sandbox: Control) -> None:
    await sandbox.scopes("qyapi_base")
    status, body = await space(sandbox)
    assert (status, body["code"]) == (403, "Forbidden.AccessDenied.AccessTokenPermissionDenied")
    assert body["accessdenieddetail"] == {"requiredScopes": ["Storage.Space.Read"]}
    assert "https://open-dev.dingtalk.com/appscope/apply?content=dingsandbox%23" in body["message"]
    assert (await old_user(sandbox))["errcode"] == 60011


async def test_unlimited_lifts_speed_and_quota(sandbox: Control) -> None:
    await sandbox.limits(callsPerSecond=1, monthlyQuota=1, permitUnlimited=True)
    assert [(await space(sandbox))[0] for _ in range(3)] == [200, 200, 200]
    meter = (await sandbox.ask("GET", "state"))["meter"]
    assert (meter["counted"], meter["calls"]) == (3, {ROUTE: 3})


async def test_the_old_interfaces_name_limits_by_number(sandbox: Control) -> None:
    await sandbox.limits(callsPerSecond=1)
    assert (await old_user(sandbox))["errcode"] == 0
    assert (await old_user(sandbox))["errcode"] == 90018


async def test_an_expired_token_of_an_old_interface(sandbox: Control) -> None:
    token = await sandbox.token()
    await sandbox.advance(7201)
    query = {"access_token": token}
    async with sandbox.http.post(f"{sandbox.url}/topapi/v2/user/get", params=query) as answer:
        assert (await answer.json())["errcode"] == 42001


async def test_revoked_tokens(sandbox: Control) -> None:
    token = await sandbox.token()
    await sandbox.ask("DELETE", "tokens")
    headers = {"x-acs-dingtalk-access-token": token}
    async with sandbox.http.get(sandbox.url + SPACE, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "InvalidAuthentication")


async def test_what_is_not_there_is_not_found_and_logged(sandbox: Control) -> None:
    assert (await call(sandbox, "POST", "/v1.0/todo/users"))[1]["code"] == "error.notFound"
    assert (await call(sandbox, "POST", "/topapi/nothing"))[1]["errcode"] == 404
    assert len(await calls(sandbox, "/todo/")) == 1
