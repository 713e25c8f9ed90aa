"""Several people in one line: as many by name as there is room for, and how many more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.models import Operator, Request
from cards.escape import Markdown
from cards.fit import NAME_BYTES, short
from cards.texts import Texts

LISTED_BYTES = 36
"""What one name of several may take: twelve Chinese characters."""


def names(people: Sequence[Operator], t: Texts, most: int) -> Markdown:
    """Li, Zhao and 3 more. Raises IndexError when there is nobody."""
    if len(people) == 1:
        return short(people[0].name, NAME_BYTES)
    return _listed([short(person.name, LISTED_BYTES) for person in people], t, most)


def approvers(request: Request, t: Texts, zone: tzinfo, most: int) -> Markdown:
    """Everybody who said yes, and when: **Li** (14:05), **Zhao** (14:20)"""
    votes = [
        t(
            "people.voter",
            name=short(vote.operator.name, LISTED_BYTES),
            time=t.clock(vote.at, zone, since=request.created_at),
        )
        for vote in request.approvals
    ]
    return _listed(votes, t, most)


def _listed(shown: Sequence[Markdown], t: Texts, most: int) -> Markdown:
    hidden = len(shown) - most
    if hidden > 0:
        return t("people.more", n=hidden, names=Markdown(t("list.and").join(shown[:most])))
    *first, last = shown
    return t("people.and", names=Markdown(t("list.and").join(first)), last=last) if first else last
