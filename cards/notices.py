"""What channels are told: a line for an event, and many events in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Literal

from bot.models import Model
from cards.entries import amount_inside
from cards.escape import Markdown
from cards.fit import NAME_BYTES, SPACE_BYTES, TEXT_BYTES, paragraphs, short
from cards.texts import Texts

MAX_LINES = 5

Event = Literal["requested", "approved", "rejected", "expired", "cancelled", "done", "failed", "restored"]

_LINES = {
    "requested": "notice.requested",
    "approved": "notice.approved",
    "rejected": "notice.rejected",
    "expired": "notice.expired",
    "cancelled": "notice.cancelled",
    "done": "notice.done",
    "failed": "notice.failed",
    "restored": "notice.restored",
}
_COUNTS = {
    "failed": "notice.count_failed",
    "requested": "notice.count_requested",
    "approved": "notice.count_approved",
    "rejected": "notice.count_rejected",
    "expired": "notice.count_expired",
    "cancelled": "notice.count_cancelled",
    "done": "notice.count_done",
    "restored": "notice.count_restored",
}
"""In the order in which a digest counts and lists: what went wrong, what waits, what needs nothing more."""


class NoticeLine(Model):
    """One event as a channel is told of it.

    `dentries` and `size_bytes` are what was asked for, `deleted` the dentries that went, or came back; `actor` decided;
    `note` is a reason that was given, the requester's when it is asked, the decider's afterwards.
    """

    event: Event
    request_id: str
    requester: str
    space: str
    dentries: int
    size_bytes: int = 0
    deleted: int = 0
    permanent: bool = False
    actor: str = ""
    at: datetime
    note: str = ""


def notice_text(lines: Sequence[NoticeLine], t: Texts, zone: tzinfo) -> Markdown:
    """One event in a line; several as a digest. Raises IndexError for none."""
    if len(lines) == 1:
        return _line(lines[0], t, zone)
    latest = list({line.request_id: line for line in sorted(lines, key=lambda line: line.at)}.values())
    if len(latest) == 1:
        return _line(latest[0], t, zone)
    order = list(_COUNTS)
    listed = sorted(latest, key=lambda line: (order.index(line.event), line.at))
    hidden = len(listed) - MAX_LINES
    return paragraphs(
        (
            t("notice.digest", n=len(listed), counts=_counts(listed, t)),
            *(_line(line, t, zone) for line in listed[:MAX_LINES]),
            t("notice.more", n=hidden) if hidden > 0 else "",
        )
    )


def _counts(lines: Sequence[NoticeLine], t: Texts) -> Markdown:
    """1 waits, 9 done, 2 rejected"""
    events = [line.event for line in lines]
    return Markdown(
        t("summary.comma").join(
            t(key, n=events.count(event)) for event, key in _COUNTS.items() if event in events
        )
    )


def _line(line: NoticeLine, t: Texts, zone: tzinfo) -> Markdown:
    wish = t(
        "notice.wish_permanent" if line.permanent else "notice.wish",
        name=short(line.requester, NAME_BYTES),
        space=short(line.space, SPACE_BYTES),
        amount=amount_inside(t, line.dentries, line.size_bytes),
    )
    said = t(
        _key(line),
        id=line.request_id,
        wish=wish,
        actor=short(line.actor or line.requester, NAME_BYTES),
        time=t.clock(line.at, zone),
        gone=_gone(line, t),
        done=line.deleted,
    )
    return t("notice.noted", line=said, note=short(line.note, TEXT_BYTES)) if line.note.strip() else said


def _key(line: NoticeLine) -> str:
    is_part = line.event == "restored" and line.deleted < line.dentries
    return "notice.restored_part" if is_part else _LINES[line.event]


def _gone(line: NoticeLine, t: Texts) -> Markdown:
    if not line.deleted:
        return t("notice.gone_none")
    if line.deleted < line.dentries:
        return t("notice.gone_part", n=line.dentries, done=line.deleted)
    return t("notice.gone_all")
