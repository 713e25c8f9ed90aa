"""What custom robots send: messages through the webhook of a group.

https://open.dingtalk.com/document/development/custom-robots-send-group-messages
"""

import json
from typing import Any

from sandbox.errors import OldApiError
from sandbox.messages import webhook_message
from sandbox.webhook import Webhook
from sandbox.wire import Call, Endpoint, JsonObject

MENTIONS_MAX = 50


async def send(call: Call) -> JsonObject:
    """One message into the group the webhook belongs to; with a msgUuid it had before, none."""
    webhook = _webhook(call)
    body = _plain(call.body)
    message = webhook_message(body)
    if message is None:
        raise OldApiError(400105, "不支持的消息类型")
    now_ms = call.world.clock.now_ms()
    objection = webhook.objection(body[body["msgtype"]], dict(call.query), call.remote, now_ms)
    if objection:
        raise OldApiError(310000, objection)
    uuid = str(body.get("msgUuid", ""))
    if uuid in webhook.uuids:
        return {}
    if not webhook.may_send(now_ms) and not call.world.limits.permit_unlimited:
        raise OldApiError(410100, "发送速度太快而限流")
    if not call.world.meter.spend_push():
        raise OldApiError(90020, "您的企业本月Webhook调用量已超过限制")
    kind, content = message
    content["mentions"] = _mentions(content["mentions"])
    call.world.chat.post(webhook.conversation_id, kind, content, robot_code=webhook.name)
    webhook.has_sent(now_ms, uuid)
    return {}


def _webhook(call: Call) -> Webhook:
    in_form = str(call.body.pop("access_token", ""))  # which the log of calls is not to show
    token = call.query.get("access_token") or in_form
    webhook = call.world.webhooks.get(token)
    if webhook is None:
        raise OldApiError(400101, "access_token不存在")
    if webhook.stopped:
        raise OldApiError(400102, "机器人已停用")
    if webhook.conversation_id not in call.world.conversations:
        raise OldApiError(400013, "群已被解散")
    return webhook


def _plain(body: JsonObject) -> JsonObject:
    """The body; in a form, objects are JSON in text and what is not given is `null`, as the page's examples show."""
    read = {key: _read(value) for key, value in body.items()}
    return {key: value for key, value in read.items() if value is not None}


def _read(value: Any) -> Any:
    if not isinstance(value, str) or not (value == "null" or value.startswith("{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _mentions(at: Any) -> JsonObject:
    """Who is @-ed, of people named one by one the first 50."""
    if not isinstance(at, dict):
        return {}
    named = ("atUserIds", "atMobiles")
    return at | {key: at[key][:MENTIONS_MAX] for key in named if isinstance(at.get(key), list)}


ENDPOINTS = (
    Endpoint(
        "POST",
        "/robot/send",
        send,
        counted=False,
        token=False,
        doc="https://open.dingtalk.com/document/development/custom-robots-send-group-messages",
    ),
)
