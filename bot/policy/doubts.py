"""What is allowed in a policy and yet is hardly meant: rules that never decide, IDs that look like none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.models import Condition
from bot.policy.conditions import ONE_TO_ONE, implies
from bot.policy.policy import Policy
from bot.policy.rule import Rule

_DIGITS = re.compile(r"\d+")
_USER_ID = re.compile(r"[A-Za-z0-9_.@-]+")
_PREFIXED = re.compile(r"(user|role):")


@dataclass(frozen=True)
class Doubt:
    """About the rule of this number, from 1."""

    number: int
    name: str
    key: str
    said: str

    def __str__(self) -> str:
        key = f", {self.key}" if self.key else ""
        return f'rule {self.number} ("{self.name}"){key}: {self.said}'

    @property
    def place(self) -> tuple[str | int, ...]:
        return ("rules", self.number - 1, self.key) if self.key else ("rules", self.number - 1)


def doubts(policy: Policy) -> list[Doubt]:
    """In the order of the rules."""
    found: list[Doubt] = []
    for number, rule in enumerate(policy.rules, 1):
        about = [*_never_decides(policy, number, rule), *_odd_ids(rule), *_odd_approvers(rule)]
        found += [Doubt(number, rule.name, key, said) for key, said in about]
    return found


def _never_decides(policy: Policy, number: int, rule: Rule) -> Iterator[tuple[str, str]]:
    if (earlier := _shadowing(policy.rules, number)) is not None:
        yield "", f"is never reached: {_shadow(earlier, policy.rules[earlier - 1])}"
    if rule.permanent and not policy.allow_permanent and not rule.refuses:
        yield (
            "permanent",
            "is never reached: allow_permanent is false, so permanent deletions are refused before",
        )
    if rule.items_over is not None and rule.items_over >= policy.max_dentries:
        said = f"is never reached: max_dentries ({policy.max_dentries}) refuses as many before"
        yield "items_over", said


def _shadowing(rules: Sequence[Rule], number: int) -> int | None:
    """The first rule that always decides when this one would."""
    rule = rules[number - 1]
    for other_number, other in enumerate(rules, 1):
        is_before = (not other.refuses, other_number) < (not rule.refuses, number)
        if is_before and _covers(other.conditions, rule.conditions):
            return other_number
    return None


def _covers(wide: Iterable[Condition], narrow: Sequence[Condition]) -> bool:
    return all(any(implies(one, other) for one in narrow) for other in wide)


def _shadow(number: int, rule: Rule) -> str:
    which = f'rule {number} ("{rule.name}")'
    if not rule.conditions:
        return f"{which} has no conditions and fits everything before it"
    return f"{which} fits all that this one fits, and is looked at before it"


def _odd_ids(rule: Rule) -> Iterator[tuple[str, str]]:
    """As far as can be told without asking DingTalk."""
    for key, ids in (("departments", rule.departments), ("roles", rule.roles), ("spaces", rule.spaces)):
        for one in ids or ():
            if not _DIGITS.fullmatch(one):
                yield key, f"{one} is no ID: these IDs are numbers"
    for one in rule.users or ():
        if _PREFIXED.match(one):
            yield "users", f"{one}: write the userId alone, without what is before the colon"
        elif not _USER_ID.fullmatch(one):
            yield "users", f"{one} is no userId but a name, it seems: whoami tells the userId"
    for one in rule.conversations or ():
        if one != ONE_TO_ONE and not one.startswith("cid"):
            yield "conversations", f"{one} is no conversation ID: they begin with cid, whoami tells it"


def _odd_approvers(rule: Rule) -> Iterator[tuple[str, str]]:
    named = (("from", rule.approvers), ("fallback", rule.fallback), ("escalate_to", rule.escalate_to))
    for key, approvers in named:
        for one in approvers:
            kind, _, name = one.partition(":")
            if kind == "user" and not _USER_ID.fullmatch(name):
                yield key, f"{one}: {name} is no userId but a name, it seems: whoami tells the userId"
            if kind == "role" and not _DIGITS.fullmatch(name):
                yield key, f"{one}: {name} is no ID: role IDs are numbers"
    if rule.escalate_to and set(rule.escalate_to) <= set(rule.approvers):
        yield "escalate_to", "these are asked from the beginning: name others"
