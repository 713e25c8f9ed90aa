"""The command that shows people what they asked for and decided."""

from __future__ import annotations

import structlog

from bot.dingtalk.errors import DingTalkError
from cards.escape import Markdown
from cards.history import PAGE, history_not_sent, history_page, history_sent
from handlers.commands import HistoryArgs
from handlers.services import Context
from handlers.titles import title_of

log = structlog.get_logger()


async def history(ctx: Context, args: HistoryArgs) -> Markdown:
    """A page of it where the two of us talk. It tells of other conversations, so from a group it goes one-to-one."""
    who = ctx.operator
    found = await ctx.services.store.requests.history(
        who.user_id, who.corp_id, limit=PAGE + 1, offset=(args.page - 1) * PAGE
    )
    text = history_page(found, ctx.t, ctx.services.zone, args.page)
    if ctx.message.conversation.kind != "group":
        return text
    try:
        await ctx.services.messenger.tell([who.user_id], title_of(text), text)
    except DingTalkError as exc:
        log.warning("history.not_delivered", error=exc)
        return history_not_sent(ctx.t)
    return history_sent(ctx.t)
