"""Tokens and limits: who may call, how long, and how often."""

import asyncio
import json

import pytest

from tests.conformance.callers import HTTP_OK
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, HEADER, Control, Json
from tests.conformance.given import known

TOKEN_LIFE_S = 7200


async def _space(
    sandbox: Control, token: str | None, names: dict[str, str] | None = None
) -> tuple[int, Json]:
    """A call that is counted and limited: status and body of its answer."""
    names = names or await known(sandbox, ())
    headers = {} if token is None else {HEADER: token}
    url = f"{sandbox.url}/v1.0/storage/spaces/{names['space']}"
    async with sandbox.http.get(url, params={"unionId": names["wang"]}, headers=headers) as answer:
        return answer.status, await answer.json()


async def _old_user(sandbox: Control, token: str | None) -> Json:
    query = {} if token is None else {"access_token": token}
    url = f"{sandbox.url}/topapi/v2/user/get"
    async with sandbox.http.post(url, params=query, json={"userid": "wang"}) as answer:
        assert answer.status == HTTP_OK
        return await answer.json()


@pytest.mark.parametrize("token", [None, "", "nobody-issued-this"])
async def test_a_missing_or_unknown_token_is_refused(sandbox: Control, token: str | None) -> None:
    """https://open.dingtalk.com/document/development/server-api-error-codes-1"""
    status, body = await _space(sandbox, token)
    assert (status, body["code"]) == (400, "InvalidAuthentication")


async def test_a_token_lives_two_hours(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app"""
    token = await sandbox.token()
    assert (await _space(sandbox, token))[0] == HTTP_OK
    await sandbox.advance(TOKEN_LIFE_S + 1)
    status, body = await _space(sandbox, token)
    assert (status, body["code"]) == (400, "InvalidAuthentication")
    fresh = await sandbox.token()
    assert fresh != token
    assert (await _space(sandbox, fresh))[0] == HTTP_OK


async def test_asking_again_gives_the_same_token_and_prolongs_it(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app"""
    token = await sandbox.token()
    await sandbox.advance(TOKEN_LIFE_S - 60)
    assert await sandbox.token() == token
    await sandbox.advance(120)
    assert (await _space(sandbox, token))[0] == HTTP_OK


async def test_both_generations_of_interfaces_take_the_same_token(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/obtain-orgapp-token"""
    query = {"appkey": CLIENT_ID, "appsecret": CLIENT_SECRET}
    async with sandbox.http.get(f"{sandbox.url}/gettoken", params=query) as answer:
        token = (await answer.json())["access_token"]
    assert (await _space(sandbox, token))[0] == HTTP_OK
    assert (await _old_user(sandbox, await sandbox.token()))["result"]["userid"] == "wang"


@pytest.mark.parametrize("token", [None, "nobody-issued-this"])
async def test_an_old_interface_refuses_under_http_200(sandbox: Control, token: str | None) -> None:
    """40014, or 88 with the reason as sub_code, by the table of https://open.dingtalk.com/document/development/server-api-error-codes-1"""
    body = await _old_user(sandbox, token)
    assert body["errcode"] in {40014, 88}
    if body["errcode"] == 88:
        assert "40014" in json.dumps(body)


async def test_an_old_interface_takes_a_form_with_the_token_in_it(sandbox: Control) -> None:
    """As in the curl example of https://open.dingtalk.com/document/development/query-user-details"""
    form = {"access_token": await sandbox.token(), "language": "zh_CN", "userid": "wang"}
    async with sandbox.http.post(f"{sandbox.url}/topapi/v2/user/get", data=form) as answer:
        body = await answer.json()
    assert (body["errcode"], body["result"]["name"]) == (0, "王小明")


async def test_get_corp_token_takes_the_form_of_its_curl_example(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/obtain-isvapp-token"""
    names = await known(sandbox, ("suite_ticket",))
    form = {
        "accessKey": "suitesandbox",
        "accessSecret": "suite-secret",
        "suiteTicket": names["suite_ticket"],
        "auth_corpid": names["corp"],
    }
    async with sandbox.http.post(f"{sandbox.url}/service/get_corp_token", data=form) as answer:
        body = await answer.json()
    assert body["errcode"] == 0
    assert (await _space(sandbox, body["access_token"]))[0] == HTTP_OK


async def test_a_wrong_signature_gets_no_corp_token(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/the-signature-calculation-method-of-the-third-party-access-interface"""
    names = await known(sandbox, ("suite_ticket", "signature"))
    query = {
        "accessKey": "suitesandbox",
        "timestamp": names["timestamp"],
        "suiteTicket": names["suite_ticket"],
        "signature": "d3Jvbmc=",
    }
    url = f"{sandbox.url}/service/get_corp_token"
    async with sandbox.http.post(url, params=query, json={"auth_corpid": names["corp"]}) as answer:
        assert (await answer.json())["errcode"] != 0


async def test_the_twenty_first_call_in_a_second_is_refused(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server"""
    token = await sandbox.token()
    names = await known(sandbox, ())
    answers = await asyncio.gather(*(_space(sandbox, token, names) for _ in range(21)))
    refused = [(status, body["code"]) for status, body in answers if status != HTTP_OK]
    assert refused == [(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")]
    await sandbox.advance(1.5)
    assert (await _space(sandbox, token))[0] == HTTP_OK


async def test_the_month_has_a_quota_and_looking_people_up_is_free(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/basic-interfaces-such-as-log-off-and-address-book"""
    await sandbox.limits(monthlyQuota=1)
    token = await sandbox.token()
    assert (await _space(sandbox, token))[0] == HTTP_OK
    status, body = await _space(sandbox, token)
    assert (status, body["code"]) == (403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
    assert (await _old_user(sandbox, token))["errcode"] == 0


async def test_a_third_party_s_token_is_new_each_time_and_opens_its_organisation(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1"""
    names = await known(sandbox, ("suite_ticket",))
    body = {
        "suiteKey": "suitesandbox",
        "suiteSecret": "suite-secret",
        "authCorpId": names["corp"],
        "suiteTicket": names["suite_ticket"],
    }
    tokens = []
    for _ in range(2):
        async with sandbox.http.post(f"{sandbox.url}/v1.0/oauth2/corpAccessToken", json=body) as answer:
            tokens.append((await answer.json())["accessToken"])
    assert tokens[0] != tokens[1]
    for token in tokens:
        assert (await _space(sandbox, token))[0] == HTTP_OK
