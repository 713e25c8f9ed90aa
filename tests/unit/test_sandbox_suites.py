"""Organisations that authorise a third-party app and take it back: what the app is told, and what it may then.

https://open.dingtalk.com/document/development/event-org-suite-auth
https://open.dingtalk.com/document/development/event-org-suite-relieve
https://open.dingtalk.com/document/development/enterprise-release-kit-authorization
"""

from __future__ import annotations

import json
from typing import Any

from dingtalk_stream import EventMessage

from tests.conformance.control import Control
from tests.unit.sandbox_listener import Listener, call, listening

SUITE = ("suitesandbox", "suite-secret")
HARBOUR = "dingcorpHarbour"
CORP_INFO = {
    *("authChannel", "corpid", "corpType", "fullCorpName", "corpTypeV2", "industry", "corpName"),
    *("isAuthenticated", "licenseCode", "corpLogoUrl", "inviteUrl", "inviteCode", "isEcologicalCorp"),
    *("authLevel", "authChannelType"),
}
Json = Any


async def does(sandbox: Control, robot: Listener, action: str, corp_id: str = HARBOUR) -> EventMessage:
    """What the app hears, read by the official package."""
    body = {"corpId": corp_id, "action": action, "name": "Harbour"}
    assert (await sandbox.ask("POST", "apps/suitesandbox/organisations", body))["told"]
    frame = await robot.next()
    await robot.answer(frame, {"status": "SUCCESS"})
    return EventMessage.from_dict(frame)


async def token(sandbox: Control, ticket: str, corp_id: str = HARBOUR) -> tuple[int, Json]:
    body = {
        "suiteKey": SUITE[0],
        "suiteSecret": SUITE[1],
        "authCorpId": corp_id,
        "suiteTicket": ticket,
    }
    status, answer = await call(sandbox, "POST", "/v1.0/oauth2/corpAccessToken", body)
    return status, answer


async def test_events_have_the_structure_of_the_documentation(sandbox: Control) -> None:
    async with listening(sandbox, *SUITE) as robot:
        await robot.answered({"status": "SUCCESS"})  # the ticket
        for action, event_type in (("authorise", "org_suite_auth"), ("change", "org_suite_change")):
            event = await does(sandbox, robot, action)
            assert (event.headers.event_type, event.headers.event_corp_id) == (event_type, HARBOUR)
            assert event.data.keys() == {
                "authCorpInfo",
                "permanentCode",
                "authUserInfo",
                "authScope",
                "authInfo",
            }
            assert event.data["authCorpInfo"].keys() == CORP_INFO
            assert event.data["authCorpInfo"]["corpid"] == HARBOUR
            assert event.data["authScope"].keys() == {"errcode", "authUserField", "authOrgScopes", "errmsg"}
            [agent] = event.data["authInfo"]["agent"]
            assert agent.keys() == {"agentid", "adminList", "appid", "agentName", "logoUrl"}
        for action, event_type in (("stop", "org_micro_app_stop"), ("restore", "org_micro_app_restore")):
            event = await does(sandbox, robot, action)
            assert (event.headers.event_type, event.data) == (event_type, {"agentId": agent["agentid"]})
        event = await does(sandbox, robot, "cancel")
        assert (event.headers.event_type, event.data) == ("org_suite_relieve", {})
        assert event.headers.event_corp_id == HARBOUR


async def test_a_token_is_given_and_good_as_long_as_the_organisation_wants_it(sandbox: Control) -> None:
    async with listening(sandbox, *SUITE) as robot:
        ticket = json.loads((await robot.next())["data"])["suiteTicket"]
        assert (await token(sandbox, ticket))[1]["code"] == "invalidAuthInfo"
        await does(sandbox, robot, "authorise")
        status, given = await token(sandbox, ticket)
        assert status == 200
        _, home = await token(sandbox, ticket, "dingcorpsandbox")
        await does(sandbox, robot, "cancel")
        assert (await token(sandbox, ticket))[1]["code"] == "invalidAuthInfo"
        for value, good in ((given["accessToken"], False), (home["accessToken"], True)):
            query = {"access_token": value}
            _, answer = await call(sandbox, "POST", "/topapi/v2/user/get", {"userid": "wang"}, **query)
            assert (answer["errcode"] == 0) is good


async def test_an_app_that_is_not_connected_is_not_told(sandbox: Control) -> None:
    body = {"corpId": HARBOUR, "action": "authorise"}
    answer = await sandbox.ask("POST", "apps/suitesandbox/organisations", body)
    assert answer == {"corpIds": ["dingcorpsandbox", HARBOUR], "told": False}
    for path, action in (("apps/dingsandbox", "authorise"), ("apps/suitesandbox", "marry")):
        refused = f"{sandbox.url}/sandbox/{path}/organisations"
        async with sandbox.http.post(refused, json={"corpId": HARBOUR, "action": action}) as response:
            assert response.status == 400
