"""The commands about requests: status, details, confirm, cancel."""

from __future__ import annotations

from bot.models import DecisionKind, Request
from cards import replies
from cards.escape import Markdown
from cards.lists import details_pages
from cards.status import status_list, status_text
from cards.texts import Texts
from handlers.commands import CancelArgs, ConfirmArgs, DetailsArgs, StatusArgs
from handlers.services import Context, Services


async def status(ctx: Context, args: StatusArgs) -> Markdown:
    """One request, or the latest ones: a group's in the group, one's own one-to-one."""
    s = ctx.services
    if args.request is None:
        where = ctx.message.conversation
        if where.kind == "group":
            return status_list(await s.store.requests.latest(conversation_id=where.id), ctx.t)
        return status_list(await s.store.requests.latest(requester_id=ctx.operator.user_id), ctx.t)
    request = await s.store.requests.get(args.request)
    if request is None:
        return replies.request_unknown(ctx.t, args.request)
    if not _may_see(ctx, request):
        return replies.not_yours_to_see(ctx.t, request.id)
    receipt = await s.jobs.receipt(request) if request.state.has_receipt else None
    return status_text(request, ctx.t, s.zone, receipt)


async def details(ctx: Context, args: DetailsArgs) -> Markdown:
    """One page of everything a request is about."""
    request = await ctx.services.store.requests.get(args.request)
    if request is None:
        return replies.request_unknown(ctx.t, args.request)
    if not _may_see(ctx, request):
        return replies.not_yours_to_see(ctx.t, request.id)
    pages = await pages_of(ctx.services, request, ctx.t)
    if args.page > len(pages):
        return replies.no_such_page(ctx.t, args.page, len(pages))
    return pages[args.page - 1]


async def confirm(ctx: Context, args: ConfirmArgs) -> Markdown:
    """The typed form of the button; it carries the nonce of the card that was shown."""
    decided = await ctx.services.lifecycle.decide(
        args.request, DecisionKind.CONFIRM, ctx.operator, nonce=args.nonce or ""
    )
    return replies.confirmed(ctx.t, decided)


async def cancel(ctx: Context, args: CancelArgs) -> Markdown:
    """Withdraw one's own request, as long as it does not run."""
    lifecycle = ctx.services.lifecycle
    decided = await lifecycle.decide(args.request, DecisionKind.CANCEL, ctx.operator, nonce=args.nonce)
    await lifecycle.close(decided.id)
    return replies.cancelled(ctx.t, decided.id)


async def pages_of(services: Services, request: Request, t: Texts) -> list[Markdown]:
    """The full list: entries before the deletion, what became of them after it."""
    results = await services.store.requests.results(request.id)
    if results and request.state.is_final:
        return details_pages(request, results, t)
    return details_pages(request, await services.store.requests.entries(request.id), t)


def _may_see(ctx: Context, request: Request) -> bool:
    if request.requester.corp_id != ctx.operator.corp_id:
        return False
    here = request.conversation.id == ctx.message.conversation.id
    return here or request.requester.user_id == ctx.operator.user_id
