"""The rules that say whether a request may be made, and by whom it must be agreed to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from bot.models import Condition, Conversation, Ruling
from bot.policy.conditions import is_among
from bot.policy.facts import Facts
from bot.policy.rule import Rule

WHOEVER_ASKS_CONFIRMS = Rule(name="Whoever asks confirms", answer="confirm")


@dataclass(frozen=True)
class Step:
    """A rule that was looked at, with the condition that did not hold; None when it decided."""

    number: int
    rule: Rule
    unmet: Condition | None
    is_mixed: bool = False
    """some of it is what the rule wants approved, and some is not: so it is refused"""

    @property
    def decides(self) -> bool:
        return self.unmet is None or self.is_mixed


@dataclass(frozen=True)
class Policy:
    """Rules, and the limits around them that no rule can lift.

    `conversations` are the ids the robot may be used in (`one_to_one` among them means every one-to-one
    conversation); empty means anywhere.
    """

    rules: tuple[Rule, ...] = (WHOEVER_ASKS_CONFIRMS,)
    allow_permanent: bool = False
    max_dentries: int = 1000
    confirm_within: timedelta = timedelta(minutes=30)
    conversations: AbstractSet[str] = field(default_factory=frozenset)

    @cached_property
    def text(self) -> str:
        """Everything that decides, as JSON in one fixed form."""
        decides: dict[str, Any] = {
            "rules": [
                [rule.ruling(self.confirm_within).model_dump(mode="json"), rule.max_items]
                for rule in self.rules
            ],
            "allow_permanent": self.allow_permanent,
            "max_dentries": self.max_dentries,
            "confirm_within": self.confirm_within.total_seconds(),
            "conversations": sorted(self.conversations),
        }
        return json.dumps(decides, sort_keys=True, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of `text`; how the file is written makes no difference."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def asks_who(self) -> bool:
        """Whether any rule looks at departments or roles: only then is it worth asking for them."""
        return any(rule.departments is not None or rule.roles is not None for rule in self.rules)

    @cached_property
    def asks_where(self) -> frozenset[tuple[str, ...]]:
        """The patterns that rules have for paths."""
        return frozenset(rule.paths for rule in self.rules if rule.paths is not None)

    def ruling(self, facts: Facts) -> Ruling:
        """The answer of the first rule that fits, refusing ones before all others; without one, a refusal.

        Its `rule` is empty when what is around the rules refused (then `why` says what), or when none fits.
        """
        if (limit := self.beyond(facts)) is not None:
            return Ruling(answer="refuse", why=(limit,), policy_hash=self.hash)
        for step in self.steps(facts):
            if step.unmet is None:
                return self._answer(step.rule, facts)
            if step.is_mixed:
                return Ruling(
                    rule=step.rule.name,
                    answer="refuse",
                    why=(step.unmet,),
                    policy_hash=self.hash,
                    mixed=True,
                )
        return Ruling(answer="refuse", policy_hash=self.hash)

    def beyond(self, facts: Facts) -> Condition | None:
        """What the facts have that no rule may allow."""
        if facts.permanent and not self.allow_permanent:
            return Condition(kind="permanent", value=True)
        if facts.dentries > self.max_dentries:
            return Condition(kind="items_over", value=self.max_dentries)
        return None

    def steps(self, facts: Facts) -> Iterator[Step]:
        """The rules in the order they are looked at, up to the one that decides."""
        for number, rule in self._in_order:
            unmet = rule.unmet(facts)
            step = Step(number, rule, unmet, is_mixed=rule.is_for_some(facts, unmet))
            yield step
            if step.decides:
                return

    def admits(self, conversation: Conversation) -> bool:
        """Whether commands are taken in this conversation."""
        return not self.conversations or is_among(conversation, self.conversations)

    @cached_property
    def _in_order(self) -> tuple[tuple[int, Rule], ...]:
        return tuple(sorted(enumerate(self.rules, 1), key=lambda numbered: not numbered[1].refuses))

    def _answer(self, rule: Rule, facts: Facts) -> Ruling:
        if rule.max_items is not None and facts.dentries > rule.max_items:
            cap = Condition(kind="items_over", value=rule.max_items)
            return Ruling(rule=rule.name, answer="refuse", why=(cap,), policy_hash=self.hash)
        return rule.ruling(self.confirm_within, self.hash)
