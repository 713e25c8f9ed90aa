"""The commands that look at requests: status, details."""

from __future__ import annotations

import structlog

from bot.dingtalk.errors import DingTalkError
from bot.models import Request
from cards import replies
from cards.escape import Markdown
from cards.lists import details_pages
from cards.status import status_list, status_text
from cards.texts import Texts
from handlers.commands import DetailsArgs, StatusArgs
from handlers.services import Context, Services

log = structlog.get_logger()

MAX_SENT = 10
"""Pages sent at once; the rest is read on page by page."""


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
    """Everything a request is about: a page where the two of us talk; what is asked in a group comes one-to-one."""
    request = await ctx.services.store.requests.get(args.request)
    if request is None:
        return replies.request_unknown(ctx.t, args.request)
    if not _may_see(ctx, request):
        return replies.not_yours_to_see(ctx.t, request.id)
    pages = await pages_of(ctx.services, request, ctx.t)
    if args.page > len(pages):
        return replies.no_such_page(ctx.t, args.page, len(pages))
    if ctx.message.conversation.kind != "group":
        return pages[args.page - 1]
    return await _send(ctx, request, pages, args.page)


async def _send(ctx: Context, request: Request, pages: list[Markdown], page: int) -> Markdown:
    """Send the pages from this one on to the person who asks; a group is told only that they came."""
    try:
        for text in portion(request, pages, ctx.t, page):
            title = f"{ctx.t('button.details')} · {request.id}"
            await ctx.services.messenger.tell([ctx.operator.user_id], title, text)
    except DingTalkError as exc:
        log.warning("details.not_delivered", error=str(exc))
        return replies.details_not_sent(ctx.t, request.id)
    return replies.details_sent(ctx.t, request.id)


async def pages_of(services: Services, request: Request, t: Texts) -> list[Markdown]:
    """The full list: entries before the deletion, what became of them after it."""
    results = await services.store.requests.results(request.id)
    if results and request.state.is_final:
        return details_pages(request, results, t)
    return details_pages(request, await services.store.requests.entries(request.id), t)


def portion(request: Request, pages: list[Markdown], t: Texts, page: int = 1) -> list[Markdown]:
    """What is sent at once: pages from this one on, and at the end how to read on."""
    last = min(page - 1 + MAX_SENT, len(pages))
    rest = [replies.more_pages(t, request.id, last + 1, len(pages))] if last < len(pages) else []
    return pages[page - 1 : last] + rest


def _may_see(ctx: Context, request: Request) -> bool:
    if request.requester.corp_id != ctx.operator.corp_id:
        return False
    here = request.conversation.id == ctx.message.conversation.id
    concerned = {request.requester.user_id, *(person.user_id for person in request.asked)}
    return here or ctx.operator.user_id in concerned
