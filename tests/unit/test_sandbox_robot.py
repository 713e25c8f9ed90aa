"""What the robot sends, by itself and through webhooks; tokens of third-party apps; people."""

import json
from typing import Any

import aiohttp
import pytest

from sandbox.media import Contents
from tests.conformance.control import Control
from tests.unit.sandbox_listener import call, listening

GROUP = "cidMarketing=="
SEND = "/v1.0/robot/groupMessages/send"
BATCH = "/v1.0/robot/oToMessages/batchSend"
Json = Any


def message(key: str = "sampleText", **parameters: Json) -> Json:
    body = {"msgKey": key, "msgParam": json.dumps(parameters or {"content": "hi"})}
    return {"robotCode": "dingsandbox", "openConversationId": GROUP, **body}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"robotCode": ""}, "invalidParameter.robotCode.empty"),
        ({"robotCode": "unknown"}, "invalidParameter.robotCode.notExsit"),
        ({"robotCode": "suitesandbox"}, "invalidParameter.robotCode.auth"),
        ({"msgKey": ""}, "invalidParameter.msgKey.empty"),
        ({"msgKey": "sampleNothing"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": {"content": "hi"}}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "hi"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": "{}"}, "invalidParameter.param.invalid"),
        ({"msgParam": json.dumps({"content": "x" * 15_000})}, "invalidParameter.msgParam.tooLong"),
        ({"openConversationId": ""}, "miss.openConversationId"),
        ({"openConversationId": "cidNowhere=="}, "invalid.openConversationId"),
        ({"openConversationId": "cidQuiet=="}, "invalidParameter.robotCode.notExsit"),
    ],
)
async def test_a_group_message_that_is_refused(sandbox: Control, changes: Json, code: str) -> None:
    status, body = await call(sandbox, "POST", SEND, {**message(), **changes})
    assert (status, body["code"]) == (400, code)


async def test_a_message_to_several_people_names_those_it_cannot_reach(sandbox: Control) -> None:
    body = {**message(), "userIds": ["wang", "nobody", "sun"]}
    _, answer = await call(sandbox, "POST", BATCH, body)
    assert answer["invalidStaffIdList"] == ["nobody", "sun"]
    assert (await sandbox.read("wang", "one:wang"))[0]["content"] == "hi"


@pytest.mark.parametrize(("count", "code"), [(0, "empty"), (21, "overMax")])
async def test_how_many_people_a_message_may_have(sandbox: Control, count: int, code: str) -> None:
    status, body = await call(sandbox, "POST", BATCH, {**message(), "userIds": ["wang"] * count})
    assert (status, body["code"]) == (400, f"invalidParameter.userIds.{code}")


async def test_a_message_is_taken_back(sandbox: Control) -> None:
    _, sent = await call(sandbox, "POST", SEND, message())
    keys = {"processQueryKeys": [sent["processQueryKey"], "unknown"]}
    body = {"robotCode": "dingsandbox", "openConversationId": GROUP, **keys}
    _, answer = await call(sandbox, "POST", "/v1.0/robot/groupMessages/recall", body)
    assert answer["successResult"] == [sent["processQueryKey"]]
    assert list(answer["failedResult"]) == ["unknown"]
    assert await sandbox.read("wang", GROUP, wait_s=0) == []


async def test_a_message_is_not_taken_back_from_where_it_is_not(sandbox: Control) -> None:
    _, sent = await call(sandbox, "POST", SEND, message())
    key = sent["processQueryKey"]
    recall = {"robotCode": "dingsandbox", "processQueryKeys": [key]}
    elsewhere = {**recall, "openConversationId": "cidEngineering=="}
    for path, body in (("groupMessages/recall", elsewhere), ("otoMessages/batchRecall", recall)):
        _, answer = await call(sandbox, "POST", f"/v1.0/robot/{path}", body)
        assert answer == {"successResult": [], "failedResult": {key: "invalid.processQueryKey"}}
    assert len(await sandbox.read("wang", GROUP)) == 1


async def test_what_was_said_to_one_person_is_taken_back_for_a_day(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/batch-message-recall-chat"""
    keys = []
    for _ in range(2):
        _, sent = await call(sandbox, "POST", BATCH, {**message(), "userIds": ["wang"]})
        keys.append(sent["processQueryKey"])
        await sandbox.advance(12 * 3600 + 1)
    body = {"robotCode": "dingsandbox", "processQueryKeys": keys}
    _, answer = await call(sandbox, "POST", "/v1.0/robot/otoMessages/batchRecall", body)
    assert answer == {"successResult": keys[1:], "failedResult": {keys[0]: "robot.processQueryKey.expired"}}
    assert len(await sandbox.read("wang", "one:wang")) == 1


async def test_an_action_cards_button_speaks_for_the_presser(sandbox: Control) -> None:
    url = "dtmd://dingtalkclient/sendMessage?content=confirm%20K7M2%20%E5%A5%BD"
    body = message(
        "sampleActionCard2",
        title="t",
        text="x",
        actionTitle1="Yes",
        actionURL1=url,
        actionTitle2="Site",
        actionURL2="https://example.com",
    )
    await call(sandbox, "POST", SEND, body)
    (shown,) = await sandbox.read("wang", GROUP)
    assert [b["text"] for b in shown["buttons"]] == ["Yes", "Site"]
    async with listening(sandbox) as robot:
        where = {"as": "wang", "conversation": GROUP, "seq": shown["seq"]}
        assert (await sandbox.ask("POST", "press", {**where, "button": "Yes"}))["said"] == "confirm K7M2 好"
        data = await robot.answered({"response": None})
        assert (data["senderStaffId"], data["text"]["content"]) == ("wang", " confirm K7M2 好")
        opened = await sandbox.ask("POST", "press", {**where, "button": "1"})
        assert opened["opened"] == "https://example.com"


async def webhook(sandbox: Control) -> str:
    async with listening(sandbox) as robot:
        await sandbox.say("wang", GROUP, "hello")
        url: str = (await robot.answered({"response": None}))["sessionWebhook"]
        return url


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "text", "text": {"content": "hi"}}, 0),
        ({"msgtype": "empty"}, 0),
        ({"msgtype": "text", "text": {}}, 40035),
        ({"msgtype": "text"}, 40035),
        ({"msgtype": "poem", "poem": {}}, 400105),
        ({}, 40035),
    ],
)
async def test_a_session_webhook_checks_what_it_gets(sandbox: Control, body: Json, errcode: int) -> None:
    url = await webhook(sandbox)
    async with sandbox.http.post(url, json=body) as answer:
        assert (await answer.json())["errcode"] == errcode
    said = [m for m in await sandbox.read("wang", GROUP) if "robot" in m["from"]]
    assert len(said) == (body.get("msgtype") == "text" and not errcode)


async def test_a_session_webhook_expires(sandbox: Control) -> None:
    url = await webhook(sandbox)
    await sandbox.advance(5401)
    async with sandbox.http.post(url, json={"msgtype": "text", "text": {"content": "late"}}) as answer:
        assert (await answer.json())["errcode"] == 400101


async def uploaded(sandbox: Control, name: str, content: bytes) -> Json:
    form = aiohttp.FormData({"type": "file"}, quote_fields=False)
    form.add_field("media", content, filename=name)
    query = {"access_token": await sandbox.token()}
    async with sandbox.http.post(f"{sandbox.url}/media/upload", params=query, data=form) as answer:
        return await answer.json()


async def test_a_file_is_uploaded_and_sent_to_one_person(sandbox: Control) -> None:
    media = await uploaded(sandbox, "清单.zip", b"PK\x00\xff")
    assert (media["errcode"], media["type"]) == (0, "file")
    about = {"mediaId": media["media_id"], "fileName": "清单.zip", "fileType": "zip"}
    body = {**message("sampleFile", **about), "userIds": ["wang"]}
    assert (await call(sandbox, "POST", BATCH, body))[1]["invalidStaffIdList"] == []
    (shown,) = await sandbox.read("wang", "one:wang")
    assert {"kind": "file", **about}.items() <= shown.items()
    async with sandbox.http.get(f"{sandbox.url}/sandbox/media/{shown['mediaId']}") as answer:
        assert (answer.status, await answer.read()) == (200, b"PK\x00\xff")
        assert answer.content_disposition is not None
        assert answer.content_disposition.filename == "清单.zip"
    assert await sandbox.read("wang", GROUP, wait_s=0) == []


async def test_a_file_of_an_undocumented_kind_is_refused(sandbox: Control) -> None:
    assert (await uploaded(sandbox, "list.csv", b"a,b"))["errcode"] == 40005
    media = await uploaded(sandbox, "slides.PPTX", b"PK")
    body = message("sampleFile", mediaId=media["media_id"], fileName="slides.pptx", fileType="pptx")
    status, refused = await call(sandbox, "POST", SEND, body)
    assert (status, refused["code"]) == (400, "invalidParameter.param.invalid")


async def test_what_was_uploaded_is_kept_over_a_saved_state_but_not_in_it(sandbox: Control) -> None:
    media_id = (await uploaded(sandbox, "a.zip", b"PK"))["media_id"]
    state = await sandbox.ask("GET", "state")
    assert state["media"] == {media_id: "a.zip"}
    for media, status in ((state["media"], 200), ({}, 400)):
        await sandbox.ask("PUT", "state", {"media": media})
        async with sandbox.http.get(f"{sandbox.url}/sandbox/media/{media_id}") as answer:
            assert answer.status == status


def test_the_oldest_uploads_are_forgotten_by_their_bytes() -> None:
    contents = Contents(most_bytes=5)
    for name in ("one", "two", "three"):
        contents.put(name, name.encode())
    assert [contents.get(name) for name in ("one", "two", "three")] == [None, None, b"three"]
    contents.keep(())
    contents.put("four", b"1234")
    assert contents.get("four") == b"1234"


async def test_a_third_party_app_gets_its_ticket_and_a_token(sandbox: Control) -> None:
    async with listening(sandbox, "suitesandbox", "suite-secret") as suite:
        frame = await suite.next()
        assert frame["headers"]["eventType"] == "suite_ticket"
        ticket = json.loads(frame["data"])["suiteTicket"]
    secret = {"suiteKey": "suitesandbox", "suiteSecret": "suite-secret"}
    good = {**secret, "authCorpId": "dingcorpsandbox", "suiteTicket": ticket}
    path = "/v1.0/oauth2/corpAccessToken"
    first, second = [(await call(sandbox, "POST", path, good))[1]["accessToken"] for _ in range(2)]
    assert first != second
    for wrong, code in (
        ({"suiteKey": "dingsandbox"}, "invalidSuiteKey"),
        ({"suiteSecret": "wrong"}, "invalidSuiteKey"),
        ({"suiteTicket": "old"}, "invalidSuiteTicket"),
        ({"authCorpId": "dingcorpother"}, "invalidAuthInfo"),
    ):
        status, body = await call(sandbox, "POST", path, {**good, **wrong})
        assert (status, body["code"]) == (400, code)


@pytest.mark.parametrize(
    ("path", "body", "errcode"),
    [
        ("v2/user/get", {"userid": "nobody"}, 33012),
        ("v2/user/get", {"userid": "sun"}, 33012),
        ("v2/user/get", {}, 400002),
        ("user/getbyunionid", {"unionid": "nobody"}, 60121),
        ("v2/department/get", {"dept_id": 99}, 60003),
        ("v2/department/get", {"dept_id": "x"}, 400002),
        ("v2/department/listparentbyuser", {"userid": "sun"}, 33012),
        ("v2/department/listparentbyuser", {}, 400002),
        ("role/simplelist", {"role_id": 1}, 33011),
        ("role/simplelist", {"role_id": 1001, "size": 101}, 40069),
    ],
)
async def test_people_who_are_not_there(sandbox: Control, path: str, body: Json, errcode: int) -> None:
    _, answer = await call(sandbox, "POST", f"/topapi/{path}", body, access_token=await sandbox.token())
    assert answer["errcode"] == errcode


async def test_people_who_are(sandbox: Control) -> None:
    async def ask(path: str, body: Json) -> Json:
        query = {"access_token": await sandbox.token()}
        return (await call(sandbox, "POST", f"/topapi/{path}", body, **query))[1]["result"]

    li = await ask("v2/user/get", {"userid": "li"})
    assert (li["unionid"], li["leader_in_dept"]) == ("liUnionId", [{"dept_id": 10, "leader": True}])
    assert (await ask("user/getbyunionid", {"unionid": "liUnionId"}))["userid"] == "li"
    assert (await ask("v2/department/get", {"dept_id": "10"}))["dept_manager_userid_list"] == ["li"]
    page = await ask("role/simplelist", {"role_id": 1001, "size": 1, "offset": 0})
    assert (page["hasMore"], page["list"][0]["userid"]) == (True, "li")
    assert await ask("user/listadmin", {}) == [{"userid": "admin", "sys_level": 1}]
    ways = (await ask("v2/department/listparentbyuser", {"userid": "admin"}))["parent_list"]
    assert [way["parent_dept_id_list"] for way in ways] == [[1], [20, 1]]
