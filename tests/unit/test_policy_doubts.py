"""What is hardly meant: rules that never decide, IDs that look like none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import Facts, Rule
from bot.policy.doubts import doubts
from tests.unit.policy_given import ANY_FACTS, any_rule, policy, rule


def about(*rules: Rule, **given_: Any) -> list[str]:
    return [str(doubt) for doubt in doubts(policy(*rules, **given_))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"items_over": 5}),
        ({"items_over": 5}, {"items_over": 5}),
        ({"items_over": 5}, {"items_over": 7, "folders": True}),
        ({"size_up_to": "2 GB"}, {"size_up_to": "1 GB"}),
        ({"users": ["li", "wang"]}, {"users": ["wang"]}),
        ({"newest_before": "1 day"}, {"newest_before": "2 days"}),
    ],
)
def test_a_rule_behind_one_that_is_for_all_of_its_own_is_never_reached(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    one, other = rule(name="One", **first), rule("approve", name="Other", **second)
    [said] = about(one, other)
    assert said.startswith('rule 2 ("Other"): is never reached: rule 1 ("One")')
    assert first == second or about(other, one) == []


def test_a_refusing_rule_stands_before_all_others() -> None:
    [said] = about(rule(name="One", items_over=9), rule("refuse", name="No", items_over=5))
    assert said.startswith('rule 1 ("One"): is never reached: rule 2 ("No") fits all')
    assert about(rule("refuse", name="No", items_over=5), rule("refuse", name="Never", items_over=4)) == []


@settings(deadline=None)
@given(
    st.lists(any_rule(), min_size=2, max_size=4, unique_by=lambda one: one.name),
    st.lists(ANY_FACTS, max_size=5),
)
def test_no_rule_that_is_said_to_be_in_vain_ever_decides(rules: list[Rule], many: list[Facts]) -> None:
    whole = policy(*rules)
    vain = {doubt.name for doubt in doubts(whole) if "is never reached" in doubt.said}
    assert vain.isdisjoint(whole.ruling(asked).rule for asked in many)


@pytest.mark.parametrize(
    ("answer", "given_", "said"),
    [
        ("confirm", {"permanent": True}, "permanent: is never reached: allow_permanent is false"),
        ("confirm", {"items_over": 1000}, "items_over: is never reached: max_dentries (1000)"),
        ("refuse", {"users": ["王小明"]}, "users: 王小明 is no userId but a name"),
        ("refuse", {"users": ["user:li"]}, "users: user:li: write the userId alone"),
        ("refuse", {"roles": ["主管"]}, "roles: 主管 is no ID"),
        ("refuse", {"departments": ["sales"]}, "departments: sales is no ID"),
        ("refuse", {"spaces": ["sp1"]}, "spaces: sp1 is no ID"),
        ("refuse", {"conversations": ["Marketing"]}, "conversations: Marketing is no conversation ID"),
        ("approve", {"from_": ["role:boss"]}, "from: role:boss: boss is no ID"),
        ("approve", {"fallback": ["user:李"]}, "fallback: user:李: 李 is no userId"),
        (
            "approve",
            {"escalate_after": "1 hour", "escalate_to": ["manager"]},
            "escalate_to: these are asked from",
        ),
    ],
)
def test_what_is_hardly_meant(answer: str, given_: dict[str, Any], said: str) -> None:
    [line] = about(rule(answer, **given_), allow_permanent=False)
    assert line.startswith(f'rule 1 ("A rule"), {said}')


def test_what_is_usual_is_not_doubted() -> None:
    usual = {"users": ["manager4220", "012-3"], "roles": [5], "departments": [1], "spaces": [24010001]}
    assert (
        about(
            rule(
                "approve",
                from_=["user:manager4220", "role:15"],
                conversations=["cidA==", "one_to_one"],
                **usual,
            )
        )
        == []
    )
