"""Everything a request is about, page by page, and as a file where that is a long list."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Self

import structlog

from bot.dingtalk.errors import DingTalkError
from bot.engine import Payload
from bot.messenger import FileTooLarge
from bot.models import Request
from bot.spool import PART
from bot.store import Store
from cards import replies
from cards.escape import Markdown
from cards.lists import PAGE_ROWS, Row, details_page, details_pages
from cards.manifest_csv import csv_head, csv_lines, csv_name
from cards.texts import Texts, texts
from handlers.commands import DetailsArgs
from handlers.requests import may_see
from handlers.services import Context, Services
from handlers.titles import title_of

log = structlog.get_logger()

MAX_SENT = 10
"""Pages sent at once; the rest is read on page by page."""
MANY = 1000
"""Up to so many rows are read and put together to find out where a page begins."""


async def details(ctx: Context, args: DetailsArgs) -> Markdown:
    """A page where the two of us talk; what is asked in a group, and a file, comes one-to-one."""
    request = await ctx.services.store.requests.get(args.request)
    if request is None:
        return replies.request_unknown(ctx.t, args.request)
    if not may_see(ctx, request):
        return replies.not_yours_to_see(ctx.t, request.id)
    rows = await Rows.of(ctx.services.store, request)
    pages = await Pages.of(rows, ctx.t)
    if args.page > pages.count:
        return replies.no_such_page(ctx.t, args.page, pages.count)
    if ctx.message.conversation.kind != "group" and not args.csv:
        return await pages.page(args.page)
    sending = _Sending(ctx.services, request, ctx.operator.user_id, ctx.t)
    try:
        if args.csv:
            await sending.file(rows)
        else:
            await sending.pages(pages, args.page)
    except FileTooLarge:
        return replies.file_too_large(ctx.t, request.id)
    except DingTalkError as exc:
        log.warning("details.not_delivered", error=exc)
        return replies.details_not_sent(ctx.t, request.id)
    return replies.details_sent(ctx.t, request.id)


async def send_details(services: Services, payload: Payload) -> None:
    """The workflow behind the button: the list one-to-one, and as a file where it takes more than a page."""
    request = await services.store.requests.get(payload["request_id"])
    if request is None:
        return
    t = texts(request.language)
    rows = await Rows.of(services.store, request)
    pages = await Pages.of(rows, t)
    sending = _Sending(services, request, payload["user_id"], t)
    try:
        await sending.pages(pages)
        if pages.count > 1:
            await sending.file(rows)
    except FileTooLarge:
        log.warning("details.too_large")  # the last page says how to read on
    except DingTalkError as exc:
        log.warning("details.not_delivered", error=exc)


@dataclass(frozen=True)
class Rows:
    """What there is to say of a request: entries before the deletion, what became of them after it."""

    store: Store
    request: Request
    are_results: bool
    count: int

    @classmethod
    async def of(cls, store: Store, request: Request) -> Self:
        if request.is_restore:
            count = request.totals.targets if request.state.has_receipt else request.totals.dentries
            return cls(store, request, request.state.has_receipt, count)
        shares = await store.requests.shares(request.id) if request.state.is_final else []
        count = sum(share.targets for share in shares) or request.totals.dentries
        return cls(store, request, bool(shares), count)

    async def read(self, offset: int, limit: int) -> Sequence[Row]:
        if not self.are_results:
            return await self.store.requests.entries(self.request.id, offset=offset, limit=limit)
        results = self.store.restores if self.request.is_restore else self.store.requests
        return await results.results(self.request.id, offset=offset, limit=limit)

    async def parts(self) -> AsyncIterator[Sequence[Row]]:
        for offset in range(0, self.count, PART):
            yield await self.read(offset, PART)


@dataclass(frozen=True)
class Pages:
    """Pages of rows. Few are put together as they fit; of many, each page has a fixed number of rows."""

    rows: Rows
    t: Texts
    count: int
    whole: Sequence[Markdown]

    @classmethod
    async def of(cls, rows: Rows, t: Texts) -> Self:
        if rows.count > MANY:
            return cls(rows, t, -(-rows.count // PAGE_ROWS), ())
        whole = details_pages(rows.request, await rows.read(0, MANY), t)
        return cls(rows, t, len(whole), whole)

    async def page(self, number: int) -> Markdown:
        if self.whole:
            return self.whole[number - 1]
        rows = await self.rows.read((number - 1) * PAGE_ROWS, PAGE_ROWS)
        return details_page(self.rows.request, rows, self.t, page=number, of=self.count)


class _Sending:
    """What goes to one person about one request. All raise DingTalkError."""

    def __init__(self, services: Services, request: Request, user_id: str, t: Texts) -> None:
        self._services = services
        self._request = request
        self._user_id = user_id
        self._t = t

    async def pages(self, pages: Pages, first: int = 1) -> None:
        """Pages from this one on, and at the end how to read on."""
        last = min(first - 1 + MAX_SENT, pages.count)
        for number in range(first, last + 1):
            await self._tell(await pages.page(number))
        if last < pages.count:
            await self._tell(replies.more_pages(self._t, self._request.id, last + 1, pages.count))

    async def _tell(self, text: Markdown) -> None:
        await self._services.messenger.tell([self._user_id], title_of(text), text)

    async def file(self, rows: Rows) -> None:
        """The whole list as a file. Raises FileTooLarge, too."""
        await self._services.messenger.send_file(self._user_id, csv_name(self._request), self._csv(rows))

    async def _csv(self, rows: Rows) -> AsyncIterator[bytes]:
        yield csv_head(self._t).encode()
        async for part in rows.parts():
            yield csv_lines(self._request, part, self._t, self._services.zone).encode()
