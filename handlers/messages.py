"""A robot message on its way to a command and back as an answer. The one error edge of messages."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog

from bot import metrics
from bot.deletion.problems import Problem
from bot.dingtalk.errors import DingTalkError, NotFound
from bot.engine import AWAY, Payload
from bot.messenger import Webhook
from cards import replies
from cards.escape import Markdown
from cards.texts import Texts, texts
from handlers import excuses
from handlers.commands import (
    ApproveArgs,
    CancelArgs,
    ConfirmArgs,
    DeleteArgs,
    DetailsArgs,
    HelpArgs,
    HistoryArgs,
    LsArgs,
    Parsed,
    PingArgs,
    RejectArgs,
    ResumeArgs,
    StatusArgs,
    UndoArgs,
    WhoamiArgs,
    parse,
)
from handlers.decide import approve, cancel, confirm, reject, resume
from handlers.details import details
from handlers.files import delete, ls
from handlers.grammar import UsageProblem, language_of
from handlers.history import history
from handlers.inbound import IncomingMessage, InvalidMessage
from handlers.requests import status
from handlers.services import Context, Services
from handlers.talk import help_, ping, whoami
from handlers.titles import title_of
from handlers.undo import undo

log = structlog.get_logger()

HANDLERS: dict[type, Callable[[Context, Any], Awaitable[Markdown | None]]] = {
    DeleteArgs: delete,
    LsArgs: ls,
    StatusArgs: status,
    DetailsArgs: details,
    HistoryArgs: history,
    ConfirmArgs: confirm,
    ApproveArgs: approve,
    RejectArgs: reject,
    CancelArgs: cancel,
    ResumeArgs: resume,
    UndoArgs: undo,
    WhoamiArgs: whoami,
    HelpArgs: help_,
    PingArgs: ping,
}


@dataclass
class Course:
    """How a message fared, for who watches."""

    command: str = "none"
    result: str = "done"


async def handle(services: Services, data: Payload) -> None:
    """The workflow of one message: understand it, do it, answer it. Safe to begin again after a crash."""
    try:
        message = IncomingMessage.from_data(data, robot_code=services.robot_code)
    except InvalidMessage as exc:
        log.warning("message.invalid", missing=exc.missing)
        return
    course, began = Course(), time.monotonic()
    with structlog.contextvars.bound_contextvars(msg_id=message.msg_id):
        services.messenger.heard(message.conversation, _webhook(message))
        try:
            answer = await _answer(services, message, course)
            if answer is not None:
                await _reply(services, message, answer)
        except AWAY:
            course.result = "put_off"
            await _say_later(services, message)
            raise
        finally:
            metrics.command(course.command, course.result, time.monotonic() - began)


async def not_stored(services: Services, data: Payload) -> None:
    """A message cannot be kept at the moment: its sender hears so, once."""
    try:
        await _say_later(services, IncomingMessage.from_data(data, robot_code=services.robot_code))
    except InvalidMessage as exc:
        log.warning("message.invalid", missing=exc.missing)


async def _say_later(services: Services, message: IncomingMessage) -> None:
    """Nothing can be written down: say that it takes longer, and that nothing happened."""
    said = replies.not_stored(_first_texts(services, message))
    user_id, webhook = message.sender_user_id, _webhook(message)
    try:
        await services.messenger.reply_once(
            message.conversation, user_id, webhook, title_of(said), said, key=message.message_key
        )
    except DingTalkError as exc:
        log.error("reply.not_delivered", error=exc)


async def _answer(services: Services, message: IncomingMessage, course: Course) -> Markdown | None:
    """Parse, check who and where, run the command. Whatever happens, there is a sentence or a card."""
    t = _first_texts(services, message)
    place = message.conversation.title
    try:
        if refused := _refusal(services, message, t):
            course.result = "refused"
            return refused
        parsed = parse(message.text or "")
        t = texts(services.speaking(parsed.language))
        place = _place(services, message, parsed)
        course.command = type(parsed.command).__name__.removesuffix("Args").lower()
        return await _run(services, message, parsed, t)
    except UsageProblem as problem:
        course.result = "refused"
        if problem.kind != "empty":  # else nothing was typed that could tell the language
            t = texts(services.speaking(problem.language))
        return excuses.usage(problem, t)
    except Problem as problem:
        course.result = "refused"
        return excuses.problem(problem, t, services.zone)
    except DingTalkError as exc:
        course.result = "refused_by_dingtalk"
        log.warning("message.refused_by_dingtalk", error=exc, error_type=type(exc).__name__)
        return excuses.dingtalk(exc, t, place=place)
    except AWAY:  # it is stored, so it is begun again
        raise
    except Exception:
        course.result = "failed"
        log.exception("message.failed")
        return replies.internal_error(t, message.msg_id)


def _first_texts(services: Services, message: IncomingMessage) -> Texts:
    """The language to answer in before the words are understood."""
    return texts(services.speaking(language_of("", (message.text or "").strip() or message.sender_nick)))


def _refusal(services: Services, message: IncomingMessage, t: Texts) -> Markdown | None:
    """Why this person or place is not served, told before anything is looked up."""
    ours = services.corp_id or message.chatbot_corp_id
    if message.corp_id and ours and message.corp_id != ours:
        return replies.other_organisation(t)
    if services.corp_id and message.chatbot_corp_id not in {"", services.corp_id}:
        return replies.other_organisation(t)
    if not message.sender_user_id:
        return replies.unknown_sender(t)
    if not services.policy.admits(message.conversation):
        return replies.conversation_not_allowed(t)
    if message.text is None:
        return replies.unsupported_message(t)
    if message.kind == "audio" and not message.text.strip():
        return replies.voice_not_understood(t)
    return None


def _place(services: Services, message: IncomingMessage, parsed: Parsed) -> str:
    """What the command is about, in case the person may not go there."""
    asked = parsed.command.space if isinstance(parsed.command, DeleteArgs | LsArgs) else None
    here = message.conversation
    return asked or services.spaces.configured(here) or here.title


async def _run(services: Services, message: IncomingMessage, parsed: Parsed, t: Texts) -> Markdown | None:
    corp_id = message.corp_id or services.corp_id or message.chatbot_corp_id
    try:
        operator = await services.operators.get(corp_id, message.sender_user_id)
    except NotFound:
        return replies.unknown_sender(t)
    log.info("message.command", command=parsed.command.verb, user_id=operator.user_id)
    context = Context(services=services, message=message, operator=operator, t=t)
    return await HANDLERS[type(parsed.command)](context, parsed.command)


async def _reply(services: Services, message: IncomingMessage, answer: Markdown) -> None:
    try:
        await services.messenger.reply(
            message.conversation, message.sender_user_id, _webhook(message), title_of(answer), answer
        )
    except DingTalkError as exc:
        log.error("reply.not_delivered", error=exc)


def _webhook(message: IncomingMessage) -> Webhook:
    return Webhook(url=message.session_webhook, expires_at=message.session_webhook_expires_at)
