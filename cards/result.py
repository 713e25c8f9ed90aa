"""The card of a receipt: what was deleted, what was not and why, and what the person can do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from bot.models import Button, Card, ItemResult, Outcome, Receipt, Request, RequestState, Share
from cards.account import result_title
from cards.decision import decision
from cards.entries import path_line
from cards.escape import Markdown
from cards.fit import NAME_BYTES, SPACE_BYTES, fitting, paragraphs, short, short_path
from cards.texts import Texts
from cards.undone import undone_lines

MAX_FAILURES = 20
MAX_CAUSES = 4
CODE_BYTES = 60
NEW_NAME_BYTES = 48

_OUTCOMES = {
    Outcome.UNKNOWN: "cause.unknown",
    Outcome.CHANGED: "cause.changed",
    Outcome.DENIED: "cause.denied",
    Outcome.NOT_RECYCLABLE: "cause.not_recyclable",
}
_CAUSES = {
    "permissionDenied": "cause.denied",
    "recycleBinNotSupportForSpace": "cause.no_recycle_bin",
    "operationNotSupported": "cause.not_recyclable",
    "operationConcurrentControl": "cause.busy",
    "paramError": "cause.bad_id",
    "paramError.dentryIds": "cause.bad_id",
    "paramError.spaceId": "cause.bad_id",
    "spaceNotExist": "cause.space_gone",
    "systemError": "cause.trouble",
    "unknownError": "cause.trouble",
    "operationTimeout": "cause.trouble",
    "taskNotExist": "cause.trouble",
    "Forbidden.AccessDenied.ApiCountLimitForOrg": "cause.quota",
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": "cause.no_scope",
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": "cause.throttled",
    "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi": "cause.throttled",
    "Forbidden.AccessDenied.QpsLimitForApi": "cause.throttled",
    "task_failed": "cause.task_failed",
    "quota": "cause.quota",
    "stopped": "cause.stopped",
    "permanent_refused": "cause.permanent_refused",
    "manifest_altered": "cause.altered",
    "no_scope": "cause.no_scope",
    "no_answer": "cause.trouble",
    "unnamed": "cause.none",
    "internal": "cause.none",
}
"""The sentence for a cause: DingTalk's error codes of batchRemove
(https://open.dingtalk.com/document/development/delete-files-or-folders-in-bulk), and words of ours."""


@dataclass(frozen=True)
class Group:
    """Failures about which the same is to be said: the sentence, how many targets, and its first lines."""

    sentence: Markdown
    size: int
    lines: tuple[Markdown, ...]


_OWNED = {"cause.denied": "cause.denied_owned"}
"""The sentence that says whom to ask, where that is known."""

_LISTED = {"cause.stopped": 5}
"""How many lines where they are no news: nothing went wrong with what a stop left alone."""

_FOR_GOOD = {"cause.unknown": "cause.unknown_permanent"}
"""The sentence where nothing can be brought back."""

_APPROVED = {"cause.changed": "cause.changed_approved", "cause.added": "cause.added_approved"}
"""The sentence where others had approved what changed afterwards."""


def result_card(
    receipt: Receipt,
    t: Texts,
    zone: tzinfo,
    *,
    allow_permanent: bool = True,
    undone_by: Sequence[Request] = (),
    is_undone: bool = False,
) -> Card:
    """The result. `allow_permanent`: whether deleting for ever may be offered for what cannot be recycled.

    `undone_by` are restores of it; with `is_undone` there is nothing left to restore, and none is offered.
    """
    groups = _groups(receipt, t)
    undone = undone_lines(receipt.request, receipt.deleted_dentries, undone_by, t, zone)
    can_be_undone = _can_be_undone(receipt) and not is_undone
    next_step = _next_step(receipt, t, allow_permanent=allow_permanent)
    offer = _offer(receipt.request, t, of_rest=bool(undone)) if can_be_undone else []
    head, last = _head(receipt, t, zone), [*next_step, *undone, *offer]

    def build(causes: int, per_cause: int) -> str:
        return paragraphs((*head, *_failures(receipt, groups[:causes], per_cause, t), *last))

    return Card(
        title=_title(receipt, t, undone_by if is_undone else ()),
        markdown=fitting(build(causes, per_cause) for causes, per_cause in _measures(len(groups))),
        buttons=_buttons(t, can_be_undone=can_be_undone),
    )


def _title(receipt: Receipt, t: Texts, undone_by: Sequence[Request]) -> Markdown:
    """What became of it; once all of it is back, that."""
    if {restore.state for restore in undone_by if restore.state.has_receipt} == {RequestState.DONE}:
        return t("result.title_undone", n=receipt.deleted_dentries, id=receipt.request.id)
    return result_title(receipt, t)


def _measures(causes: int) -> Iterator[tuple[int, int]]:
    """How many causes to name, and how many entries of each: every cause matters more than many entries of one."""
    most = min(causes, MAX_CAUSES)
    yield from ((count, each) for count in range(most, 0, -1) for each in range(MAX_FAILURES // count, 0, -1))
    yield 0, 0


def cause_key(result: ItemResult | Share) -> str:
    """The sentence for this result: by its cause, else by its outcome, else the one that shows the code."""
    if result.outcome is Outcome.UNKNOWN:
        return "cause.unknown"
    if result.outcome is Outcome.CHANGED and result.added:
        return "cause.added"
    return (
        _CAUSES.get(result.cause)
        or _OUTCOMES.get(result.outcome)
        or ("cause.other" if result.cause else "cause.none")
    )


def _group(
    key: str, shares: Sequence[Share], samples: Sequence[ItemResult], receipt: Receipt, t: Texts
) -> Group:
    most = _LISTED.get(key, MAX_FAILURES)
    stopper = receipt.request.stop_asked.name if receipt.request.stop_asked else ""
    key = "cause.stopped_by" if key == "cause.stopped" and stopper else key
    owners = set(receipt.owners.values()) - {""}
    key = _OWNED.get(key, key) if owners else key
    key = key if receipt.request.to_recycle_bin else _FOR_GOOD.get(key, key)
    key = _APPROVED.get(key, key) if receipt.request.ruling.answer == "approve" else key
    sentence = t(
        key,
        n=sum(share.dentries for share in shares),
        name=short(receipt.request.runs_as.name, NAME_BYTES),
        owners=t("list.and").join(short(name, NAME_BYTES) for name in sorted(owners)),
        stopper=short(stopper, NAME_BYTES),
        code=short(shares[0].cause, CODE_BYTES),
        id=receipt.request.id,
    )
    lines = tuple(_failed_line(result, t) for result in samples[:most])
    return Group(sentence=sentence, size=sum(share.targets for share in shares), lines=lines)


def _failed_line(result: ItemResult, t: Texts) -> Markdown:
    return with_added(path_line(result.entry.dentry), result, t)


def with_added(line: Markdown, result: ItemResult, t: Texts, name_bytes: int = NEW_NAME_BYTES) -> Markdown:
    """`line`, and what came into the folder since it was shown: by number, and by name as far as told."""
    if not result.added:
        return line
    if not result.added_names:
        return t("result.added", n=result.added, line=line)
    names = Markdown(t("list.and").join(short_path(name, name_bytes) for name in result.added_names))
    key = "result.added_named" if result.added <= len(result.added_names) else "result.added_some"
    return t(key, n=result.added, line=line, names=names)


def _head(receipt: Receipt, t: Texts, zone: tzinfo) -> list[Markdown]:
    place = short(receipt.request.space.name, SPACE_BYTES)
    duration = t.duration(receipt.elapsed_s)
    size = receipt.deleted_bytes
    where = (
        t("result.where_and_size", space=place, size=t.size(size), duration=duration)
        if size
        else t("result.where", space=place, duration=duration)
    )
    gone = receipt.dentries(Outcome.ALREADY_GONE)
    lines = [where, _decided(receipt.request, t, zone)]
    return [*lines, t("result.gone", n=gone)] if gone else lines


def _decided(request: Request, t: Texts, zone: tzinfo) -> Markdown:
    """Who decided, and who had asked unless it is they who confirmed."""
    decided = decision(request, t, zone)
    by_requester = request.decided_by is None or request.decided_by.user_id == request.requester.user_id
    if by_requester and request.ruling.answer == "confirm":
        return decided
    return t("result.asked_and_decided", name=short(request.requester.name, NAME_BYTES), decision=decided)


def _groups(receipt: Receipt, t: Texts) -> list[Group]:
    """Failures by what to say about them, the most common first; a cause without a sentence is a group per code."""
    samples: dict[tuple[str, str], list[ItemResult]] = {}
    for result in receipt.samples:
        if not result.outcome.is_gone:
            samples.setdefault(_group_key(result), []).append(result)
    groups = [
        _group(key[0], [share for share in receipt.not_gone if _group_key(share) == key], results, receipt, t)
        for key, results in samples.items()
    ]
    return sorted(groups, key=lambda group: -group.size)


def _group_key(result: ItemResult | Share) -> tuple[str, str]:
    key = cause_key(result)
    return key, result.cause if key == "cause.other" else ""


def _failures(receipt: Receipt, groups: Sequence[Group], per_cause: int, t: Texts) -> list[Markdown]:
    """A sentence per cause with its first entries, at most MAX_FAILURES of them in all, and how to see the rest."""
    lines: list[Markdown] = []
    listed = 0
    for group in groups:
        shown = group.lines[: min(per_cause, MAX_FAILURES - listed)]
        listed += len(shown)
        lines += [group.sentence, *shown]
    hidden = sum(share.targets for share in receipt.not_gone) - listed
    return [*lines, t("result.more", n=hidden, id=receipt.request.id)] if hidden else lines


def _next_step(receipt: Receipt, t: Texts, *, allow_permanent: bool) -> list[Markdown]:
    steps = []
    if allow_permanent and receipt.having(Outcome.NOT_RECYCLABLE):
        steps.append(t("result.offer_permanent"))
    if receipt.deleted_dentries and not receipt.request.to_recycle_bin:
        steps.append(t("result.permanent"))
    return steps


def _offer(request: Request, t: Texts, *, of_rest: bool) -> list[Markdown]:
    return [t("result.restorable_rest" if of_rest else "result.restorable", id=request.id)]


def _can_be_undone(receipt: Receipt) -> bool:
    return receipt.request.to_recycle_bin and bool(receipt.having(Outcome.DELETED, Outcome.UNKNOWN))


def _buttons(t: Texts, *, can_be_undone: bool) -> tuple[Button, ...]:
    details = Button(id="details", text=t("button.details"))
    return (Button(id="undo", text=t("button.undo")), details) if can_be_undone else (details,)
