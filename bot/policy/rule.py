"""One rule: a `[[rules]]` table of dingsweep.toml.

Its conditions must all hold; what it says then is its answer, with the options that belong to that answer. A rule
that makes no sense is refused when it is read, so that none can be in force that does something else than it says.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from bot.models import Answer, Condition, ConditionKind, Model, Ruling, Sentence
from bot.policy import paths
from bot.policy.amounts import Duration, Size
from bot.policy.conditions import holds, path_inside
from bot.policy.facts import Facts

DECIDE_WITHIN = timedelta(hours=24)
RUN_WITHIN = timedelta(hours=1)
REMIND_AFTER = timedelta(hours=4)
KINDS: tuple[ConditionKind, ...] = get_args(ConditionKind)

_ASKING = {"decide_within", "run_within"}
_OPTIONS: dict[Answer, set[str]] = {
    "refuse": {"sentence"},
    "run": {"max_items", "notify", "run_within"},
    "confirm": {"max_items", "notify", *_ASKING},
    "approve": {
        "max_items",
        "notify",
        *_ASKING,
        "approvals",
        "from",
        "fallback",
        "self_approval",
        "remind_after",
        "escalate_after",
        "escalate_to",
        "run_as",
        "ask_in",
    },
}
"""The options that each answer takes, as they are written in the file."""

_ONE_PERSON = ("manager", "user:")
Nonsense = tuple[str, str]
"""A key, and what is wrong with it."""


def _listed(given: Any) -> Any:
    """One text may be written without brackets. Ids may be written as numbers."""
    return given if isinstance(given, list | tuple) else [given]


def _is_shown(text: str) -> str:
    if not text.strip() or any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise ValueError("write a text on one line")
    return text.strip()


Shown = Annotated[str, AfterValidator(_is_shown)]
Name = Annotated[Shown, Field(max_length=60)]
Id = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(_is_shown)]
Ids = Annotated[tuple[Id, ...], BeforeValidator(_listed)]
SomeIds = Annotated[Ids, Field(min_length=1)]
Paths = Annotated[
    tuple[Annotated[str, AfterValidator(paths.checked)], ...], BeforeValidator(_listed), Field(min_length=1)
]
Approver = Annotated[str, Field(pattern=r"^(manager|heads|admins|user:[^\s:]+|role:[^\s:]+)$")]
Approvers = Annotated[tuple[Approver, ...], BeforeValidator(_listed)]
Number = Annotated[int, Field(strict=True, ge=0)]
Count = Annotated[int, Field(strict=True, ge=1)]
Flag = Annotated[bool, Field(strict=True)]


def _is_said(sentence: Sentence) -> Sentence:
    for text in {sentence.zh, sentence.en} - {""}:
        _is_shown(text)
    if not sentence.zh and not sentence.en:
        raise ValueError('write what is to be said, as "text" or as { zh = "…", en = "…" }')
    return sentence


class Rule(Model):
    """A rule as it is written; build it with `Rule.model_validate(table)`.

    Raises ValidationError. Its errors of type `nonsense` are about keys that do not go together: their context
    has `found`, a list of (key, what is wrong).
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Name
    answer: Answer

    conversations: SomeIds | None = None
    spaces: SomeIds | None = None
    paths: Paths | None = None
    users: SomeIds | None = None
    departments: SomeIds | None = None
    roles: SomeIds | None = None
    items_over: Number | None = None
    items_up_to: Number | None = None
    size_over: Size | None = None
    size_up_to: Size | None = None
    folders: Flag | None = None
    newest_within: Duration | None = None
    newest_before: Duration | None = None
    owner: Literal["own", "others"] | None = None
    permanent: Flag | None = None

    sentence: Annotated[Sentence, AfterValidator(_is_said)] = Sentence()
    max_items: Count | None = None
    notify: Ids = ()
    decide_within: Duration | None = None
    run_within: Duration = RUN_WITHIN
    approvals: Count = 1
    approvers: Approvers = Field(default=(), alias="from")
    fallback: Approvers = ()
    self_approval: Flag = False
    remind_after: Duration | Literal[False] | None = None
    escalate_after: Duration | None = None
    escalate_to: Approvers = ()
    run_as: Literal["requester", "approver"] = "requester"
    ask_in: Literal["one_to_one", "conversation"] = "one_to_one"

    @property
    def refuses(self) -> bool:
        return self.answer == "refuse"

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What must hold, in the order the file's documentation has them."""
        given = ((kind, getattr(self, kind)) for kind in KINDS)
        return tuple(Condition(kind=kind, value=_plain(value)) for kind, value in given if value is not None)

    def unmet(self, facts: Facts) -> Condition | None:
        """A condition that does not hold; None when the rule is for these facts."""
        for condition in sorted(self.conditions, key=_effort):
            if not holds(condition, facts, refusing=self.refuses):
                return condition
        return None

    def is_for_some(self, facts: Facts, unmet: Condition | None) -> bool:
        """Whether what others must approve was named together with entries elsewhere.

        Passed on to a later rule, it would slip past those others behind any file that is nobody's concern; and
        approved by them as a whole, so would everything else.
        """
        if self.answer != "approve" or unmet is None or unmet.kind != "paths":
            return False  # paths are looked at last: all else holds
        return path_inside(unmet, facts) is not None

    def ruling(self, confirm_within: timedelta, policy_hash: str = "") -> Ruling:
        """What the rule says; `confirm_within` is how long a requester has who is to confirm."""
        approved = self.answer == "approve"
        decide_within = self.decide_within or (DECIDE_WITHIN if approved else confirm_within)
        remind_after = REMIND_AFTER if self.remind_after is None else self.remind_after or decide_within
        return Ruling(
            rule=self.name,
            answer=self.answer,
            why=self.conditions,
            sentence=self.sentence,
            needed=self.approvals if approved else 0,
            approvers=self.approvers,
            fallback=self.fallback,
            self_approval=self.self_approval,
            decide_within=decide_within,
            run_within=self.run_within,
            remind_after=remind_after if approved and remind_after < decide_within else None,
            escalate_after=self.escalate_after,
            escalate_to=self.escalate_to,
            run_as=self.run_as,
            ask_in=self.ask_in,
            notify=self.notify,
            policy_hash=policy_hash,
        )

    @model_validator(mode="after")
    def _makes_sense(self) -> Rule:
        found = [*self._misplaced(), *self._contradictions(), *self._unanswerable()]
        if found:
            raise PydanticCustomError("nonsense", "The rule makes no sense.", {"found": found})
        return self

    def _misplaced(self) -> Iterator[Nonsense]:
        written = {Rule.model_fields[name].alias or name for name in self.model_fields_set}
        options = set[str]().union(*_OPTIONS.values())
        for key in sorted(written & options - _OPTIONS[self.answer]):
            answers = " or ".join(f'"{answer}"' for answer, taken in _OPTIONS.items() if key in taken)
            yield key, f"belongs to a rule whose answer is {answers}"
        if self.answer == "run" and self.permanent is None:
            said = (
                "say whether what this rule runs at once may be permanent: write permanent = false (or true)"
            )
            yield "permanent", said

    def _contradictions(self) -> Iterator[Nonsense]:
        for over, up_to in (("items_over", "items_up_to"), ("size_over", "size_up_to")):
            least, most = getattr(self, over), getattr(self, up_to)
            if least is not None and most is not None and least >= most:
                yield over, f"nothing is over this and within {up_to}"
        within, before = self.newest_within, self.newest_before
        if within is not None and before is not None and within <= before:
            yield "newest_within", "nothing is newer than this and older than newest_before"
        if self.max_items and self.items_over is not None and self.max_items <= self.items_over:
            yield "max_items", "everything over items_over is over this, too: let the rule refuse instead"

    def _unanswerable(self) -> Iterator[Nonsense]:
        if self.answer != "approve":
            return
        if not self.approvers:
            yield "from", 'say who may approve, for example from = ["manager"]'
            return
        most = _most_people((*self.approvers, *self.fallback))
        if most is not None and most < self.approvals:
            yield "approvals", f"from and fallback together name {most}: name more, or ask for fewer"
        yield from self._bad_times()

    def _bad_times(self) -> Iterator[Nonsense]:
        ends = self.decide_within or DECIDE_WITHIN
        if self.escalate_to and self.escalate_after is None:
            yield "escalate_after", "say after how long escalate_to are asked, too"
        if self.escalate_after is not None and not self.escalate_to:
            yield "escalate_to", "say who is asked, too"
        if self.escalate_after is not None and self.escalate_after >= ends:
            yield "escalate_after", "the time to decide (decide_within) is over before"
        if self.remind_after and self.remind_after >= ends:
            yield "remind_after", "the time to decide (decide_within) is over before"


def _plain(value: Any) -> bool | int | str | tuple[str, ...]:
    """As a Condition has it."""
    plain: bool | int | str | tuple[str, ...] = (
        int(value.total_seconds()) if isinstance(value, timedelta) else value
    )
    return plain


def _effort(condition: Condition) -> int:
    """Paths last: there may be a thousand of them."""
    return condition.kind == "paths"


def _most_people(approvers: tuple[str, ...]) -> int | None:
    """How many people these are at the most; None where only DingTalk knows."""
    everybody = set(approvers)
    return len(everybody) if all(one.startswith(_ONE_PERSON) for one in everybody) else None
