"""The stream protocol as it is documented, frame by frame, with a bare websocket.

https://opensource.dingtalk.com/developerpedia/docs/learn/stream/protocol
https://open.dingtalk.com/document/development/receive-message
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import aiohttp
import pytest

from tests.conformance.callers import HTTP_OK
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, CORP_ID, Control, Json
from tests.conformance.given import known
from tests.conformance.pages import differences

ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"

MESSAGE: Json = {
    "conversationId": "cid6EU==",
    "atUsers": [{"dingtalkId": "xxx", "staffId": "xxx", "unionId": "edxxx34"}],
    "chatbotCorpId": "dinge8a565",
    "chatbotUserId": "$:LWCP_v1:$C",
    "msgId": "msg0",
    "senderNick": "杨",
    "isAdmin": True,
    "senderStaffId": "user123",
    "senderUnionId": "union123",
    "senderPlatform": "Mac",
    "sessionWebhookExpiredTime": 1613635652738,
    "createAt": 1613630252678,
    "senderCorpId": "dinge8a565",
    "conversationType": "2",
    "senderId": "$:LWCP_v1:$F",
    "conversationTitle": "机器人测试-TEST",
    "isInAtList": True,
    "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=xxxxx",
    "robotCode": "dingo",
    "text": {"content": " 你好"},
    "msgtype": "text",
}
MAY_BE_MISSING = frozenset({"senderUnionId", "senderPlatform", "atUsers[].unionId", "atUsers[].staffId"})

HEADERS: Json = {
    "appId": "id",
    "connectionId": "id",
    "contentType": "application/json",
    "messageId": "id",
    "time": "1690362102194",
    "topic": ROBOT_TOPIC,
}
EVENT_HEADERS: Json = {
    "eventBornTime": "1690362102194",
    "eventCorpId": "ding",
    "eventId": "id",
    "eventType": "x",
    "eventUnifiedAppId": "id",
}


async def _open(sandbox: Control, *topics: tuple[str, str], **more: Json) -> tuple[int, Json]:
    body = {
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "subscriptions": [{"type": kind, "topic": topic} for kind, topic in topics],
        "ua": "conformance",
        "localIp": "127.0.0.1",
        **more,
    }
    async with sandbox.http.post(f"{sandbox.url}/v1.0/gateway/connections/open", json=body) as answer:
        return answer.status, await answer.json()


def _address(opened: Json) -> str:
    return f"{opened['endpoint']}?ticket={quote(opened['ticket'], safe='')}"


@asynccontextmanager
async def _connected(
    sandbox: Control, *topics: tuple[str, str]
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    _, opened = await _open(sandbox, *topics)
    async with sandbox.http.ws_connect(_address(opened)) as socket:
        yield socket


async def _frame(socket: aiohttp.ClientWebSocketResponse, kind: str) -> Json:
    """The next frame of a type; pings in between are answered."""
    while True:
        frame = await socket.receive_json(timeout=10)
        if frame["type"] == kind:
            return frame
        await _acknowledge(socket, frame, json.loads(frame["data"]))


async def _acknowledge(socket: aiohttp.ClientWebSocketResponse, frame: Json, data: Json) -> None:
    headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
    await socket.send_json({"code": 200, "message": "OK", "headers": headers, "data": json.dumps(data)})


async def test_opening_gives_an_endpoint_and_a_ticket(sandbox: Control) -> None:
    status, opened = await _open(sandbox, ("CALLBACK", ROBOT_TOPIC))
    assert status == HTTP_OK
    assert differences({"endpoint": "wss://x", "ticket": "y"}, opened, frozenset()) == []
    assert opened["endpoint"].startswith("ws")


async def test_a_wrong_secret_opens_nothing(sandbox: Control) -> None:
    status, refused = await _open(sandbox, ("CALLBACK", ROBOT_TOPIC), clientSecret="wrong")
    assert status >= 400
    assert refused["code"]


async def test_a_ticket_opens_one_connection(sandbox: Control) -> None:
    _, opened = await _open(sandbox, ("CALLBACK", ROBOT_TOPIC))
    async with sandbox.http.ws_connect(_address(opened)):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await sandbox.http.ws_connect(_address(opened))


async def test_a_ticket_lives_90_seconds(sandbox: Control) -> None:
    _, opened = await _open(sandbox, ("CALLBACK", ROBOT_TOPIC))
    await sandbox.advance(91)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await sandbox.http.ws_connect(_address(opened))


async def test_a_group_message_has_every_documented_field(sandbox: Control) -> None:
    names = await known(sandbox, ())
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        said = await sandbox.say("wang", names["group"], "你好")
        frame = await _frame(socket, "CALLBACK")
    assert set(frame) == {"specVersion", "type", "headers", "data"}
    assert frame["specVersion"] == "1.0"
    assert differences(HEADERS, frame["headers"], frozenset({"appId", "connectionId"})) == []
    assert frame["headers"]["messageId"] == said["messageId"]
    data = json.loads(frame["data"])
    assert differences(MESSAGE, data, MAY_BE_MISSING) == []
    assert data["text"]["content"] == " 你好", "the mention leaves its blank behind"
    assert (data["msgId"], data["conversationId"]) == (said["msgId"], names["group"])
    assert (data["senderStaffId"], data["senderCorpId"]) == ("wang", CORP_ID)
    assert (data["isAdmin"], data["isInAtList"]) == (False, True)
    assert data["sessionWebhookExpiredTime"] > data["createAt"]


async def test_a_one_to_one_message_has_no_title(sandbox: Control) -> None:
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        await sandbox.say("wang", "one:wang", "你好")
        data = json.loads((await _frame(socket, "CALLBACK"))["data"])
    absent = frozenset({"conversationTitle", "atUsers", "isInAtList"})
    assert differences(MESSAGE, data, MAY_BE_MISSING | absent) == []
    assert "conversationTitle" not in data
    assert (data["conversationType"], data["text"]["content"]) == ("1", "你好")


async def test_an_administrator_is_called_one(sandbox: Control) -> None:
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        await sandbox.say("admin", "one:admin", "hello")
        assert json.loads((await _frame(socket, "CALLBACK"))["data"])["isAdmin"] is True


async def test_someone_from_outside_has_no_staff_id(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/robot-message-type"""
    names = await known(sandbox, ())
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        await sandbox.say("sun", names["group"], "你好")
        data = json.loads((await _frame(socket, "CALLBACK"))["data"])
    assert not data.get("senderStaffId")
    assert data["senderNick"]


@pytest.mark.parametrize(
    ("said", "msgtype", "content"),
    [
        (
            {"richText": [{"text": "你好"}, {"type": "picture", "downloadCode": "x"}]},
            "richText",
            {"richText": [{"text": "你好"}, {"type": "picture", "downloadCode": "x"}]},
        ),
        ({"audio": "钉钉"}, "audio", {"duration": 4000, "downloadCode": "x", "recognition": "钉钉"}),
        (
            {"msgtype": "file", "content": {"downloadCode": "x", "fileName": "a.pdf"}},
            "file",
            {"downloadCode": "x", "fileName": "a.pdf"},
        ),
    ],
    ids=["richText", "audio", "file"],
)
async def test_other_kinds_of_message(sandbox: Control, said: Json, msgtype: str, content: Json) -> None:
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        await sandbox.ask("POST", "say", {"as": "wang", "conversation": "one:wang", **said})
        data = json.loads((await _frame(socket, "CALLBACK"))["data"])
    assert data["msgtype"] == msgtype
    assert set(data["content"]) == set(content)
    assert "text" not in data
    if msgtype == "audio":
        assert data["content"]["recognition"] == "钉钉"


async def _pressed(
    sandbox: Control, socket: aiohttp.ClientWebSocketResponse, track: str, **more: Json
) -> tuple[Json, Json]:
    """A click by wang, answered at once: the frame that told of it, and what came of the click."""
    async with asyncio.TaskGroup() as tasks:
        pressing = tasks.create_task(sandbox.press("wang", track, "agree", force=True, **more))
        frame = await _frame(socket, "CALLBACK")
        await _acknowledge(socket, frame, {"response": {}})
    return frame, pressing.result()


async def test_only_subscribed_topics_arrive(sandbox: Control) -> None:
    names = await known(sandbox, ("card",))
    async with _connected(sandbox, ("CALLBACK", CARD_TOPIC)) as cards:
        await sandbox.say("wang", names["group"], "not for this connection")
        frame, pressed = await _pressed(sandbox, cards, names["track"])
    assert pressed["ok"], pressed
    assert frame["headers"]["topic"] == CARD_TOPIC


async def test_a_click_has_every_documented_field(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/event-callback-card"""
    names = await known(sandbox, ("card",))
    async with _connected(sandbox, ("CALLBACK", CARD_TOPIC)) as cards:
        frame, _ = await _pressed(sandbox, cards, names["track"], params={"action": "accept"})
    click = json.loads(frame["data"])
    documented = {"type": "x", "outTrackId": "x", "corpId": "x", "userId": "x", "content": "x"}
    assert {key: type(click[key]).__name__ for key in documented} == dict.fromkeys(documented, "str")
    assert (click["type"], click["outTrackId"]) == ("actionCallback", names["track"])
    assert (click["corpId"], click["userId"]) == (CORP_ID, "wang")
    private = json.loads(click["content"])["cardPrivateData"]
    assert isinstance(private["actionIds"], list)
    assert private["params"]["action"] == "accept"


async def test_an_event_has_every_documented_field(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/event-storage-dentry-delete"""
    names = await known(sandbox, ("files",))
    async with _connected(sandbox, ("EVENT", "*")) as socket:
        subscription = {"scope": "SPACE", "scopeId": names["space"]}
        await sandbox.api("POST", "/v1.0/storage/events/subscribe", subscription, unionId=names["wang"])
        await sandbox.remove(names["space"], names["wang"], names["file"])
        frame = await _frame(socket, "EVENT")
        await _acknowledge(socket, frame, {"status": "SUCCESS"})
    assert differences(HEADERS | EVENT_HEADERS, frame["headers"], frozenset({"appId", "connectionId"})) == []
    data = json.loads(frame["data"])
    assert (data["eventScope"], data["eventScopeId"]) == ("SPACE", names["space"])


async def test_the_webhook_of_a_message_answers_until_it_expires(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/dingstart/robot-reply-and-send-messages"""
    names = await known(sandbox, ())
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        await sandbox.say("wang", names["group"], "hello")
        frame = await _frame(socket, "CALLBACK")
        await _acknowledge(socket, frame, {"response": None})
    data = json.loads(frame["data"])
    reply = {"msgtype": "markdown", "markdown": {"title": "title", "text": "**words**"}}
    async with sandbox.http.post(data["sessionWebhook"], json=reply) as answer:
        assert (answer.status, (await answer.json())["errcode"]) == (HTTP_OK, 0)
    seen = await sandbox.read("li", names["group"])
    assert [message["kind"] for message in seen if "robot" in message["from"]] == ["markdown"]
    await sandbox.advance((data["sessionWebhookExpiredTime"] - data["createAt"]) / 1000 + 1)
    async with sandbox.http.post(data["sessionWebhook"], json=reply) as answer:
        assert (answer.status, (await answer.json())["errcode"] != 0) == (HTTP_OK, True)


async def test_each_push_goes_to_one_of_several_connections(sandbox: Control) -> None:
    names = await known(sandbox, ())
    topic = ("CALLBACK", ROBOT_TOPIC)
    async with _connected(sandbox, topic) as one, _connected(sandbox, topic) as two:
        sent = [(await sandbox.say("wang", names["group"], str(n)))["messageId"] for n in range(20)]
        frames = (await sandbox.ask("GET", "frames", direction="out", type="CALLBACK"))["frames"]
        assert [frame["messageId"] for frame in frames] == sent
        share = {frame["connectionId"] for frame in frames}
        for socket in (one, two):
            await _frame(socket, "CALLBACK")
    assert len(share) == 2


async def test_after_a_disconnect_frame_nothing_is_delivered_here_any_more(sandbox: Control) -> None:
    names = await known(sandbox, ())
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        await sandbox.ask("POST", "stream", {"action": "disconnect"})
        frame = await socket.receive_json(timeout=10)
        assert (frame["type"], frame["headers"]["topic"]) == ("SYSTEM", "disconnect")
        await sandbox.say("wang", names["group"], "too late")
        await sandbox.advance(11)
        last = await socket.receive(timeout=10)
        assert last.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}


async def test_an_answer_in_nothing_but_noise_is_not_an_acknowledgement(sandbox: Control) -> None:
    names = await known(sandbox, ())
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        said = await sandbox.say("wang", names["group"], "hello")
        await _frame(socket, "CALLBACK")
        await socket.send_str("no json at all")
        await socket.send_json({"code": 200, "headers": {"messageId": "somebody-else"}, "data": "{}"})
        await sandbox.advance(17)
        again = await _frame(socket, "CALLBACK")
    assert json.loads(again["data"])["msgId"] == said["msgId"]
    assert again["headers"]["messageId"] != said["messageId"]


async def test_an_event_put_off_comes_again(sandbox: Control) -> None:
    """SUCCESS ends it, LATER asks for it once more."""
    async with _connected(sandbox, ("EVENT", "*")) as socket:
        event = {"action": "event", "eventType": "user_add_org", "data": {"userId": ["wang"]}}
        await sandbox.ask("POST", "stream", event)
        first = await _frame(socket, "EVENT")
        await _acknowledge(socket, first, {"status": "LATER"})
        await sandbox.ask("GET", "frames", acked="true", messageId=first["headers"]["messageId"], wait=10)
        await sandbox.advance(17)
        second = await _frame(socket, "EVENT")
        await _acknowledge(socket, second, {"status": "SUCCESS"})
    assert second["headers"]["eventId"] == first["headers"]["eventId"]
    assert second["data"] == first["data"]


async def test_over_the_month_s_pushes_a_message_loses_its_words(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/robot-message-type"""
    names = await known(sandbox, ())
    await sandbox.limits(pushQuota=0)
    async with _connected(sandbox, ("CALLBACK", ROBOT_TOPIC)) as socket:
        await sandbox.say("wang", names["group"], "hello")
        data = json.loads((await _frame(socket, "CALLBACK"))["data"])
    assert str(data["errorCode"]) == "20001"
    assert data["errorMessage"]
    assert "text" not in data


async def test_updating_a_card_inside_its_callback_is_noticed(sandbox: Control) -> None:
    """Forbidden by https://open.dingtalk.com/document/development/event-callback-card"""
    names = await known(sandbox, ("card",))
    update = {"outTrackId": names["track"], "cardData": {"cardParamMap": {"title": "x"}}}
    async with _connected(sandbox, ("CALLBACK", CARD_TOPIC)) as socket, asyncio.TaskGroup() as tasks:
        tasks.create_task(sandbox.press("wang", names["track"], "agree", force=True))
        frame = await _frame(socket, "CALLBACK")
        await sandbox.api("PUT", "/v1.0/card/instances", update)
        await _acknowledge(socket, frame, {"response": {}})
    assert len((await sandbox.ask("GET", "state"))["violations"]) == 1
    await sandbox.api("PUT", "/v1.0/card/instances", update)
    assert len((await sandbox.ask("GET", "state"))["violations"]) == 1
