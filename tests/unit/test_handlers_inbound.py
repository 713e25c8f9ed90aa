"""What DingTalk pushes, whole and broken."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import Conversation
from handlers.inbound import CardClick, IncomingMessage, InvalidMessage

T = TypeVar("T")
MESSAGE: dict[str, Any] = {
    "conversationId": "cidA==",
    "atUsers": [{"dingtalkId": "$:LWCP_v1:$x"}],
    "chatbotCorpId": "dingbot",
    "chatbotUserId": "$:LWCP_v1:$y",
    "msgId": "msg1==",
    "senderNick": "小钉",
    "isAdmin": True,
    "senderStaffId": "user123",
    "senderUnionId": "union1",
    "sessionWebhookExpiredTime": 1613635652738,
    "createAt": "1613630252678",
    "senderCorpId": "dingcorp",
    "conversationType": "2",
    "senderId": "$:LWCP_v1:$z",
    "conversationTitle": "测试群",
    "isInAtList": True,
    "sessionWebhook": "https://oapi.dingtalk.com/robot/sendBySession?session=1",
    "text": {"content": " 删除 /a"},
    "robotCode": "dingrobot",
    "msgtype": "text",
}
CLICK: dict[str, Any] = {
    "type": "actionCallback",
    "outTrackId": "card-1",
    "corpId": "dingcorp",
    "userId": "user123",
    "userIdType": 1,
    "content": '{"cardPrivateData": {"actionIds": ["node_1"], "params": {"id": "confirm", "n": 1, "deep": {}}}}',
}


def test_a_whole_message() -> None:
    message = IncomingMessage.from_data(MESSAGE)
    assert message == IncomingMessage(
        message_key="dingrobot:msg1==",
        robot_code="dingrobot",
        msg_id="msg1==",
        corp_id="dingcorp",
        chatbot_corp_id="dingbot",
        sender_user_id="user123",
        sender_union_id="union1",
        sender_nick="小钉",
        conversation=Conversation(id="cidA==", kind="group", title="测试群"),
        session_webhook="https://oapi.dingtalk.com/robot/sendBySession?session=1",
        session_webhook_expires_at=datetime(2021, 2, 18, 8, 7, 32, 738000, UTC),
        text=" 删除 /a",
        kind="text",
        created_at=datetime(2021, 2, 18, 6, 37, 32, 678000, UTC),
    )


def test_the_least_a_message_needs() -> None:
    message = IncomingMessage.from_data(
        {"msgId": "m", "conversationId": "c", "conversationType": 1}, robot_code="ours"
    )
    assert message.message_key == "ours:m"
    assert message.conversation == Conversation(id="c", kind="one_to_one")
    assert (message.kind, message.text, message.sender_user_id) == ("unsupported", None, "")
    assert message.created_at is None


@pytest.mark.parametrize("field", ["msgId", "conversationId", "conversationType", "robotCode"])
@pytest.mark.parametrize("value", [None, "", [], {}, True, 1.5, "x" * 600])
def test_what_a_message_cannot_do_without(field: str, value: object) -> None:
    with pytest.raises(InvalidMessage) as caught:
        IncomingMessage.from_data(MESSAGE | {field: value})
    assert caught.value.missing == (field,)


@pytest.mark.parametrize(
    ("msgtype", "body", "kind", "text"),
    [
        ("text", {"text": {"content": ""}}, "text", ""),
        ("text", {"text": None}, "unsupported", None),
        ("audio", {"content": {"recognition": "删除报告", "duration": 4000}}, "audio", "删除报告"),
        ("audio", {"content": {"duration": 4000}}, "unsupported", None),
        (
            "richText",
            {
                "content": {
                    "richText": [{"text": "rm "}, {"text": "/a"}, {"type": "picture"}, {"text": "/b"}, 7]
                }
            },
            "rich_text",
            "rm /a /b ",
        ),
        (
            "richText",
            {"content": {"richText": [{"type": "picture", "downloadCode": "x"}]}},
            "unsupported",
            None,
        ),
        ("richText", {"content": {"richText": "rm"}}, "unsupported", None),
        ("picture", {"content": {"downloadCode": "x"}}, "unsupported", None),
        ("file", {"content": {"fileName": "rm /a"}}, "unsupported", None),
        (None, {}, "unsupported", None),
    ],
)
def test_words_of_a_message(msgtype: str | None, body: dict[str, Any], kind: str, text: str | None) -> None:
    message = IncomingMessage.from_data(MESSAGE | {"text": {}, "msgtype": msgtype} | body)
    assert (message.kind, message.text) == (kind, text)


def test_what_no_database_carries_is_dropped() -> None:
    message = IncomingMessage.from_data(MESSAGE | {"senderNick": "a\0\ud800b", "text": {"content": "\0rm"}})
    assert (message.sender_nick, message.text) == ("a?b", "rm")


@pytest.mark.parametrize("moment", [10**18, -(10**18), 10**30, "soon", True, [], "1e3"])
def test_a_senseless_moment_is_none(moment: object) -> None:
    assert IncomingMessage.from_data(MESSAGE | {"createAt": moment}).created_at is None


def test_a_whole_click() -> None:
    assert CardClick.from_data(CLICK) == CardClick(
        out_track_id="card-1",
        corp_id="dingcorp",
        user_id="user123",
        action="confirm",
        params={"id": "confirm", "n": "1", "deep": ""},
    )


@pytest.mark.parametrize(
    ("content", "action"),
    [
        ({"cardPrivateData": {"actionIds": ["cancel"], "params": {}}}, "cancel"),
        ({"cardPrivateData": {"actionIds": ["cancel"]}}, "cancel"),
        ({"cardPrivateData": {"actionIds": [7]}}, "7"),
        ({"cardPrivateData": {"actionIds": []}}, ""),
        ({"cardPrivateData": {"actionIds": "cancel"}}, ""),
        ({"cardPrivateData": None}, ""),
        ([], ""),
    ],
)
def test_where_the_button_stands(content: object, action: str) -> None:
    assert CardClick.from_data(CLICK | {"content": content}).action == action
    assert CardClick.from_data(CLICK | {"content": json.dumps(content)}).action == action


@pytest.mark.parametrize("content", [None, "", "{", "[" * 100_000, "9" * 10_000, '{"cardPrivateData": '])
def test_a_broken_content_names_no_button(content: object) -> None:
    assert CardClick.from_data(CLICK | {"content": content}).action == ""


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"outTrackId": None}, ("outTrackId",)),
        ({"userId": ""}, ("userId",)),
        ({"outTrackId": [], "userId": {}}, ("outTrackId", "userId")),
        ({"type": "dynamicDataCallback"}, ("type",)),
    ],
)
def test_what_a_click_cannot_do_without(change: dict[str, object], missing: tuple[str, ...]) -> None:
    with pytest.raises(InvalidMessage) as caught:
        CardClick.from_data(CLICK | change)
    assert caught.value.missing == missing


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
CONTENT = st.fixed_dictionaries(
    {},
    optional={
        "cardPrivateData": JSON | st.fixed_dictionaries({}, optional={"actionIds": JSON, "params": JSON})
    },
)


def attempt(read: Callable[[], T]) -> T | InvalidMessage:
    try:
        return read()
    except InvalidMessage as invalid:
        return invalid


@settings(deadline=None)
@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(MESSAGE, JSON)))
def test_any_data_is_a_message_or_invalid(data: object) -> None:
    message = attempt(lambda: IncomingMessage.from_data(data))
    if isinstance(message, InvalidMessage):
        assert message.missing
    else:
        assert message == IncomingMessage.model_validate_json(message.model_dump_json())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(MESSAGE)), JSON))
def test_a_message_with_odd_fields_is_read_or_invalid(odd: dict[str, Any]) -> None:
    message = attempt(lambda: IncomingMessage.from_data(MESSAGE | odd))
    if isinstance(message, InvalidMessage):
        assert set(message.missing) <= odd.keys()
    else:
        assert message == IncomingMessage.model_validate_json(message.model_dump_json())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(CLICK)), JSON), JSON | CONTENT | CONTENT.map(json.dumps))
def test_a_click_with_odd_fields_is_read_or_invalid(odd: dict[str, Any], content: object) -> None:
    click = attempt(lambda: CardClick.from_data(CLICK | {"content": content} | odd))
    if isinstance(click, InvalidMessage):
        assert set(click.missing) <= odd.keys()
    else:
        assert click == CardClick.model_validate_json(click.model_dump_json())


@pytest.mark.parametrize("user_id", ["wa\x00ng", " wang", "wang\n"])
def test_an_id_that_would_have_to_be_cleaned_is_nobody_s(user_id: str) -> None:
    with pytest.raises(InvalidMessage):
        CardClick.from_data({"outTrackId": "dingsweep.request.K7M2.x", "userId": user_id, "corpId": "ding1"})
