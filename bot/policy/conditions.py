"""When a condition of a rule holds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from bot.models import Condition, ConditionKind, Conversation
from bot.policy.facts import Facts

ONE_TO_ONE = "one_to_one"


def holds(condition: Condition, facts: Facts, *, refusing: bool) -> bool:
    """A refusing rule is for a path as soon as one entry lies there, any other rule only when all of them do.

    What only partly lies where a rule wants an approval is refused, see Rule.is_for_some.
    """
    if condition.kind == "paths" and refusing:
        return path_inside(condition, facts) is not None
    return _HOLDS[condition.kind](facts, condition.value)


def path_inside(condition: Condition, facts: Facts) -> str | None:
    """The first path that lies where a condition on paths looks."""
    return facts.where.first_in(_texts(condition))


def path_outside(condition: Condition, facts: Facts) -> str | None:
    """The first path that does not."""
    return facts.where.first_out(_texts(condition))


def is_among(conversation: Conversation, ids: Collection[str]) -> bool:
    """`one_to_one` among the ids means every one-to-one conversation."""
    return conversation.id in ids or (conversation.kind == ONE_TO_ONE and ONE_TO_ONE in ids)


def _texts(condition: Condition) -> tuple[str, ...]:
    assert isinstance(condition.value, tuple)  # noqa: S101  what kind says, see Condition
    return condition.value


def _all_in(facts: Facts, patterns: tuple[str, ...]) -> bool:
    return bool(facts.where) and facts.where.first_out(patterns) is None


def _changed_within(facts: Facts, seconds: int) -> bool:
    """An age that nobody knows counts as new."""
    return facts.newest is None or facts.newest >= facts.now - timedelta(seconds=seconds)


# What the value of each kind is, Condition says; it comes out of a Rule, where it was checked.
_HOLDS: dict[ConditionKind, Callable[[Facts, Any], bool]] = {
    "conversations": lambda facts, ids: is_among(facts.conversation, ids),
    "spaces": lambda facts, ids: facts.space_id in ids,
    "paths": _all_in,
    "users": lambda facts, ids: facts.requester.user_id in ids,
    "departments": lambda facts, ids: not facts.departments.isdisjoint(ids),
    "roles": lambda facts, ids: not facts.roles.isdisjoint(ids),
    "items_over": lambda facts, number: facts.dentries > number,
    "items_up_to": lambda facts, number: facts.dentries <= number,
    "size_over": lambda facts, number: facts.size_bytes > number,
    "size_up_to": lambda facts, number: facts.size_bytes <= number,
    "folders": lambda facts, wanted: (facts.folders > 0) is wanted,
    "newest_within": _changed_within,
    "newest_before": lambda facts, seconds: not _changed_within(facts, seconds),
    "owner": lambda facts, whose: (facts.others > 0) is (whose == "others"),
    "permanent": lambda facts, wanted: facts.permanent is wanted,
}


def implies(one: Condition, other: Condition) -> bool:
    """Whether `other` holds whenever `one` does, as far as can be told from the two alone."""
    if one.kind != other.kind:
        return False
    match one.value, other.value:
        case tuple(ids), tuple(others):
            return set(ids) <= set(others)
        case (int(number), int(limit)) if one.kind in {"items_over", "size_over", "newest_before"}:
            return number >= limit
        case (int(number), int(limit)) if one.kind in {"items_up_to", "size_up_to", "newest_within"}:
            return number <= limit
        case _:
            return one.value == other.value
