"""Lists that come page by page, and batches of what may not go in one call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from bot.dingtalk.wired import Wired

More = dict[str, str | int]
"""What asks for the next page."""


class Page(Wired):
    """One page of a list; `next_token` is empty on the last."""

    next_token: str = ""


P = TypeVar("P", bound=Page)


async def pages(ask: Callable[[More], Awaitable[P]]) -> AsyncIterator[P]:
    """All pages of a listing. A cursor that comes twice would lead in a circle: it ends the walk."""
    cursors = {""}
    more: More = {}
    while True:
        page = await ask(more)
        yield page
        if page.next_token in cursors:
            return
        cursors.add(page.next_token)
        more = {"nextToken": page.next_token}


def batches(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
