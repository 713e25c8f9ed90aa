"""What one person asked for and decided, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import Request, RequestState
from cards.decision import decision
from cards.escape import Markdown
from cards.fit import NAME_BYTES, paragraphs, short
from cards.status import row
from cards.texts import Texts

PAGE = 10
"""Requests on a page."""


def history_page(requests: Sequence[Request], t: Texts, zone: tzinfo, page: int = 1) -> Markdown:
    """One page; `requests` are those of it, and one more where another page follows."""
    if not requests:
        return t("history.no_page", page=page) if page > 1 else t("history.none")
    rows = [_line(request, t, zone) for request in requests[:PAGE]]
    more = t("history.next", page=page + 1) if len(requests) > PAGE else ""
    return paragraphs((t("history.title"), *rows, more))


def history_sent(t: Texts) -> Markdown:
    """What a group is told: the history itself is for one person."""
    return t("history.sent")


def history_not_sent(t: Texts) -> Markdown:
    return t("history.not_sent")


def _line(request: Request, t: Texts, zone: tzinfo) -> Markdown:
    asked = t(
        "history.asked",
        request=row(request, t),
        name=short(request.requester.name, NAME_BYTES),
        date=t.date(request.created_at, zone),
        time=t.clock(request.created_at, zone),
    )
    if request.decided_by is None or request.state is RequestState.EXPIRED:
        return asked
    return t("history.decided", request=asked, decision=decision(request, t, zone))
