"""The command that looks at requests, status, and who may."""

from __future__ import annotations

from bot.models import Request, RequestState
from cards import replies
from cards.escape import Markdown
from cards.status import status_list, status_text
from handlers.commands import StatusArgs
from handlers.services import Context


async def status(ctx: Context, args: StatusArgs) -> Markdown:
    """One request, or the latest ones: a group's in the group, one's own one-to-one."""
    s = ctx.services
    if args.request is None:
        where = ctx.message.conversation
        if where.kind == "group":
            return status_list(await s.store.requests.latest(conversation_id=where.id), ctx.t)
        who = ctx.operator
        return status_list(
            await s.store.requests.latest(requester_id=who.user_id, corp_id=who.corp_id), ctx.t
        )
    request = await s.store.requests.get(args.request)
    if request is None:
        return replies.request_unknown(ctx.t, args.request)
    if not may_see(ctx, request):
        return replies.not_yours_to_see(ctx.t, request.id)
    under_way = None
    if request.state is RequestState.RUNNING:
        under_way = await s.store.jobs.progress(request, at=s.clock())
    undone = await s.store.restores.undone(request.id) if not request.is_restore else None
    receipt = await s.receipts.final(request)
    return status_text(
        request, ctx.t, s.zone, receipt, under_way, undone_by=undone.restores if undone else ()
    )


def may_see(ctx: Context, request: Request) -> bool:
    """Whether it is one of this conversation, or this person has to do with it."""
    if request.requester.corp_id != ctx.operator.corp_id:
        return False
    here = request.conversation.id == ctx.message.conversation.id
    concerned = {request.requester.user_id, *(person.user_id for person in request.asked)}
    return here or ctx.operator.user_id in concerned
