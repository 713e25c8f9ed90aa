"""Every documented kind of message a robot may send, and that it reaches whom it was sent to.

https://open.dingtalk.com/document/development/robot-message-type
"""

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import aiohttp
import pytest

from tests.conformance.callers import HTTP_OK
from tests.conformance.control import CLIENT_ID, CLIENT_SECRET, Control, Json
from tests.conformance.given import known
from tests.conformance.pages import differences

LINK = "https://open.dingtalk.com"
TEXT = {"title": "消息标题测试", "text": "消息正文测试"}


def _buttons(count: int) -> Json:
    return {
        **TEXT,
        **{f"actionTitle{n}": f"第 {n} 个按钮" for n in range(1, count + 1)},
        **{f"actionURL{n}": LINK for n in range(1, count + 1)},
    }


TEMPLATES: dict[str, Json] = {
    "sampleText": {"content": "xxxx"},
    "sampleMarkdown": TEXT,
    "sampleImageMsg": {"photoURL": LINK},
    "sampleLink": {**TEXT, "picUrl": "@lADOADmaWMzazQKA", "messageUrl": LINK},
    "sampleActionCard": {**TEXT, "singleTitle": "查看详情", "singleURL": LINK},
    **{f"sampleActionCard{count}": _buttons(count) for count in range(2, 6)},
    "sampleActionCard6": {
        **TEXT,
        "buttonTitle1": "one",
        "buttonUrl1": LINK,
        "buttonTitle2": "two",
        "buttonUrl2": LINK,
    },
    "sampleAudio": {"mediaId": "@IR_P", "duration": "1000"},
    "sampleFile": {"mediaId": "@lAz", "fileName": "表格.xlsx", "fileType": "xlsx"},
    "sampleVideo": {"duration": "9", "videoMediaId": "$iQE", "videoType": "mp4", "picMediaId": "$igE"},
}

WEBHOOK_MESSAGES: dict[str, Json] = {
    "text": {
        "msgtype": "text",
        "text": {"content": "我就是我, @wang 是不一样的烟火"},
        "at": {"atMobiles": ["180"], "atUserIds": ["wang"], "isAtAll": False},
    },
    "link": {"msgtype": "link", "link": {**TEXT, "picUrl": LINK, "messageUrl": LINK}},
    "markdown": {"msgtype": "markdown", "markdown": TEXT, "at": {"atUserIds": ["wang"], "isAtAll": False}},
    "actionCard whole": {
        "msgtype": "actionCard",
        "actionCard": {**TEXT, "singleTitle": "阅读全文", "btnOrientation": "0", "singleURL": LINK},
    },
    "actionCard buttons": {
        "msgtype": "actionCard",
        "actionCard": {
            **TEXT,
            "btnOrientation": "0",
            "btns": [{"title": "内容不错", "actionURL": LINK}, {"title": "不感兴趣", "actionURL": LINK}],
        },
    },
    "feedCard": {
        "msgtype": "feedCard",
        "feedCard": {"links": [{"title": "一", "messageURL": LINK, "picURL": LINK}]},
    },
}


@pytest.mark.parametrize("key", TEMPLATES)
async def test_every_documented_template_reaches_the_group(sandbox: Control, key: str) -> None:
    names = await known(sandbox, ())
    body = {
        "robotCode": CLIENT_ID,
        "openConversationId": names["group"],
        "msgKey": key,
        "msgParam": json.dumps(TEMPLATES[key], ensure_ascii=False),
    }
    sent = await sandbox.api("POST", "/v1.0/robot/groupMessages/send", body)
    (message,) = await sandbox.read("zhao", names["group"])
    assert sent["processQueryKey"]
    assert message["from"]["robot"] == CLIENT_ID


async def test_one_to_one_messages_reach_whom_they_name_and_nobody_else(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/chatbots-send-one-on-one-chat-messages-in-batches"""
    body = {
        "robotCode": CLIENT_ID,
        "userIds": ["wang", "alice", "nobody"],
        "msgKey": "sampleMarkdown",
        "msgParam": json.dumps(TEXT),
    }
    sent = await sandbox.api("POST", "/v1.0/robot/oToMessages/batchSend", body)
    assert sent["invalidStaffIdList"] == ["nobody"]
    for who in ("wang", "alice"):
        (message,) = await sandbox.read(who, f"one:{who}")
        assert message["kind"] == "markdown"
    assert await sandbox.read("li", "one:li", wait_s=0) == []


@pytest.fixture
async def webhook(sandbox: Control) -> AsyncIterator[str]:
    """The session webhook of a message wang wrote in the group."""
    names = await known(sandbox, ())
    body = {
        "clientId": CLIENT_ID,
        "clientSecret": CLIENT_SECRET,
        "subscriptions": [{"type": "CALLBACK", "topic": "/v1.0/im/bot/messages/get"}],
    }
    async with sandbox.http.post(f"{sandbox.url}/v1.0/gateway/connections/open", json=body) as answer:
        opened = await answer.json()
    async with sandbox.http.ws_connect(
        f"{opened['endpoint']}?ticket={quote(opened['ticket'], safe='')}"
    ) as socket:
        await sandbox.say("wang", names["group"], "hello")
        yield json.loads((await socket.receive_json(timeout=10))["data"])["sessionWebhook"]


@pytest.mark.parametrize("kind", WEBHOOK_MESSAGES)
async def test_every_documented_webhook_message_is_shown(sandbox: Control, webhook: str, kind: str) -> None:
    names = await known(sandbox, ())
    async with sandbox.http.post(webhook, json=WEBHOOK_MESSAGES[kind]) as answer:
        assert (answer.status, (await answer.json())["errcode"]) == (HTTP_OK, 0)
    (question, message) = await sandbox.read("li", names["group"])
    assert question["from"]["userId"] == "wang"
    assert message["kind"] == kind.partition(" ")[0]


@pytest.mark.parametrize("body", [{}, {"msgtype": "telegram"}, {"msgtype": "text"}, {"msgtype": "markdown"}])
async def test_a_message_without_its_content_is_refused(sandbox: Control, webhook: str, body: Json) -> None:
    async with sandbox.http.post(webhook, json=body) as answer:
        assert (answer.status, (await answer.json())["errcode"] != 0) == (HTTP_OK, True)


async def test_pressing_a_message_button_says_its_words(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/message-link-description"""
    names = await known(sandbox, ())
    words = "confirm 17 abc"
    param = {**_buttons(2), "actionURL1": f"dtmd://dingtalkclient/sendMessage?content={quote(words)}"}
    body = {
        "robotCode": CLIENT_ID,
        "openConversationId": names["group"],
        "msgKey": "sampleActionCard2",
        "msgParam": json.dumps(param),
    }
    await sandbox.api("POST", "/v1.0/robot/groupMessages/send", body)
    (message,) = await sandbox.read("wang", names["group"])
    press = {
        "as": "wang",
        "conversation": names["group"],
        "seq": message["seq"],
        "button": param["actionTitle1"],
    }
    await sandbox.ask("POST", "press", press)
    (said,) = await sandbox.read("li", names["group"], after=message["seq"])
    assert said["from"]["userId"] == "wang"
    assert words in json.dumps(said)


async def test_a_file_is_uploaded_and_sent(sandbox: Control) -> None:
    """https://open.dingtalk.com/document/development/upload-media-files"""
    form = aiohttp.FormData({"type": "file"})
    form.add_field("media", b"a,b\n1,2\n", filename="list.xlsx", content_type="application/octet-stream")
    query = {"access_token": await sandbox.token()}
    async with sandbox.http.post(f"{sandbox.url}/media/upload", params=query, data=form) as answer:
        uploaded = await answer.json()
    documented = {
        "errcode": 0,
        "errmsg": "ok",
        "media_id": "$iA",
        "created_at": 1605863153573,
        "type": "image",
    }
    assert differences(documented, uploaded, frozenset()) == []
    assert (uploaded["errcode"], uploaded["type"]) == (0, "file")
    param = {"mediaId": uploaded["media_id"], "fileName": "list.xlsx", "fileType": "xlsx"}
    body = {
        "robotCode": CLIENT_ID,
        "userIds": ["wang"],
        "msgKey": "sampleFile",
        "msgParam": json.dumps(param),
    }
    await sandbox.api("POST", "/v1.0/robot/oToMessages/batchSend", body)
    (message,) = await sandbox.read("wang", "one:wang")
    assert message["kind"] == "file"


async def test_an_unknown_kind_of_media_is_refused(sandbox: Control) -> None:
    """40004 is named on https://open.dingtalk.com/document/development/upload-media-files"""
    form = aiohttp.FormData({"type": "smell"})
    form.add_field("media", b"x", filename="x.xlsx")
    query = {"access_token": await sandbox.token()}
    async with sandbox.http.post(f"{sandbox.url}/media/upload", params=query, data=form) as answer:
        assert (await answer.json())["errcode"] == 40004
