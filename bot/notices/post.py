"""How a message gets to a channel.

https://open.dingtalk.com/document/development/robot-message-type
"""

from __future__ import annotations

from bot.channels import Channel
from bot.dingtalk import DingTalk
from bot.dingtalk.errors import DeliveryFailed
from bot.notices.wording import MARKDOWN_BYTES


async def post(dingtalk: DingTalk, channel: Channel, title: str, markdown: str, message_id: str) -> None:
    """Send one message. Raises DingTalkError. A custom robot says the same `message_id` once; the others may,
    when an answer is lost, say it twice: better than not at all."""
    text = _fitted(markdown)
    if channel.is_webhook:
        body = {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
        await dingtalk.webhook_robots.send(channel.webhook, channel.secret, body, message_id=message_id)
        return
    param = {"title": title, "text": text}
    if channel.conversation:
        await dingtalk.robot.send_to_group(channel.conversation, "sampleMarkdown", param)
    elif await dingtalk.robot.send_to_users([channel.user], "sampleMarkdown", param):
        raise DeliveryFailed("robot message", "notDelivered", "the person was not reached")


def _fitted(markdown: str) -> str:
    """Whole lines, as many as a message holds: one too long would be refused for ever."""
    if len(markdown.encode()) <= MARKDOWN_BYTES:
        return markdown
    cut = markdown.encode()[:MARKDOWN_BYTES].decode(errors="ignore")
    return (cut[: cut.rfind("\n")] if "\n" in cut else cut) + "\n\n…"
