"""The frames that travel through a stream connection, and the log of them.

https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description
"""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox import ids

OK = 200
SYSTEM = "SYSTEM"
EVENT = "EVENT"
CALLBACK = "CALLBACK"
ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"
TOPICS = (ROBOT_TOPIC, CARD_TOPIC, "*")
"""What an application can subscribe to; `*` are events."""


@dataclass(slots=True)
class FrameRecord:
    """One frame as logged: `direction` out (to the application) or in. `lost` frames never left.

    `ack` is the application's answer to a frame that went out; `at` in ms of the sandbox clock. `note`: what is
    special about it, in plain words, and `fault_id` the fault that made it so; both "" if nothing is.
    """

    at: int
    direction: str
    connection_id: str
    raw: str
    type: str = ""
    topic: str = ""
    message_id: str = ""
    msg_id: str = ""
    lost: bool = False
    ack: Any = None
    fault_id: str = ""
    note: str = ""
    seq: int = 0


@dataclass(slots=True)
class Push:
    """Something an application is told: a robot message, a card callback, an event. `data` is a JSON object.

    `people` are the userIds of whom it is about. `msg_id` stays the same over redeliveries, each of which has its
    own entry in `message_ids`. `given_up`: nobody waits for the answer any more.
    """

    client_id: str
    type: str
    topic: str
    data: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    msg_id: str = ""
    message_ids: list[str] = field(default_factory=list)
    people: frozenset[str] = frozenset()
    given_up: bool = False

    def frame(self, *, app_id: str, connection_id: str, at_ms: int) -> dict[str, Any]:
        """A new frame for it, under a new messageId."""
        message_id = ids.message_id()
        self.message_ids.append(message_id)
        return {
            "specVersion": "1.0",
            "type": self.type,
            "headers": {
                "appId": app_id,
                "connectionId": connection_id,
                "contentType": "application/json",
                "messageId": message_id,
                "time": str(at_ms),
                "topic": self.topic,
                **self.headers,
            },
            "data": json.dumps(self.data, ensure_ascii=False),
        }


def system_frame(topic: str, data: dict[str, Any], at_ms: int) -> dict[str, Any]:
    """A SYSTEM frame: `ping` or `disconnect`."""
    return {
        "specVersion": "1.0",
        "type": SYSTEM,
        "headers": {
            "contentType": "application/json",
            "messageId": ids.message_id(),
            "time": str(at_ms),
            "topic": topic,
        },
        "data": json.dumps(data),
    }


def record_of(frame: dict[str, Any], raw: str, at: int, direction: str, connection_id: str) -> FrameRecord:
    """The log entry for a frame."""
    headers = frame.get("headers")
    headers = headers if isinstance(headers, dict) else {}
    return FrameRecord(
        at=at,
        direction=direction,
        connection_id=connection_id,
        raw=raw,
        type=str(frame.get("type", "")),
        topic=str(headers.get("topic", "")),
        message_id=str(headers.get("messageId", "")),
    )


def parse(text: str) -> dict[str, Any]:
    """The JSON object in `text`, or an empty one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def consumed(answer: dict[str, Any]) -> bool:
    """Whether the answer to an event says that it need not come again (`status` is not LATER)."""
    return answer.get("code") == OK and parse(str(answer.get("data", ""))).get("status") != "LATER"
