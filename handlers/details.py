"""Everything a request is about, page by page, and as a file where that is a long list."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from bot.dingtalk.errors import DingTalkError
from bot.engine import Payload
from bot.models import Entry, ItemResult, Request
from cards import replies
from cards.escape import Markdown
from cards.lists import details_pages
from cards.manifest_csv import csv_name, manifest_csv
from cards.texts import Texts, texts
from handlers.commands import DetailsArgs
from handlers.requests import may_see
from handlers.services import Context, Services
from handlers.titles import title_of

log = structlog.get_logger()

MAX_SENT = 10
"""Pages sent at once; the rest is read on page by page."""

Rows = Sequence[Entry] | Sequence[ItemResult]


async def details(ctx: Context, args: DetailsArgs) -> Markdown:
    """A page where the two of us talk; what is asked in a group, and a file, comes one-to-one."""
    request = await ctx.services.store.requests.get(args.request)
    if request is None:
        return replies.request_unknown(ctx.t, args.request)
    if not may_see(ctx, request):
        return replies.not_yours_to_see(ctx.t, request.id)
    rows = await _rows(ctx.services, request)
    pages = details_pages(request, rows, ctx.t)
    if args.page > len(pages):
        return replies.no_such_page(ctx.t, args.page, len(pages))
    if ctx.message.conversation.kind != "group" and not args.csv:
        return pages[args.page - 1]
    sending = _Sending(ctx.services, request, ctx.operator.user_id, ctx.t)
    try:
        if args.csv:
            await sending.file(rows)
        else:
            await sending.pages(pages, args.page)
    except DingTalkError as exc:
        log.warning("details.not_delivered", error=str(exc))
        return replies.details_not_sent(ctx.t, request.id)
    return replies.details_sent(ctx.t, request.id)


async def send_details(services: Services, payload: Payload) -> None:
    """The workflow behind the button: the list one-to-one, and as a file where it takes more than a page."""
    request = await services.store.requests.get(payload["request_id"])
    if request is None:
        return
    t = texts(request.language)
    rows = await _rows(services, request)
    pages = details_pages(request, rows, t)
    sending = _Sending(services, request, payload["user_id"], t)
    try:
        await sending.pages(pages)
        if len(pages) > 1:
            await sending.file(rows)
    except DingTalkError as exc:
        log.warning("details.not_delivered", error=str(exc))


class _Sending:
    """What goes to one person about one request. All raise DingTalkError."""

    def __init__(self, services: Services, request: Request, user_id: str, t: Texts) -> None:
        self._services = services
        self._request = request
        self._user_id = user_id
        self._t = t

    async def pages(self, pages: Sequence[Markdown], page: int = 1) -> None:
        """Pages from this one on, and at the end how to read on."""
        last = min(page - 1 + MAX_SENT, len(pages))
        rest = last < len(pages)
        more = [replies.more_pages(self._t, self._request.id, last + 1, len(pages))] if rest else []
        for text in (*pages[page - 1 : last], *more):
            await self._services.messenger.tell([self._user_id], title_of(text), text)

    async def file(self, rows: Rows) -> None:
        text = manifest_csv(self._request, rows, self._t, self._services.zone)
        await self._services.messenger.send_file(self._user_id, csv_name(self._request), text.encode())


async def _rows(services: Services, request: Request) -> Rows:
    """Entries before the deletion, what became of them after it."""
    results = await services.store.requests.results(request.id)
    if results and request.state.is_final:
        return results
    return await services.store.requests.entries(request.id)
