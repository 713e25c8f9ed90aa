"""Taking a deletion back: the command, and what its button sets going."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.deletion.problems import UndoRefused
from bot.dingtalk.errors import DingTalkError
from bot.engine import Payload
from bot.messenger import Webhook
from bot.models import Request, Target
from cards.escape import Markdown
from cards.texts import texts
from handlers import excuses
from handlers.commands import UndoArgs
from handlers.files import webhook
from handlers.services import Context, Services
from handlers.titles import title_of

log = structlog.get_logger()


async def undo(ctx: Context, args: UndoArgs) -> Markdown | None:
    """Show exactly what would come back, and ask whoever wants it. The card is the answer."""
    restore = await ctx.services.undo.ask(
        args.request,
        ctx.operator,
        _paths(args.targets),
        conversation=ctx.message.conversation,
        message_key=ctx.message.message_key,
        language=ctx.t.language,
    )
    await _show(ctx.services, restore, webhook(ctx))
    return None


async def ask_by_button(services: Services, payload: Payload) -> None:
    """The workflow behind the button: the same question, where the result of the deletion is. Safe to begin again."""
    deletion = await services.store.requests.get(payload["request_id"])
    if deletion is None:
        return
    user_id = payload["user_id"]
    try:
        operator = await services.operators.get(deletion.requester.corp_id, user_id)
        restore = await services.undo.ask(
            deletion.id,
            operator,
            (),
            conversation=None,
            message_key=payload["key"],
            language=deletion.language,
        )
        await _show(services, restore, None)
    except UndoRefused as refusal:
        await _tell(services, user_id, excuses.undo(refusal, texts(deletion.language)))
    except DingTalkError as exc:
        log.warning("undo.not_asked", request_id=deletion.id, error=exc)
        await _tell(services, user_id, excuses.dingtalk(exc, texts(deletion.language)))


async def _show(services: Services, restore: Request, hook: Webhook | None) -> None:
    try:
        await services.announcer.ask(restore, hook)
    except DingTalkError:
        await services.lifecycle.withdraw(restore)  # nobody can see what they would be agreeing to
        raise


async def _tell(services: Services, user_id: str, said: Markdown) -> None:
    try:
        await services.messenger.tell([user_id], title_of(said), said)
    except DingTalkError as exc:
        log.warning("tell.not_delivered", error=exc)


def _paths(targets: Sequence[Target]) -> list[str]:
    """Paths from the root: what is typed without a slash lay at the top."""
    return [target.value if target.value.startswith("/") else f"/{target.value}" for target in targets]
