"""What can stand in the way of a request, as facts; the wording is not ours.

Problem
├── TargetProblem     what was named cannot be turned into a manifest
├── PolicyRefused     the policy does not let it be deleted, or nobody could agree to it
├── DecisionRefused   a decision that does not count
└── UndoRefused       a deletion that cannot be taken back, or not by this person, or not now
"""

from __future__ import annotations

from typing import Any

from bot.models import Request, Ruling


class Problem(Exception):
    """`kind` names the sentence to say, `facts` fill it in."""

    def __init__(self, kind: str, **facts: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.facts = facts


class TargetProblem(Problem):
    """Kinds: not_found(target, nearest), ambiguous(target, dentries), through_file(path, file), root, nothing,
    over_cap(count, max), two_spaces, link_not_found, no_space, space_unknown(space)."""


class PolicyRefused(Problem):
    """Kinds: refused (a rule says no), no_rule (none fits), nobody and too_few(have) (of those who could approve)."""

    def __init__(self, kind: str, ruling: Ruling, **facts: Any) -> None:
        super().__init__(kind, **facts)
        self.ruling = ruling


class DecisionRefused(Problem):
    """Kinds: unknown(request_id), outsider, left, not_yours(name), not_approver(user_id), own_request, voted(vote),
    already(decision), expired, wrong_nonce, changed, permanent_refused, unchecked, reason_given,
    not_resting.

    `request` is its newest state, when there is one: with `already` it says who decided what.
    """

    def __init__(self, kind: str, request: Request | None = None, **facts: Any) -> None:
        super().__init__(kind, **facts)
        self.request = request


class UndoRefused(Problem):
    """Kinds: unknown(request_id), outsider, not_yours(people), is_restore, open, kept, running, permanent, nothing,
    all_back(undone, of_part), in_hand(restore), not_found(path, nearest), inside(path, folder), too_many(most).

    `request` is the one that was to be undone, when there is one.
    """

    def __init__(self, kind: str, request: Request | None = None, **facts: Any) -> None:
        super().__init__(kind, **facts)
        self.request = request
