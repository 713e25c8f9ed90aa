"""The least a robot can do, on the official `dingtalk-stream` client: what Dingsweep is measured beside.

It repeats each message through its session webhook and answers each click with one line of card data, as in
https://open.dingtalk.com/document/development/robot-message-type and
https://open.dingtalk.com/document/development/event-callback-card
The address of the platform is the environment's DINGTALK_OPENAPI_ENDPOINT, which the client reads at import.
"""

import asyncio
import logging
from typing import Any

from dingtalk_stream import (
    AckMessage,
    CallbackHandler,
    CallbackMessage,
    ChatbotHandler,
    ChatbotMessage,
    Credential,
    DingTalkStreamClient,
)

from tests.conformance.control import CLIENT_ID, CLIENT_SECRET


class Echo(ChatbotHandler):  # type: ignore[misc]
    """Repeats what it hears."""

    async def process(self, callback: CallbackMessage) -> tuple[int, str]:
        message = ChatbotMessage.from_dict(callback.data)
        self.reply_text("".join(message.get_text_list()), message)
        return AckMessage.STATUS_OK, "OK"


class Clicks(CallbackHandler):  # type: ignore[misc]
    """Answers every click alike."""

    async def process(self, callback: CallbackMessage) -> tuple[int, dict[str, Any]]:
        return AckMessage.STATUS_OK, {
            "cardData": {"cardParamMap": {"tips": "clicked"}},
            "cardUpdateOptions": {"updateCardDataByKey": True},
        }


def main() -> None:
    """Connects and runs until it is ended."""
    quiet = logging.getLogger("echo")
    quiet.setLevel(logging.WARNING)
    client = DingTalkStreamClient(Credential(CLIENT_ID, CLIENT_SECRET), logger=quiet)
    client.register_callback_handler(ChatbotMessage.TOPIC, Echo())
    client.register_callback_handler(CallbackHandler.TOPIC_CARD_CALLBACK, Clicks())
    asyncio.run(client.start())


if __name__ == "__main__":
    main()
