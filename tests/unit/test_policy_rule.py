"""A rule: when it is for a request, and what may not be written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import ConditionKind, Sentence
from bot.policy import Facts, RulesError, read_rules
from bot.policy.rule import KINDS, Rule
from tests.unit.policy_given import ALONE, ANY_FACTS, NOW, any_rule, facts, person, rule

GB = 10**9
DAY = timedelta(days=1)

TABLE: list[tuple[ConditionKind, Any, Facts, bool]] = [
    ("conversations", ["cidA=="], facts(), True),
    ("conversations", ["cidB=="], facts(), False),
    ("conversations", "one_to_one", facts(conversation=ALONE), True),
    ("conversations", ["one_to_one"], facts(), False),
    ("conversations", ["cidOne=="], facts(conversation=ALONE), True),
    ("spaces", ["sp2", "sp1"], facts(), True),
    ("spaces", 24010001, facts(space_id="24010001"), True),
    ("spaces", ["sp2"], facts(), False),
    ("paths", ["/a"], facts(), True),
    ("paths", ["/a"], facts(paths=("/a/x", "/b/x")), False),
    ("paths", ["/a", "/b"], facts(paths=("/a/x", "/b/x")), True),
    ("paths", ["/a"], facts(paths=()), False),
    ("users", ["wang"], facts(), True),
    ("users", ["wang"], facts(requester=person("li")), False),
    ("departments", [7], facts(departments=frozenset({"7", "1"})), True),
    ("departments", ["8"], facts(departments=frozenset({"7", "1"})), False),
    ("departments", ["8"], facts(), False),
    ("roles", ["3", "4"], facts(roles=frozenset({"4"})), True),
    ("roles", ["3"], facts(roles=frozenset({"4"})), False),
    ("items_over", 20, facts(dentries=21), True),
    ("items_over", 20, facts(dentries=20), False),
    ("items_up_to", 20, facts(dentries=20), True),
    ("items_up_to", 20, facts(dentries=21), False),
    ("size_over", "1 GB", facts(size_bytes=GB + 1), True),
    ("size_over", "1 GB", facts(size_bytes=GB), False),
    ("size_up_to", "1 GB", facts(size_bytes=GB), True),
    ("size_up_to", "1 GB", facts(size_bytes=GB + 1), False),
    ("folders", True, facts(folders=1), True),
    ("folders", True, facts(), False),
    ("folders", False, facts(), True),
    ("folders", False, facts(folders=1), False),
    ("newest_within", "30 days", facts(newest=NOW - 30 * DAY), True),
    ("newest_within", "30 days", facts(newest=NOW - 31 * DAY), False),
    ("newest_within", "30 days", facts(newest=None), True),
    ("newest_before", "30 days", facts(newest=NOW - 31 * DAY), True),
    ("newest_before", "30 days", facts(newest=NOW - 30 * DAY), False),
    ("newest_before", "30 days", facts(newest=None), False),
    ("owner", "own", facts(), True),
    ("owner", "own", facts(others=1), False),
    ("owner", "others", facts(others=1), True),
    ("owner", "others", facts(), False),
    ("permanent", True, facts(permanent=True), True),
    ("permanent", True, facts(), False),
    ("permanent", False, facts(), True),
    ("permanent", False, facts(permanent=True), False),
]


@pytest.mark.parametrize(("kind", "value", "request_", "fits"), TABLE)
def test_a_condition(kind: ConditionKind, value: Any, request_: Facts, fits: bool) -> None:
    unmet = rule("confirm", **{kind: value}).unmet(request_)
    assert (unmet is None) is fits
    assert unmet is None or unmet.kind == kind


def test_every_condition_is_tried_both_ways() -> None:
    assert {(kind, fits) for kind, _, _, fits in TABLE} == {(k, f) for k in KINDS for f in (True, False)}


@pytest.mark.parametrize(
    ("paths", "any_fits", "all_fit"),
    [(("/a/x", "/b/x"), True, False), (("/a/x",), True, True), (("/b",), False, False), ((), False, False)],
)
def test_one_path_is_enough_to_be_refused_and_all_are_needed_for_the_rest(
    paths: tuple[str, ...], any_fits: bool, all_fit: bool
) -> None:
    asked = facts(paths=paths)
    assert (rule("refuse", paths=["/a"]).unmet(asked) is None) is any_fits
    for answer in ("run", "confirm", "approve"):
        assert (rule(answer, paths=["/a"]).unmet(asked) is None) is all_fit


@settings(deadline=None)
@given(any_rule(), ANY_FACTS, st.data())
def test_with_fewer_conditions_a_rule_never_fits_less(one: Rule, asked: Facts, data: st.DataObject) -> None:
    kinds = [condition.kind for condition in one.conditions if condition.kind != "permanent"]
    dropped = data.draw(st.sets(st.sampled_from(kinds))) if kinds else set()
    wider = one.model_copy(update=dict.fromkeys(dropped))
    assert {condition.kind for condition in wider.conditions} == {c.kind for c in one.conditions} - dropped
    if one.unmet(asked) is None:
        assert wider.unmet(asked) is None


def test_what_an_approval_takes_when_nothing_more_is_said() -> None:
    ruling = rule("approve").ruling(timedelta(minutes=30))
    assert (ruling.needed, ruling.approvers, ruling.fallback) == (1, ("manager",), ())
    assert (ruling.decide_within, ruling.run_within) == (timedelta(hours=24), timedelta(hours=1))
    assert ruling.remind_after == timedelta(hours=4)
    assert (ruling.escalate_after, ruling.self_approval) == (None, False)
    assert (ruling.run_as, ruling.ask_in) == ("requester", "one_to_one")


def test_what_is_said_is_ruled() -> None:
    ruling = rule(
        "approve",
        from_=["user:li", "role:5"],
        approvals=2,
        fallback="admins",
        self_approval=True,
        decide_within="2 days",
        run_within="30 minutes",
        remind_after="90 minutes",
        escalate_after="1 day",
        escalate_to=["heads"],
        run_as="approver",
        ask_in="conversation",
        notify=["security"],
        items_over=3,
    ).ruling(timedelta(minutes=30), "hash")
    assert (ruling.needed, ruling.approvers, ruling.fallback) == (2, ("user:li", "role:5"), ("admins",))
    assert (ruling.decide_within, ruling.run_within) == (timedelta(days=2), timedelta(minutes=30))
    assert (ruling.remind_after, ruling.escalate_after) == (timedelta(minutes=90), timedelta(days=1))
    assert (ruling.escalate_to, ruling.run_as, ruling.ask_in) == (("heads",), "approver", "conversation")
    assert (ruling.self_approval, ruling.notify, ruling.policy_hash) == (True, ("security",), "hash")
    assert [(condition.kind, condition.value) for condition in ruling.why] == [("items_over", 3)]


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"remind_after": False}, None),
        ({"decide_within": "2 hours"}, None),
        ({"decide_within": "5 hours"}, timedelta(hours=4)),
    ],
)
def test_nobody_is_reminded_of_what_is_over(given: dict[str, Any], after: timedelta | None) -> None:
    assert rule("approve", **given).ruling(timedelta(minutes=30)).remind_after == after


def test_a_requester_has_the_time_that_the_settings_say_unless_the_rule_says_another() -> None:
    assert rule("confirm").ruling(timedelta(minutes=7)).decide_within == timedelta(minutes=7)
    longer = rule("confirm", decide_within="1 hour").ruling(timedelta(minutes=7))
    assert longer.decide_within == timedelta(hours=1)
    assert longer.remind_after is None


def test_a_sentence_is_said_in_the_reader_s_language_or_in_the_one_there_is() -> None:
    both = rule("refuse", sentence={"zh": "不行", "en": "No"}).ruling(DAY).sentence
    assert (both.of("zh"), both.of("en")) == ("不行", "No")
    assert rule("refuse", sentence="No").sentence.of("zh") == "No"
    assert rule("refuse", sentence={"zh": "不行"}).sentence.of("en") == "不行"
    assert Sentence().of("en") == ""


def mistakes(*tables: Any) -> list[str]:
    with pytest.raises(RulesError) as caught:
        read_rules(list(tables))
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"answer": "approve"}, "from: say who may approve"),
        ({"answer": "approve", "from": []}, "from: say who may approve"),
        ({"answer": "approve", "from": ["bob"]}, 'from: write a list of "manager"'),
        ({"answer": "approve", "from": ["user:"]}, 'from: write a list of "manager"'),
        ({"answer": "approve", "from": "manager", "approvals": 0}, "approvals: write a whole number of at"),
        ({"answer": "approve", "from": "admins", "approvals": "2"}, "approvals: write a whole number of at"),
        (
            {"answer": "approve", "from": "manager", "approvals": 2},
            "approvals: from and fallback together name 1",
        ),
        (
            {"answer": "approve", "from": "manager", "escalate_to": "heads"},
            "escalate_after: say after how long",
        ),
        ({"answer": "approve", "from": "manager", "escalate_after": "1 h"}, "escalate_to: say who is asked"),
        (
            {"answer": "approve", "from": "manager", "escalate_to": "heads", "escalate_after": "24 hours"},
            "escalate_after: the time to decide (decide_within) is over before",
        ),
        (
            {"answer": "approve", "from": "manager", "remind_after": "2 days"},
            "remind_after: the time to decide",
        ),
        (
            {"answer": "approve", "from": "manager", "remind_after": True},
            "remind_after: write a duration, for",
        ),
        (
            {"answer": "approve", "from": "manager", "sentence": "x"},
            "sentence: belongs to a rule whose answer is",
        ),
        ({"answer": "run"}, "permanent: say whether what this rule runs at once may be permanent"),
        ({"answer": "confirm", "approvals": 1}, 'approvals: belongs to a rule whose answer is "approve"'),
        ({"answer": "confirm", "sentence": "x"}, 'sentence: belongs to a rule whose answer is "refuse"'),
        (
            {"answer": "refuse", "max_items": 3},
            'max_items: belongs to a rule whose answer is "run" or "confirm"',
        ),
        ({"answer": "refuse", "sentence": "two\nlines"}, "sentence: write a text on one line"),
        ({"answer": "refuse", "sentence": {"fr": "non"}}, 'sentence: write a "text" or { zh'),
        ({"answer": "refuse", "sentence": ""}, "sentence: write what is to be said"),
        ({"answer": "refuse", "items_ovr": 3}, "items_ovr: there is no such key, did you mean items_over?"),
        ({"answer": "refuse", "approvers": ["x"]}, "approvers: "),
        ({"answer": "refuse", "xyzzy": 3}, "xyzzy: rules have no such key"),
        ({"answer": "perhaps"}, 'answer: write "refuse", "run", "confirm" or "approve"'),
        ({}, 'answer: is missing: write "refuse"'),
        ({"answer": "refuse", "users": []}, "users: write a list of IDs"),
        ({"answer": "refuse", "users": [True]}, "users: write a list of IDs"),
        ({"answer": "refuse", "users": [" "]}, "users: write a text on one line"),
        ({"answer": "refuse", "items_over": True}, "items_over: write a whole number of at least 0"),
        ({"answer": "refuse", "items_over": -1}, "items_over: write a whole number of at least 0"),
        ({"answer": "refuse", "items_over": 1.0}, "items_over: write a whole number of at least 0"),
        ({"answer": "refuse", "folders": "yes"}, "folders: write true or false"),
        ({"answer": "refuse", "permanent": 1}, "permanent: write true or false"),
        ({"answer": "refuse", "owner": "mine"}, 'owner: write "own" or "others"'),
        ({"answer": "refuse", "size_over": 1000}, "size_over: write a size, for example"),
        ({"answer": "refuse", "newest_within": 30}, "newest_within: write a duration, for example"),
        (
            {"answer": "refuse", "paths": ["a/b"]},
            'paths: write a path from the root of the space, with "/" first',
        ),
        (
            {"answer": "refuse", "items_over": 5, "items_up_to": 5},
            "items_over: nothing is over this and within",
        ),
        (
            {"answer": "refuse", "size_over": "1 GB", "size_up_to": "1000 MB"},
            "size_over: nothing is over this and within size_up_to",
        ),
        (
            {"answer": "refuse", "newest_within": "7 days", "newest_before": "1 week"},
            "newest_within: nothing is newer than this and older",
        ),
        ({"answer": "confirm", "items_over": 5, "max_items": 5}, "max_items: everything over items_over is"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_key(table: dict[str, Any], said: str) -> None:
    [line] = mistakes({"name": "Big ones"} | table)
    assert line.startswith(f'rule 1 ("Big ones"), {said}')


def test_every_mistake_is_told_at_once_in_the_order_of_the_rules() -> None:
    lines = mistakes(
        {"name": "One", "answer": "confirm"},
        {"name": "Two", "answer": "approve", "aprovals": 2, "run_within": "soon"},
        {"answer": "yes", "name": ""},
        3,
        {"name": "One", "answer": "confirm", "sentence": "x", "folders": 0},
    )
    assert [line.partition(": ")[0] for line in lines] == [
        'rule 2 ("Two"), run_within',
        'rule 2 ("Two"), aprovals',
        'rule 2 ("Two"), from',
        "rule 3, name",
        "rule 3, answer",
        "rule 4",
        'rule 5 ("One"), folders',
        'rule 5 ("One"), sentence',
        'rule 5 ("One"), name',
    ]


@pytest.mark.parametrize("tables", ["[]", {"name": "x"}, 3, None])
def test_rules_are_a_list_of_tables(tables: Any) -> None:
    with pytest.raises(RulesError, match=r"rules: write each rule as a table under \[\[rules\]\]"):
        read_rules(tables)


def test_no_rules_are_a_mistake_and_not_a_robot_that_refuses_everything() -> None:
    with pytest.raises(RulesError, match="rules: without any rule every deletion is refused"):
        read_rules([])


def test_a_mistake_is_one_line_whatever_names_and_keys_hold() -> None:
    lines = mistakes({"name": "a\nb\x1b[31m", "answer": "confirm", "x\ny": 1})
    assert all(line.isprintable() for line in lines)
    assert len(lines) == 2
