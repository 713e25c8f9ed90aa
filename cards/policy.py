"""What the policy says, in words: whom it asks, and why.

On a card, names and paths are strangers' texts and are escaped; a terminal shows them as they are (`quote`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.models import Condition, ConditionKind, Ruling
from cards.escape import Markdown
from cards.fit import short, short_path
from cards.texts import Texts

Quote = Callable[[str], Markdown]

MAX_NAMED = 3
"""Further names of a list are counted."""

_ID_BYTES = 60
_PATH_BYTES = 90
_SENTENCE_BYTES = 400
_DAY_S = 86_400

_KEYS: dict[ConditionKind, str] = {
    "conversations": "policy.conversations",
    "spaces": "policy.spaces",
    "paths": "policy.paths",
    "users": "policy.users",
    "departments": "policy.departments",
    "roles": "policy.roles",
    "items_over": "policy.items_over",
    "items_up_to": "policy.items_up_to",
    "size_over": "policy.size_over",
    "size_up_to": "policy.size_up_to",
    "newest_within": "policy.newest_within",
    "newest_before": "policy.newest_before",
}
_EITHER: dict[tuple[ConditionKind, bool | int | str | tuple[str, ...]], str] = {
    ("folders", True): "policy.folders",
    ("folders", False): "policy.no_folders",
    ("owner", "own"): "policy.own",
    ("owner", "others"): "policy.others",
    ("permanent", True): "policy.permanent",
    ("permanent", False): "policy.to_bin",
}
_GROUPS = {"manager": "policy.manager", "heads": "policy.heads", "admins": "policy.admins"}
_WHOSE = {
    "manager": "policy.whose_manager",
    "heads": "policy.whose_heads",
    "admins": "policy.whose_admins",
}


def on_card(text: str) -> Markdown:
    """A path loses its middle and an id its end, so that a rule cannot fill a card."""
    return short_path(text, _PATH_BYTES) if text.startswith("/") else short(text, _ID_BYTES)


def why_line(ruling: Ruling, t: Texts, names: Mapping[str, str] | None = None) -> Markdown:
    """One line for the card: what it is about this request that makes the policy answer as it does.

    `names` has what to call people and roles by, under `user:USERID` and `role:ROLEID`; others go by their id.
    """
    what = what_words(ruling.why, t)
    match ruling.answer:
        case "approve":
            approval = approval_words(ruling.approvers, ruling.needed, t, names)
            return t("policy.why_approve", what=what, approval=approval)
        case "confirm":
            return t("policy.why_confirm", what=what)
        case "run":
            return t("policy.why_run", what=what)
    return _why_refused(ruling, what, t)


def _why_refused(ruling: Ruling, what: Markdown, t: Texts) -> Markdown:
    if ruling.mixed:
        return t("policy.why_mixed", what=what)
    if said := ruling.sentence.of(t.language):
        return short(said, _SENTENCE_BYTES)
    if not ruling.rule and not ruling.why:
        return t("policy.why_no_rule")
    return t("policy.why_refuse", what=what)


def what_words(conditions: Sequence[Condition], t: Texts, quote: Quote = on_card) -> Markdown:
    """What a rule is for, as a noun: more than 20 items and folders."""
    if not conditions:
        return t("policy.everything")
    return _listed([condition_words(condition, t, quote) for condition in conditions], t, "policy.and")


def condition_words(condition: Condition, t: Texts, quote: Quote = on_card) -> Markdown:
    """What one condition is for, as a noun: more than 20 items."""
    if (condition.kind, condition.value) in _EITHER:
        return t(_EITHER[condition.kind, condition.value])
    key = _KEYS[condition.kind]
    match condition.value:
        case tuple(texts):
            return t(key, names=names_words(texts, t, quote))
        case int(number) if condition.kind in {"items_over", "items_up_to"}:
            return t(key, n=number)
        case int(number) if condition.kind in {"size_over", "size_up_to"}:
            return t(key, size=t.size(number))
        case seconds:
            return t(key, span=span_words(float(seconds), t))


def who_words(
    approvers: Sequence[str], t: Texts, names: Mapping[str, str] | None = None, quote: Quote = on_card
) -> Markdown:
    """Those who may approve: the manager or a department head."""
    return _listed([_person(approver, t, names or {}, quote) for approver in approvers], t, "policy.or")


def approval_words(
    approvers: Sequence[str],
    needed: int,
    t: Texts,
    names: Mapping[str, str] | None = None,
    quote: Quote = on_card,
) -> Markdown:
    """What is needed of them: the manager's approval; 2 approvals by the manager or a department head."""
    if needed > 1:
        return t("policy.approvals", n=needed, who=who_words(approvers, t, names, quote))
    if len(approvers) == 1 and approvers[0] in _WHOSE:
        return t("policy.approval_of", whose=t(_WHOSE[approvers[0]]))
    return t("policy.approval_by", who=who_words(approvers, t, names, quote))


def names_words(texts: Sequence[str], t: Texts, quote: Quote = on_card) -> Markdown:
    """The first of a list by name, and how many more."""
    shown = [t("policy.one_to_one") if text == "one_to_one" else quote(text) for text in texts[:MAX_NAMED]]
    named = Markdown(t("policy.comma").join(shown))
    hidden = len(texts) - MAX_NAMED
    return t("policy.more_names", names=named, n=hidden) if hidden > 0 else named


def span_words(seconds: float, t: Texts) -> Markdown:
    """How long, in words: 24 hours, 30 days."""
    if seconds >= 2 * _DAY_S and seconds % _DAY_S == 0:
        return t("policy.days", n=int(seconds) // _DAY_S)
    return t.duration(seconds)


def _person(approver: str, t: Texts, names: Mapping[str, str], quote: Quote) -> Markdown:
    if approver in _GROUPS:
        return t(_GROUPS[approver])
    kind, _, named = approver.partition(":")
    name = quote(names.get(approver, named))
    return t("policy.role", name=name) if kind == "role" else name


def _listed(words: list[Markdown], t: Texts, last: str) -> Markdown:
    *first, end = words
    if not first:
        return end
    return t(last, first=Markdown(t("policy.comma").join(first)), last=end)
