"""What the robot sends by itself, and takes back: to groups, to single people, through a session webhook.

https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
https://open.dingtalk.com/document/development/chatbots-send-one-on-one-chat-messages-in-batches
"""

from collections.abc import Callable
from typing import Any

from sandbox import ids
from sandbox.chat import GROUP, ONE_TO_ONE, Conversation, Message
from sandbox.errors import ApiError, OldApiError
from sandbox.messages import template_message, webhook_message
from sandbox.wire import Call, Endpoint, JsonObject

SCOPE = "qyapi_robot_sendmsg"
DOC = "https://open.dingtalk.com/document/development/"
USERS_MAX = 20
RECALLS_MAX = 20
RECALL_MS = 24 * 3_600_000
UPLOAD_BYTES = 20 * 1024 * 1024
MEDIA_TYPES = {"image", "voice", "video", "file"}
FILE_TYPES = {"doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"}
"""What may be uploaded as a `file`, by the end of its name."""


async def send_to_group(call: Call) -> JsonObject:
    """One message into one group the robot is in."""
    robot_code = _robot_code(call)
    kind, body = template_message(call.body.get("msgKey"), call.body.get("msgParam"))
    conversation = _group(call)
    if not conversation.robot_inside:
        raise ApiError(400, "invalidParameter.robotCode.notExsit", "机器人不存在")
    key = ids.opaque()
    call.world.chat.post(
        conversation.conversation_id, kind, body, robot_code=robot_code, process_query_key=key
    )
    return {"processQueryKey": key}


def _group(call: Call) -> Conversation:
    """The group of the organisation that the body names."""
    conversation_id = call.body.get("openConversationId")
    if not conversation_id:
        raise ApiError(400, "miss.openConversationId", "缺少openConversationId")
    conversation = call.world.conversations.get(str(conversation_id))
    if conversation is None or conversation.type != GROUP or conversation.corp_id != call.corp_id:
        raise ApiError(400, "invalid.openConversationId", "无效的openConversationId")
    return conversation


async def send_to_people(call: Call) -> JsonObject:
    """The same message to up to 20 people, each in their own conversation with the robot."""
    robot_code = _robot_code(call)
    user_ids = call.body.get("userIds")
    if not isinstance(user_ids, list) or not user_ids:
        raise ApiError(400, "invalidParameter.userIds.empty", "用户userId列表为空")
    if len(user_ids) > USERS_MAX:
        raise ApiError(400, "invalidParameter.userIds.overMax", "用户userId列表超过最大限制")
    kind, body = template_message(call.body.get("msgKey"), call.body.get("msgParam"))
    key = ids.opaque()
    known = [u for u in user_ids if call.world.colleague(u, call.corp_id)]
    for user_id in known:
        conversation = call.world.chat.one_to_one(user_id, call.corp_id)
        call.world.chat.post(
            conversation.conversation_id, kind, body, robot_code=robot_code, process_query_key=key
        )
    invalid = [u for u in user_ids if u not in known]
    return {"processQueryKey": key, "invalidStaffIdList": invalid, "flowControlledStaffIdList": []}


async def recall_from_group(call: Call) -> JsonObject:
    """Takes messages back out of the group they were sent to."""
    robot_code = _recaller(call, "miss.chatbotId", "invalidParameter.robotCode.notExsit")
    keys = _recalled_keys(call)
    conversation = _group(call)
    return _recall(call, keys, lambda m: m.conversation_id == conversation.conversation_id, robot_code)


async def recall_from_people(call: Call) -> JsonObject:
    """Takes messages of the last 24 hours back out of one-to-one conversations."""
    robot_code = _recaller(call, "invalidParameter.param.invalid", "invalidParameter.robotCode")
    oldest = call.world.clock.now_ms() - RECALL_MS

    def alone(message: Message) -> bool:
        return call.world.conversations[message.conversation_id].type == ONE_TO_ONE

    return _recall(call, _recalled_keys(call), alone, robot_code, oldest)


def _recaller(call: Call, missing: str, unknown: str) -> str:
    """The robot that wants its messages back. Raises ApiError with the codes of the page."""
    robot_code = call.body.get("robotCode")
    if not robot_code:
        raise ApiError(400, missing, "缺少robotCode")
    owner = call.world.application(str(robot_code))
    if owner is None:
        raise ApiError(400, unknown, "机器人不存在")
    if owner.client_id != call.app.client_id:
        raise ApiError(400, "not.allowed.robotCode", "未被授权的robotCode")
    return owner.robot_code


def _recalled_keys(call: Call) -> list[Any]:
    keys = call.body.get("processQueryKeys")
    if not isinstance(keys, list) or not keys:
        raise ApiError(400, "invalidParameter.processQueryKey.missing", "缺少processQueryKey")
    if len(keys) > RECALLS_MAX:
        raise ApiError(400, "invalidParameter.processQueryKeys.overMax", "processQueryKeys超过数量上限20")
    return keys


def _recall(
    call: Call, keys: list[Any], here: Callable[[Message], bool], robot_code: str, oldest_ms: int = 0
) -> JsonObject:
    """Takes back what this robot sent `here` since `oldest_ms`; each key succeeds or fails for itself."""
    done: list[str] = []
    failed: JsonObject = {}
    for key in map(str, keys):
        sent = [m for m in _sent(call, key) if m.robot_code == robot_code and here(m)]
        if not sent:
            failed[key] = "invalid.processQueryKey"
        elif sent[0].at < oldest_ms:
            failed[key] = "robot.processQueryKey.expired"
        else:
            call.world.chat.recall(key)
            done.append(key)
    return {"successResult": done, "failedResult": failed}


async def read_status(call: Call) -> JsonObject:
    """Who has read a message of the last 24 hours that was sent to people one-to-one.

    https://open.dingtalk.com/document/development/chatbot-batch-query-the-read-status-of-messages
    """
    robot_code = _asking_robot(call)
    key = call.query.get("processQueryKey")
    if not key:
        raise ApiError(400, "invalidParameter.processQueryKey.missing", "缺少processQueryKey")
    said = (m for messages in call.world.chat.messages.values() for m in messages)
    found = [m for m in said if m.process_query_key == key and m.robot_code == robot_code]
    people = [(m, call.world.conversations[m.conversation_id]) for m in found]
    sent = [(m, where.members[0]) for m, where in people if where.type == ONE_TO_ONE]
    if not sent:
        raise ApiError(400, "invalid.processQueryKey", "无效的processQueryKey，请检查processQueryKey是否正确")
    if sent[0][0].at < call.world.clock.now_ms() - RECALL_MS:
        raise ApiError(400, "processQueryKey.expireTime", "processQueryKey已过期，无法查询消息")
    return {
        "sendStatus": "RECALLED" if sent[0][0].recalled else "SUCCESS",
        "messageReadInfoList": [
            {"name": call.world.people[user_id].name, "userId": user_id, "readStatus": "UNREAD"}
            for _, user_id in sent
        ],
    }


def _asking_robot(call: Call) -> str:
    robot_code = call.query.get("robotCode")
    if not robot_code:
        raise ApiError(400, "invalidParameter.robotCode.missing", "缺少robotCode")
    owner = call.world.application(robot_code)
    if owner is None or owner.client_id != call.app.client_id:
        raise ApiError(400, "invalidParameter.robotCode.notExsit", "机器人不存在")
    return owner.robot_code


def _sent(call: Call, key: str) -> list[Message]:
    """What was sent under this key and not taken back."""
    said = (m for messages in call.world.chat.messages.values() for m in messages)
    return [m for m in said if m.process_query_key == key and not m.recalled]


async def send_by_session(call: Call) -> JsonObject:
    """A message through a session webhook, into the conversation it came with."""
    session = call.world.chat.sessions.get(call.query.get("session", ""))
    if session is None:
        raise OldApiError(400101, "session不存在")
    if session.expires_at <= call.world.clock.now_ms():
        raise OldApiError(400101, "session已过期")
    if not call.world.meter.spend_push():
        raise OldApiError(90020, "您的企业本月Webhook调用量已超过限制")
    message = webhook_message(call.body)
    if message is not None:
        kind, body = message
        call.world.chat.post(session.conversation_id, kind, body, robot_code=session.robot_code)
    return {}


async def upload_media(call: Call) -> JsonObject:
    """Keeps a file that messages may refer to.

    https://open.dingtalk.com/document/development/upload-media-files
    """
    kind = call.body.get("type") or call.query.get("type")
    upload = call.files.get("media")
    if kind not in MEDIA_TYPES:
        raise OldApiError(40004, "不合法的媒体文件类型")
    if upload is None or not upload.size_bytes:
        raise OldApiError(41005, "缺少多媒体文件数据")
    if upload.size_bytes > UPLOAD_BYTES:
        raise OldApiError(40006, "不合法的文件大小")
    if kind == "file" and upload.name.rpartition(".")[2].lower() not in FILE_TYPES:
        raise OldApiError(40005, "不合法的文件类型")
    media_id = "@" + ids.opaque()
    call.world.media[media_id] = upload.name
    call.world.contents.put(media_id, upload.content)
    return {"type": kind, "media_id": media_id, "created_at": call.world.clock.now_ms()}


def _robot_code(call: Call) -> str:
    robot_code = call.body.get("robotCode")
    if not robot_code:
        raise ApiError(400, "invalidParameter.robotCode.empty", "机器人robotCode为空")
    owner = call.world.application(str(robot_code))
    if owner is None:
        raise ApiError(400, "invalidParameter.robotCode.notExsit", "机器人不存在")
    if owner.client_id != call.app.client_id:
        text = "此应用appkey和机器人robotCode不匹配，请使用机器人应用的appkey"
        raise ApiError(400, "invalidParameter.robotCode.auth", text)
    return owner.robot_code


def _endpoint(path: str, handler: Any, page: str) -> Endpoint:
    return Endpoint("POST", f"/v1.0/robot/{path}", handler, SCOPE, doc=DOC + page)


ENDPOINTS = (
    _endpoint("groupMessages/send", send_to_group, "the-robot-sends-a-group-message"),
    _endpoint("oToMessages/batchSend", send_to_people, "chatbots-send-one-on-one-chat-messages-in-batches"),
    _endpoint(
        "groupMessages/recall", recall_from_group, "enterprise-chatbot-withdraws-internal-group-messages"
    ),
    _endpoint("otoMessages/batchRecall", recall_from_people, "batch-message-recall-chat"),
    Endpoint(
        "GET",
        "/v1.0/robot/oToMessages/readStatus",
        read_status,
        SCOPE,
        doc=DOC + "chatbot-batch-query-the-read-status-of-messages",
    ),
    Endpoint(
        "POST",
        "/robot/sendBySession",
        send_by_session,
        counted=False,
        token=False,
        doc="https://open.dingtalk.com/document/dingstart/robot-reply-and-send-messages",
    ),
    Endpoint("POST", "/media/upload", upload_media, "qyapi_base", doc=DOC + "upload-media-files"),
)
