"""Custom robots of a group: whoever has the address and its secret may speak there, and nothing else.

https://open.dingtalk.com/document/development/custom-robots-send-group-messages
https://open.dingtalk.com/document/dingstart/customize-robot-security-settings
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr

from bot.dingtalk.answer import Json
from bot.dingtalk.errors import Throttled
from bot.dingtalk.hosts import own_address
from bot.dingtalk.wire import Api, Wire
from bot.dingtalk.wired import Wired

SEND = Api("POST", "/robot/send", write=True, counted=False, webhook=True)
MESSAGES_A_MINUTE = 20
SILENCE_S = 600.0
"""For so long a robot is silenced that says more in a minute."""


class _Sent(Wired):
    pass


class WebhookRobots:
    """The one call of custom robots. Their addresses and secrets are in no error and no log."""

    def __init__(self, wire: Wire, now: Callable[[], datetime]) -> None:
        self._wire = wire
        self._now = now

    async def send(self, address: SecretStr, secret: SecretStr, body: Json, *, message_id: str) -> None:
        """Say something in the robot's group. A `message_id` said before is not said again, so a retry is safe.

        An empty `secret` leaves the signature out. Raises DingTalkError: Invalid for an address that is not
        DingTalk's or configured, and nothing is sent; Throttled when the robot must be silent for a while.
        """
        url = own_address(SEND.name, address.get_secret_value(), self._wire.origins)
        if key := secret.get_secret_value():
            url = url.update_query(signature(key, self._now()))
        try:
            await self._wire.post(SEND, url, {**body, "msgUuid": message_id}, _Sent)
        except Throttled as exc:
            if exc.scope == "robot":  # whichever code says so
                exc.retry_after_s = SILENCE_S
            raise


def signature(secret: str, at: datetime) -> dict[str, str]:
    """The parameters that sign a message; DingTalk takes them for an hour around `at`."""
    timestamp = str(round(at.timestamp() * 1000))
    mac = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
    return {"timestamp": timestamp, "sign": base64.b64encode(mac).decode()}
