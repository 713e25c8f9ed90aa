"""What DingTalk pushes, read with suspicion: a robot message, and a click on a card.

Everything may be missing, of another type or cut off; what a message cannot do without is named in
InvalidMessage, the rest has a harmless default.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Self

from bot.models import Conversation, Model
from handlers.grammar import scrub

MessageKind = Literal["text", "audio", "rich_text", "unsupported"]

_MAX_ID_CHARS = 128
_CONVERSATION_KINDS: dict[str, Literal["one_to_one", "group"]] = {"1": "one_to_one", "2": "group"}


class InvalidMessage(Exception):
    """A push nobody can act on. `missing` names the fields that are absent or senseless."""

    def __init__(self, *missing: str) -> None:
        super().__init__(f"missing or senseless: {', '.join(missing)}")
        self.missing = missing


class IncomingMessage(Model):
    """A message for the robot: a group message that mentions it, or a one-to-one message.

    `message_key` is the same for every delivery of a message. `sender_user_id` is empty for people outside the
    robot's organisation; `sender_nick` is for display and never an identity. `text` is None when the message
    says nothing in words (then `kind` is unsupported).

    https://open.dingtalk.com/document/development/receive-message
    https://open.dingtalk.com/document/dingstart/robot-receive-message
    """

    message_key: str
    robot_code: str
    msg_id: str
    corp_id: str
    chatbot_corp_id: str
    sender_user_id: str
    sender_union_id: str
    sender_nick: str
    conversation: Conversation
    session_webhook: str
    session_webhook_expires_at: datetime | None
    text: str | None
    kind: MessageKind
    created_at: datetime | None

    @classmethod
    def from_data(cls, data: object, *, robot_code: str = "") -> Self:
        """Read the data of a robot push; `robot_code` stands in where the push names none.

        Raises InvalidMessage when msgId, robotCode, conversationId or conversationType make no sense.
        """
        fields = _required(data, "msgId", "conversationId")
        robot = _id(fields, "robotCode") or robot_code
        conversation_kind = _CONVERSATION_KINDS.get(_string(fields, "conversationType"))
        if not robot:
            raise InvalidMessage("robotCode")
        if not conversation_kind:
            raise InvalidMessage("conversationType")
        kind, text = _words(fields)
        msg_id = _id(fields, "msgId")
        return cls(
            message_key=f"{robot}:{msg_id}",
            robot_code=robot,
            msg_id=msg_id,
            corp_id=_id(fields, "senderCorpId"),
            chatbot_corp_id=_id(fields, "chatbotCorpId"),
            sender_user_id=_id(fields, "senderStaffId"),
            sender_union_id=_id(fields, "senderUnionId"),
            sender_nick=_string(fields, "senderNick"),
            conversation=Conversation(
                id=_id(fields, "conversationId"),
                kind=conversation_kind,
                title=_string(fields, "conversationTitle"),
            ),
            session_webhook=_string(fields, "sessionWebhook"),
            session_webhook_expires_at=_moment(fields, "sessionWebhookExpiredTime"),
            text=text,
            kind=kind,
            created_at=_moment(fields, "createAt"),
        )


class CardClick(Model):
    """A press on a button of a card. Only `out_track_id` and `user_id` are to be trusted.

    `action` is the id of the button, empty when none can be read. The id stands in `params.id` (`actionIds`
    then names a node of the layout) or, without it, first in `actionIds`.

    https://open.dingtalk.com/document/development/event-callback-card
    """

    out_track_id: str
    corp_id: str
    user_id: str
    action: str
    params: dict[str, str]

    @classmethod
    def from_data(cls, data: object) -> Self:
        """Read the data of a card push.

        Raises InvalidMessage when it is another kind of callback, or outTrackId or userId make no sense.
        """
        fields = _required(data, "outTrackId", "userId")
        if _string(fields, "type") not in {"", "actionCallback"}:
            raise InvalidMessage("type")
        private = _mapping(_decoded(fields.get("content")).get("cardPrivateData"))
        params = _mapping(private.get("params"))
        return cls(
            out_track_id=_id(fields, "outTrackId"),
            corp_id=_id(fields, "corpId"),
            user_id=_id(fields, "userId"),
            action=_id(params, "id") or _first(private.get("actionIds")),
            params={scrub(name): _string(params, name) for name in params},
        )


class CardPull(Model):
    """A client that shows a card asks for its dynamic data; `sources` are the ids of the data it wants.

    https://open.dingtalk.com/document/development/dynamic-data-source
    """

    out_track_id: str
    corp_id: str
    user_id: str
    sources: tuple[str, ...]

    @staticmethod
    def is_meant(data: object) -> bool:
        """Whether a card push is one, and no click."""
        return _mapping(data).get("type") == "dynamicDataCallback"

    @classmethod
    def from_data(cls, data: object) -> Self:
        """Read the data of a card push of this type. Raises InvalidMessage when outTrackId or userId make no sense."""
        fields = _required(data, "outTrackId", "userId")
        asked = _decoded(fields.get("content")).get("dynamicDataSourceQueryRequests")
        listed = asked if isinstance(asked, list) else []
        return cls(
            out_track_id=_id(fields, "outTrackId"),
            corp_id=_id(fields, "corpId"),
            user_id=_id(fields, "userId"),
            sources=tuple(_id(_mapping(each), "dynamicDataSourceId") for each in listed),
        )


def corp_id_of(data: object) -> str:
    """The organisation that a card push is about, empty when it names none."""
    return _id(_mapping(data), "corpId")


def _words(fields: Mapping[str, Any]) -> tuple[MessageKind, str | None]:
    """What the message says, and how it was said."""
    content = _mapping(fields.get("content"))
    kind: MessageKind
    match fields.get("msgtype"):
        case "text":
            kind, words = "text", _mapping(fields.get("text")).get("content")
        case "audio":
            kind, words = "audio", content.get("recognition")
        case "richText":
            kind, words = "rich_text", _rich_text(content.get("richText"))
        case _:
            return "unsupported", None
    return (kind, scrub(words)) if isinstance(words, str) else ("unsupported", None)


def _rich_text(parts: object) -> str | None:
    """The words of a rich text. Pieces of one text differ only in style, so they are joined as they are;
    a picture between them parts words."""
    if not isinstance(parts, list):
        return None
    texts = [_mapping(part).get("text") for part in parts]
    if not any(isinstance(text, str) for text in texts):
        return None
    return "".join(text if isinstance(text, str) else " " for text in texts)


def _required(data: object, *names: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise InvalidMessage("data")
    missing = [name for name in names if not _id(data, name)]
    if missing:
        raise InvalidMessage(*missing)
    return data


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _decoded(content: object) -> Mapping[str, Any]:
    """The object in a JSON string; empty when it is broken."""
    if not isinstance(content, str):
        return _mapping(content)
    try:
        return _mapping(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def _first(values: object) -> str:
    return _id({"first": values[0]}, "first") if isinstance(values, list) and values else ""


def _string(fields: Mapping[str, Any], name: str) -> str:
    """A text, or a whole number as text; empty for anything else."""
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**20 else ""
    return scrub(value) if isinstance(value, str) else ""


def _id(fields: Mapping[str, Any], name: str) -> str:
    """An id; empty when it is longer than any id is, or would have to be cleaned to be read: that is another's."""
    value = _string(fields, name)
    typed = fields.get(name)
    is_clean = value == value.strip() and (not isinstance(typed, str) or typed == value)
    return value if value and is_clean and len(value) <= _MAX_ID_CHARS else ""


def _moment(fields: Mapping[str, Any], name: str) -> datetime | None:
    """A moment given in milliseconds since 1970, as number or text."""
    try:
        return datetime.fromtimestamp(int(_string(fields, name)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
