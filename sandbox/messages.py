"""What a robot may send: message templates of the interfaces, message types of webhooks.

https://open.dingtalk.com/document/development/robot-message-type
"""

import json
from typing import Any

from sandbox.errors import ApiError, OldApiError

PARAM_BYTES = 15_000
ACTION_CARDS = {f"sampleActionCard{n}": n for n in range(2, 6)}
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sampleText": ("text", ("content",)),
    "sampleMarkdown": ("markdown", ("title", "text")),
    "sampleImageMsg": ("image", ("photoURL",)),
    "sampleLink": ("link", ("text", "title", "messageUrl")),
    "sampleActionCard": ("actionCard", ("title", "text", "singleTitle", "singleURL")),
    "sampleActionCard6": (
        "actionCard",
        ("title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"),
    ),
    "sampleAudio": ("audio", ("mediaId", "duration")),
    "sampleFile": ("file", ("mediaId", "fileName", "fileType")),
    "sampleVideo": ("video", ("duration", "videoMediaId", "videoType", "picMediaId")),
    **{
        key: (
            "actionCard",
            ("title", "text", *(f"action{part}{n + 1}" for n in range(count) for part in ("Title", "URL"))),
        )
        for key, count in ACTION_CARDS.items()
    },
}
"""Message template → kind of message, and the parameters it cannot do without."""

WEBHOOK_FIELDS = {
    "text": ("content",),
    "link": ("title", "text", "messageUrl"),
    "markdown": ("title", "text"),
    "actionCard": ("title", "text"),
    "feedCard": ("links",),
}
FILE_TYPES = ("xlsx", "pdf", "zip", "rar", "doc", "docx")
"""Of a file that is sent as a message."""
LISTED = {"links", "btns"}
"""Lists of objects, where there are any."""


def template_message(msg_key: Any, msg_param: Any) -> tuple[str, dict[str, Any]]:
    """The kind and body of a message sent as `msgKey` and `msgParam` (a JSON string).

    Raises ApiError with the codes of
    https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
    """
    if not msg_key:
        raise ApiError(400, "invalidParameter.msgKey.empty", "缺少msgKey")
    if not isinstance(msg_key, str) or msg_key not in FIELDS:
        raise ApiError(400, "invalidParameter.msgKey.invalid", "msgKey无效")
    if not isinstance(msg_param, str):
        raise ApiError(400, "invalidParameter.msgParam.invalid", "msgParam必须是json格式")
    if len(msg_param.encode()) > PARAM_BYTES:
        raise ApiError(400, "invalidParameter.msgParam.tooLong", "消息内容太长")
    kind, needed = FIELDS[msg_key]
    params = _object(msg_param)
    for name in needed:
        if not params.get(name):
            raise ApiError(400, "invalidParameter.param.invalid", f"参数不合法: {name}")
    if kind == "file" and params["fileType"] not in FILE_TYPES:
        raise ApiError(400, "invalidParameter.param.invalid", "参数不合法: fileType")
    return kind, with_buttons(kind, params)


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ApiError(400, "invalidParameter.msgParam.invalid", "msgParam必须是json格式")
    return value


def webhook_message(body: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The kind and body of a message sent to a webhook; None for `empty`.

    Raises OldApiError with the codes of
    https://open.dingtalk.com/document/development/custom-robots-send-group-messages
    """
    kind = body.get("msgtype")
    if kind == "empty":
        return None
    if kind is None:
        raise OldApiError(40035, "缺少参数 json")
    if not isinstance(kind, str) or kind not in WEBHOOK_FIELDS:
        raise OldApiError(400105, "不支持的消息类型")
    content = body.get(kind)
    if not isinstance(content, dict):
        raise OldApiError(40035, f"缺少参数 {kind}")
    for name in WEBHOOK_FIELDS[kind]:
        if not content.get(name):
            raise OldApiError(40035, f"缺少参数 {kind}.{name}")
    for name in LISTED & content.keys():
        if not isinstance(content[name], list) or not all(isinstance(one, dict) for one in content[name]):
            raise OldApiError(40035, f"缺少参数 {kind}.{name}")
    return kind, {**with_buttons(kind, content), "mentions": body.get("at") or {}}


def with_buttons(kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """An action card's links as one list `buttons` of `{id, text, url}`, whichever form they came in."""
    if kind != "actionCard":
        return dict(content)
    pairs = [(content.get("singleTitle"), content.get("singleURL"))]
    pairs += [(b.get("title"), b.get("actionURL")) for b in content.get("btns") or ()]
    pairs += [(content.get(f"actionTitle{n}"), content.get(f"actionURL{n}")) for n in range(1, 6)]
    pairs += [(content.get(f"buttonTitle{n}"), content.get(f"buttonUrl{n}")) for n in range(1, 3)]
    known = [(text, url) for text, url in pairs if text]
    buttons = [
        {"id": str(n), "text": str(text), "url": str(url or "")} for n, (text, url) in enumerate(known)
    ]
    return {"title": content.get("title", ""), "text": content.get("text", ""), "buttons": buttons}
