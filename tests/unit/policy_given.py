"""Requests and rules to try on each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from bot.models import Conversation, Operator
from bot.policy import Facts, Policy, Rule

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GROUP = Conversation(id="cidA==", kind="group")
ALONE = Conversation(id="cidOne==", kind="one_to_one")


def person(user_id: str = "wang") -> Operator:
    return Operator(corp_id="ding1", user_id=user_id, union_id=f"u-{user_id}", name=user_id)


def facts(**given: Any) -> Facts:
    """A file of one's own, moved to the bin in a group."""
    usual: dict[str, Any] = {
        "requester": person(),
        "conversation": GROUP,
        "space_id": "sp1",
        "now": NOW,
        "dentries": 1,
        "newest": NOW - timedelta(days=10),
        "paths": ("/a/b.txt",),
    }
    return Facts(**usual | given)


def rule(answer: str = "confirm", **given: Any) -> Rule:
    """A rule with the least that its answer takes. What is named `from_` is `from`."""
    needed: dict[str, Any] = {"name": "A rule", "answer": answer}
    if answer == "approve":
        needed["from"] = ["manager"]
    if answer == "run":
        needed["permanent"] = False
    renamed = {key.removesuffix("_"): value for key, value in given.items()}
    return Rule.model_validate(needed | renamed)


def policy(*rules: Rule, **given: Any) -> Policy:
    return Policy(rules=rules, **{"allow_permanent": True} | given)


PATHS = st.lists(st.sampled_from(["a", "b", "ab", "b.txt", "é"]), min_size=1, max_size=4).map(
    lambda names: "/" + "/".join(names)
)
PATTERNS = st.lists(st.sampled_from(["a", "b", "*", "a*", "*.txt", "**", "*b*"]), max_size=4).map(
    lambda names: "/" + "/".join(names)
)
SOME = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, max_size=2)
SPANS = st.sampled_from(["1 day", "10 days", "30 days"])
SIZES = st.sampled_from(["10 B", "1 KB", "1 GB"])
CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "conversations": st.lists(st.sampled_from(["cidA==", "one_to_one", "cidB=="]), min_size=1),
    "spaces": st.sampled_from([["sp1"], ["sp2"], ["sp1", "sp2"]]),
    "paths": st.lists(PATTERNS, min_size=1, max_size=3),
    "users": st.sampled_from([["wang"], ["li"], ["wang", "li"]]),
    "departments": SOME,
    "roles": SOME,
    "items_over": st.integers(0, 10),
    "items_up_to": st.integers(11, 30),
    "size_over": st.sampled_from(["10 B", "1 KB"]),
    "size_up_to": st.sampled_from(["1 MB", "1 GB"]),
    "folders": st.booleans(),
    "newest_within": st.just("30 days"),
    "newest_before": st.sampled_from(["1 day", "10 days"]),
    "owner": st.sampled_from(["own", "others"]),
    "permanent": st.booleans(),
}

ANY_FACTS = st.builds(
    Facts,
    requester=st.sampled_from(["wang", "li"]).map(person),
    conversation=st.sampled_from([GROUP, ALONE]),
    space_id=st.sampled_from(["sp1", "sp2"]),
    now=st.just(NOW),
    dentries=st.integers(1, 40),
    size_bytes=st.sampled_from([0, 10, 11, 5000, 2 * 10**9]),
    folders=st.integers(0, 2),
    others=st.integers(0, 2),
    newest=st.sampled_from([None, NOW, NOW - timedelta(days=10), NOW - timedelta(days=99)]),
    permanent=st.booleans(),
    paths=st.lists(PATHS, max_size=4).map(tuple),
    departments=st.frozensets(st.sampled_from(["x", "y", "z"])),
    roles=st.frozensets(st.sampled_from(["x", "y", "z"])),
)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    kinds = draw(st.sets(st.sampled_from(sorted(CONDITIONS)), max_size=4))
    return {kind: draw(CONDITIONS[kind]) for kind in sorted(kinds)}


@st.composite
def any_rule(draw: st.DrawFn, answers: tuple[str, ...] = ("refuse", "run", "confirm", "approve")) -> Rule:
    answer = draw(st.sampled_from(answers))
    name = draw(st.text("abcdefgh", min_size=4, max_size=8))
    return rule(answer, **draw(conditions()), name=name)
