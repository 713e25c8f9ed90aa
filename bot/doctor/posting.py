"""The one thing the doctor posts, and only when it is told where."""

from __future__ import annotations

import secrets

from bot.dingtalk import DingTalk
from bot.dingtalk.errors import DingTalkError
from bot.doctor.finding import Finding, found, short
from bot.messenger import card_params
from bot.models import Card, Conversation

TO_PERSON = "user:"
TEST = Card(
    title="dingsweep doctor",
    markdown="A test card: it shows that this robot can speak here.\n\n测试卡片：机器人可以在这里发言。",
)


async def post(dingtalk: DingTalk, template_id: str, place: str) -> Finding:
    """A card in this conversation, or for this `user:`; a message where there can be no card."""
    error = await _card(dingtalk, template_id, place)
    if error is None:
        return found("post.card")
    second = await _message(dingtalk, place)
    if second is None:
        return found("post.message", error=error)
    return found("post.nothing", error=error, second=second)


async def _card(dingtalk: DingTalk, template_id: str, place: str) -> str | None:
    """What went wrong, or None."""
    user_id = _person(place)
    try:
        await dingtalk.card.create_and_deliver(
            out_track_id=f"dingsweep.doctor.{secrets.token_hex(8)}",
            template_id=template_id,
            params=card_params(TEST),
            conversation=None if user_id else Conversation(id=place, kind="group"),
            user_id=user_id,
        )
    except DingTalkError as exc:
        return short(exc)
    return None


async def _message(dingtalk: DingTalk, place: str) -> str | None:
    param = {"title": TEST.title, "text": TEST.markdown}
    user_id = _person(place)
    try:
        if user_id:
            missed = await dingtalk.robot.send_to_users([user_id], "sampleMarkdown", param)
            return f"DingTalk knows no {user_id}" if missed else None
        await dingtalk.robot.send_to_group(place, "sampleMarkdown", param)
    except DingTalkError as exc:
        return short(exc)
    return None


def _person(place: str) -> str:
    return place.removeprefix(TO_PERSON) if place.startswith(TO_PERSON) else ""
