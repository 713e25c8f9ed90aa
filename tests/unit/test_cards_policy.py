"""The policy in words: the one line of the card, and the explanation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models import ConditionKind, Language, Ruling
from bot.policy import Facts, Policy, Rule, builtin_rules
from bot.policy.rule import KINDS
from cards.explanation import explanation, place_words
from cards.policy import condition_words, span_words, who_words, why_line
from cards.texts import texts
from tests.unit.cards_given import LANGUAGES, SHANGHAI, kinds
from tests.unit.policy_given import ANY_FACTS, CONDITIONS, any_rule, facts, policy, rule

EN, ZH = texts("en"), texts("zh")
BUILTIN = Policy(rules=builtin_rules())


def why(answer: str, **given_: Any) -> Ruling:
    return policy(rule(answer, **given_)).ruling(
        facts(dentries=21, folders=1, others=3, size_bytes=2 * 10**9)
    )


@pytest.mark.parametrize(
    ("ruling", "en", "zh"),
    [
        (
            why("approve", items_over=20),
            "more than 20 items need the manager's approval",
            "超过 20 项要由直属主管批准",
        ),
        (
            why("approve", owner="others", from_=["heads", "user:li"]),
            "other people's files need approval by a department head or li",
            "含有别人的文件要由部门负责人或 li 批准",
        ),
        (
            why("approve", folders=True, size_over="1 GB", items_over=20, from_="admins", approvals=2),
            "more than 20 items, more than 1.0 GB and folders need 2 approvals by an administrator "
            "of the organisation",
            "超过 20 项、超过 1.0 GB 且含有文件夹要由组织管理员中的 2 人批准",
        ),
        (
            why("approve"),
            "deletions that no other rule is for need the manager's approval",
            "没有其他规则适用的删除要由直属主管批准",
        ),
        (
            why("confirm", items_up_to=50),
            "up to 50 items are confirmed by whoever asks",
            "不超过 50 项由发起人自己确认",
        ),
        (why("refuse", sentence={"zh": "不行", "en": "No."}), "No.", "不行"),
        (why("refuse", folders=True), "Not allowed here: folders.", "这里不允许：含有文件夹。"),
        (why("confirm", max_items=7), "Not allowed here: more than 7 items.", "这里不允许：超过 7 项。"),
        (
            policy().ruling(facts()),
            "No rule of this organisation allows this deletion.",
            "本组织没有规则允许这次删除。",
        ),
        (
            BUILTIN.ruling(facts(permanent=True)),
            "Not allowed here: permanent deletions.",
            "这里不允许：永久删除。",
        ),
    ],
)
def test_the_one_line_of_the_card(ruling: Ruling, en: str, zh: str) -> None:
    assert (why_line(ruling, EN), why_line(ruling, ZH)) == (en, zh)


def test_people_are_called_by_name_where_that_is_known() -> None:
    names = {"user:li": "李经理", "role:5": "*审计*"}
    asked = ["user:li", "role:5", "user:zhao"]
    assert who_words(asked, EN, names) == "李经理, somebody with role ＊审计＊ or zhao"
    assert who_words(asked, ZH, names) == "李经理、角色 ＊审计＊ 的成员或 zhao"
    assert "由李经理批准" in why_line(why("approve", from_="user:li"), ZH, names)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(86_400, "24 hours"), (172_800, "2 days"), (30 * 86_400, "30 days"), (5400, "1 hour 30 minutes")],
)
def test_spans(seconds: int, words: str) -> None:
    assert span_words(seconds, EN) == words


@settings(deadline=None)
@given(any_rule(), st.sampled_from(LANGUAGES))
def test_every_rule_has_words_that_fit_a_card(one: Rule, language: Language) -> None:
    line = why_line(policy(one).ruling(facts()), texts(language))
    assert "\n" not in line
    assert len(line.encode()) < 1000


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=5)
@given(st.data())
def test_every_condition_has_words(kind: ConditionKind, data: st.DataObject) -> None:
    [condition] = rule(**{kind: data.draw(CONDITIONS[kind])}).conditions
    en, zh = (condition_words(condition, t) for t in (EN, ZH))
    assert en
    assert zh
    assert en != zh


def test_ids_and_paths_of_a_rule_act_as_nothing_and_fill_no_card() -> None:
    hostile = rule(
        users=["[x](http://y)" * 40, "**b**"], paths=["/**/<font>" + "é" * 900, *(f"/{n}" for n in range(9))]
    )
    ruling = hostile.ruling(timedelta(minutes=30))
    for t in (EN, ZH):
        shown = why_line(ruling, t)
        assert len(shown.encode()) < 1000
        assert kinds(shown) <= {"paragraph_open", "paragraph_close", "inline", "text"}
    assert "and 7 more" in why_line(ruling, EN)


def told(whole: Policy, asked: Facts, language: Language = "en") -> str:
    t = texts(language)
    return explanation(
        whole, asked, lambda number: place_words("dingsweep.toml", 10 * number, t), t, SHANGHAI
    )


def test_an_explanation_says_which_rule_why_what_then_and_why_not_the_others() -> None:
    text = told(BUILTIN, facts(dentries=47, size_bytes=1_300_000_000, others=0))
    assert (
        "wang asks in conversation cidA== to move 47 items, 1.3 GB from space sp1 to the recycle bin." in text
    )
    assert "Rule 4 “Many items” decides (dingsweep.toml, line 40)." in text
    assert "✓ more than 20 items: 47 items" in text
    assert "It takes the manager's approval." in text
    assert "because it is wang, others may approve, too: a department head or an administrator" in text
    assert "reminded after 4 hours" in text
    assert "Not decided within 24 hours, it expires" in text
    assert "must begin within 1 hour" in text
    assert "Rule 1 “Nothing for good” is for permanent deletions. Here: to the recycle bin." in text
    assert "Rule 2 “Files of others” is for other people's files. Here: none made by others." in text
    assert "Rule 3 “Folders” is for folders. Here: no folders among them." in text
    assert "2 rules, numbers 5, 6." in text


@pytest.mark.parametrize(
    ("whole", "asked", "said"),
    [
        (policy(rule("run")), facts(), "It is deleted at once; nobody is asked."),
        (
            policy(rule("run", max_items=2)),
            facts(dentries=3),
            "refuses it (dingsweep.toml, line 10): the rule fits",
        ),
        (policy(), facts(), "No rule fits, so it is refused."),
        (policy(rule()), facts(dentries=1001), "at most 1,000 items (setting max_dentries)"),
        (
            BUILTIN,
            facts(permanent=True),
            "before any rule is looked at: permanent deletions are switched off",
        ),
        (
            policy(rule(), conversations={"cidB=="}),
            facts(),
            "in that conversation the robot takes no commands",
        ),
        (policy(rule("refuse", paths="/a")), facts(), "✓ items in /a: /a/b.txt lies there"),
        (policy(rule(paths="/x")), facts(), "Here: /a/b.txt does not lie there."),
        (policy(rule(paths="/a")), facts(), "all of them lie there"),
        (policy(rule(paths="/a")), facts(paths=()), "no paths known"),
        (policy(rule(departments=[1])), facts(), "from department 1. Here: none known."),
        (policy(rule("approve", run_as="approver")), facts(), "rights of whoever gave the last approval"),
        (policy(rule("approve", self_approval=True)), facts(), "wang may approve it, too"),
        (
            policy(rule("approve", ask_in="conversation")),
            facts(),
            "see the card in the conversation, nobody else",
        ),
        (policy(rule("approve", notify=["security"], max_items=9)), facts(), "Told besides: security."),
        (
            policy(rule("approve", escalate_after="3 hours", escalate_to="admins")),
            facts(),
            "Not decided after 3 hours, it is put before others, too: an administrator",
        ),
        (policy(rule("refuse", sentence="Ask *legal*")), facts(), "wang reads: “Ask *legal*”"),
    ],
)
def test_an_explanation_says(whole: Policy, asked: Facts, said: str) -> None:
    assert said in told(whole, asked)


@settings(deadline=None, max_examples=50)
@given(st.lists(any_rule(), max_size=4), ANY_FACTS, st.sampled_from(LANGUAGES))
def test_everything_can_be_explained(rules: list[Rule], asked: Facts, language: Language) -> None:
    whole = policy(*rules)
    text = told(whole, asked, language)
    if decided := whole.ruling(asked).rule:
        assert f"“{decided}”" in text
    assert "{" not in text
