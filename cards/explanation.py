"""Which rule decides about a request, why, and what happens then: for somebody who has never seen the file.

Meant for a terminal, so names and paths stand as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import tzinfo

from bot.models import Condition, ConditionKind, Ruling
from bot.policy import Facts, Policy
from bot.policy.conditions import path_inside, path_outside
from bot.policy.policy import Step
from cards.entries import amount
from cards.escape import Markdown
from cards.policy import (
    approval_words,
    condition_words,
    names_words,
    span_words,
    what_words,
    who_words,
    why_line,
)
from cards.texts import Texts

Place = Callable[[int], Markdown]
"""Where the rule of this number stands, in words."""

_INDENT = "  "


def explanation(policy: Policy, facts: Facts, place: Place, t: Texts, zone: tzinfo) -> str:
    """Several paragraphs of plain text."""
    teller = _Teller(policy, facts, place, t, zone)
    parts = (teller.request(), teller.decision(), teller.consequence(), teller.passed_over())
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def place_words(file: str, line: int | None, t: Texts) -> Markdown:
    """Where a rule stands: in a file or a variable, or in the program itself."""
    if not file:
        return t("explain.place_builtin")
    return t("explain.place", file=Markdown(file), line=line) if line else Markdown(file)


def found_words(condition: Condition, facts: Facts, t: Texts, zone: tzinfo, *, refusing: bool) -> Markdown:
    """What a request is like, where a condition looks at it."""
    if condition.kind == "paths":
        return _found_path(condition, facts, t, refusing=refusing)
    return _FOUND[condition.kind](facts, t, zone)


class _Teller:
    def __init__(self, policy: Policy, facts: Facts, place: Place, t: Texts, zone: tzinfo) -> None:
        self._policy = policy
        self._facts = facts
        self._place = place
        self._t = t
        self._zone = zone
        self._beyond = policy.beyond(facts)
        self._steps = [] if self._beyond else list(policy.steps(facts))
        self._ruling = policy.ruling(facts)
        self._who = Markdown(facts.requester.user_id)

    @property
    def _deciding(self) -> Step | None:
        return self._steps[-1] if self._steps and self._steps[-1].decides else None

    def request(self) -> Iterator[str]:
        facts, t = self._facts, self._t
        yield t(
            "explain.request_permanent" if facts.permanent else "explain.request",
            who=self._who,
            conversation=_conversation(facts, t),
            amount=amount(t, facts.dentries, facts.size_bytes),
            space=Markdown(facts.space_id),
        )
        yield t(
            "explain.details",
            folders=_folders(facts, t, self._zone),
            others=_others(facts, t, self._zone),
            newest=_newest(facts, t, self._zone),
        )
        if not self._policy.admits(facts.conversation):
            yield t("explain.not_admitted")

    def decision(self) -> Iterator[str]:
        t, step = self._t, self._deciding
        if step is None:
            yield self._undecided()
            return
        number, name, place = step.number, Markdown(step.rule.name), self._place(step.number)
        if step.is_mixed and step.unmet is not None:
            yield t(
                "explain.mixed",
                number=number,
                name=name,
                place=place,
                inside=_found_path(step.unmet, self._facts, t, refusing=True),
                outside=_found_path(step.unmet, self._facts, t, refusing=False),
            )
            return
        if self._ruling.answer == "refuse" and not step.rule.refuses and step.rule.max_items is not None:
            most = amount(t, step.rule.max_items, 0)
            yield t("explain.caps", number=number, name=name, place=place, most=most)
        else:
            yield t("explain.decides", number=number, name=name, place=place)
        if not step.rule.conditions:
            yield t("explain.is_for_all")
            return
        yield t("explain.is_for", what=what_words(step.rule.conditions, t, Markdown))
        for condition in step.rule.conditions:
            yield _INDENT + t(
                "explain.met",
                condition=condition_words(condition, t, Markdown),
                found=found_words(condition, self._facts, t, self._zone, refusing=step.rule.refuses),
            )

    def consequence(self) -> Iterator[str]:
        yield self._t("explain.next")
        for line in self._consequences():
            yield _INDENT + line

    def _consequences(self) -> Iterator[str]:
        ruling, t = self._ruling, self._t
        match ruling.answer:
            case "refuse":
                said = ruling.sentence.of(t.language) or why_line(ruling, t)
                yield t("explain.refused", who=self._who, sentence=Markdown(said))
                return
            case "run":
                yield t("explain.runs")
            case "confirm":
                yield t("explain.confirms", who=self._who)
                yield t("explain.card", line=why_line(ruling, t))
                yield t("explain.expires", span=span_words(ruling.decide_within.total_seconds(), t))
            case "approve":
                yield from self._approval(ruling)
        yield from self._start(ruling)

    def _approval(self, ruling: Ruling) -> Iterator[str]:
        t = self._t
        yield t(
            "explain.approval", approval=approval_words(ruling.approvers, ruling.needed, t, None, Markdown)
        )
        yield t("explain.asked_there" if ruling.ask_in == "conversation" else "explain.asked_alone")
        yield t("explain.card", line=why_line(ruling, t))
        yield t("explain.oneself" if ruling.self_approval else "explain.not_oneself", who=self._who)
        if ruling.fallback:
            others = who_words(ruling.fallback, t, None, Markdown)
            yield t("explain.fallback", requester=self._who, who=others)
        else:
            yield t("explain.no_fallback", requester=self._who)
        if ruling.remind_after:
            yield t("explain.reminded", span=span_words(ruling.remind_after.total_seconds(), t))
        if ruling.escalate_after:
            span = span_words(ruling.escalate_after.total_seconds(), t)
            yield t("explain.escalated", span=span, who=who_words(ruling.escalate_to, t, None, Markdown))
        yield t("explain.expires", span=span_words(ruling.decide_within.total_seconds(), t))

    def _start(self, ruling: Ruling) -> Iterator[str]:
        t, step = self._t, self._deciding
        yield t("explain.starts", span=span_words(ruling.run_within.total_seconds(), t))
        by_approver = ruling.answer == "approve" and ruling.run_as == "approver"
        if by_approver:
            yield t("explain.rights_of_approver")
        else:
            yield t("explain.rights_of_requester", who=self._who)
        if step and step.rule.max_items is not None:
            yield t("explain.cap", most=amount(t, step.rule.max_items, 0))
        if ruling.notify:
            yield t("explain.notified", names=names_words(ruling.notify, t, Markdown))

    def passed_over(self) -> Iterator[str]:
        t = self._t
        passed = [step for step in self._steps if not step.decides]
        if passed:
            yield t("explain.passed")
        for step in passed:
            yield _INDENT + self._passed(step)
        if rest := self._not_reached():
            numbers = Markdown(t("policy.comma").join(map(str, rest)))
            yield t("explain.not_reached", n=len(rest), numbers=numbers)
        if self._beyond is None:
            yield t("explain.order")

    def _undecided(self) -> Markdown:
        if self._beyond is None:
            return self._t("explain.no_rule")
        if self._beyond.kind == "permanent":
            return self._t("explain.no_permanent")
        return self._t("explain.too_many", most=amount(self._t, self._policy.max_dentries, 0))

    def _passed(self, step: Step) -> Markdown:
        assert step.unmet is not None  # noqa: S101  only those come here
        t = self._t
        return t(
            "explain.passed_rule",
            number=step.number,
            name=Markdown(step.rule.name),
            condition=condition_words(step.unmet, t, Markdown),
            found=found_words(step.unmet, self._facts, t, self._zone, refusing=step.rule.refuses),
        )

    def _not_reached(self) -> list[int]:
        if self._deciding is None:
            return []
        seen = {step.number for step in self._steps}
        return [number for number, _ in enumerate(self._policy.rules, 1) if number not in seen]


def _found_path(condition: Condition, facts: Facts, t: Texts, *, refusing: bool) -> Markdown:
    if not facts.where:
        return t("policy.found_no_path")
    if refusing:
        inside = path_inside(condition, facts)
        return (
            t("policy.found_inside", path=Markdown(inside))
            if inside is not None
            else t("policy.found_all_outside")
        )
    outside = path_outside(condition, facts)
    return (
        t("policy.found_outside", path=Markdown(outside))
        if outside is not None
        else t("policy.found_all_inside")
    )


def _conversation(facts: Facts, t: Texts) -> Markdown:
    if facts.conversation.kind == "one_to_one":
        return t("policy.found_one_to_one")
    if not facts.conversation.id:
        return t("explain.some_conversation")
    return t("explain.conversation", id=Markdown(facts.conversation.id))


def _items(facts: Facts, t: Texts, _: tzinfo) -> Markdown:
    return amount(t, facts.dentries, 0)


def _size(facts: Facts, t: Texts, _: tzinfo) -> Markdown:
    return t.size(facts.size_bytes)


def _folders(facts: Facts, t: Texts, _: tzinfo) -> Markdown:
    return t("policy.found_folders", n=facts.folders) if facts.folders else t("policy.found_no_folders")


def _others(facts: Facts, t: Texts, _: tzinfo) -> Markdown:
    return t("policy.found_others", n=facts.others) if facts.others else t("policy.found_own")


def _newest(facts: Facts, t: Texts, zone: tzinfo) -> Markdown:
    if facts.newest is None:
        return t("policy.found_no_age")
    return t("policy.found_newest", date=t.date(facts.newest, zone))


def _some(ids: frozenset[str], t: Texts) -> Markdown:
    return names_words(sorted(ids), t, Markdown) if ids else t("policy.found_none")


_FOUND: dict[ConditionKind, Callable[[Facts, Texts, tzinfo], Markdown]] = {
    "conversations": lambda facts, t, _: _conversation(facts, t),
    "spaces": lambda facts, t, _: Markdown(facts.space_id),
    "users": lambda facts, t, _: Markdown(facts.requester.user_id),
    "departments": lambda facts, t, _: _some(facts.departments, t),
    "roles": lambda facts, t, _: _some(facts.roles, t),
    "items_over": _items,
    "items_up_to": _items,
    "size_over": _size,
    "size_up_to": _size,
    "folders": _folders,
    "newest_within": _newest,
    "newest_before": _newest,
    "owner": _others,
    "permanent": lambda facts, t, _: t(
        "policy.found_permanent" if facts.permanent else "policy.found_to_bin"
    ),
}
