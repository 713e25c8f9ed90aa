"""The built-in policy: what it answers on day one, and that all it shows by example can be used."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from bot.policy import Facts, Policy, builtin_rules, read_rules
from bot.policy.builtin import builtin_text
from bot.policy.doubts import doubts
from bot.policy.reading import KEYS
from tests.unit.policy_given import facts

GB = 10**9
BUILTIN = Policy(rules=builtin_rules(), allow_permanent=True)
COMMENTED = re.compile(r"^# (?=\[\[rules\]\]|\w+ = )", re.MULTILINE)


@pytest.mark.parametrize(
    ("asked", "answer", "name"),
    [
        (facts(), "confirm", "A few files of one's own"),
        (facts(dentries=20, size_bytes=GB), "confirm", "A few files of one's own"),
        (facts(dentries=20, others=1), "approve", "Files of others"),
        (facts(folders=1), "approve", "Folders"),
        (facts(dentries=21), "approve", "Many items"),
        (facts(size_bytes=GB + 1), "approve", "Large"),
        (facts(permanent=True), "refuse", "Nothing for good"),
        (facts(permanent=True, dentries=99, others=3, folders=2), "refuse", "Nothing for good"),
    ],
)
def test_what_it_answers(asked: Facts, answer: str, name: str) -> None:
    ruling = BUILTIN.ruling(asked)
    assert (ruling.answer, ruling.rule) == (answer, name)
    if answer == "approve":
        assert (ruling.needed, ruling.approvers, ruling.fallback) == (1, ("manager",), ("heads", "admins"))
        assert len(ruling.why) == 1, "so that the reason is specific"


def test_permanent_is_refused_in_both_languages() -> None:
    sentence = BUILTIN.ruling(facts(permanent=True)).sentence
    assert "永久" in sentence.of("zh")
    assert "ermanent" in sentence.of("en")


def examples() -> list[dict[str, Any]]:
    """The rules that are commented out, each complete, as one who takes away the "# " has them."""
    blocks = [block for block in builtin_text().split("\n\n") if "\n# [[rules]]\n" in f"\n{block}\n"]
    return [tomllib.loads(COMMENTED.sub("", block))["rules"][0] for block in blocks]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example["name"])
def test_each_example_is_taken_as_it_stands(example: dict[str, Any]) -> None:
    rules = tomllib.loads(builtin_text())["rules"]
    for position in (0, len(rules)):
        read_rules([*rules[:position], example, *rules[position:]])
    [alone] = read_rules([example])
    assert doubts(Policy(rules=(alone,))) == []


def test_the_examples_show_every_condition_option_and_answer() -> None:
    active = tomllib.loads(builtin_text())["rules"]
    shown = {key for rule in (*active, *examples()) for key in rule}
    assert shown == set(KEYS)
    assert {rule["answer"] for rule in examples()} == {"refuse", "run", "confirm", "approve"}


def test_all_of_it_together_is_one_policy_with_no_rule_in_vain() -> None:
    whole = tomllib.loads(COMMENTED.sub("", builtin_text()))["rules"]
    assert len(whole) == len(builtin_rules()) + len(examples())
    read_rules(whole)
    assert doubts(BUILTIN) == []
