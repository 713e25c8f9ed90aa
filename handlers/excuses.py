"""From what went wrong to the one sentence that helps. The only place where errors become words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from bot.deletion.problems import DecisionRefused, PolicyRefused, Problem, TargetProblem, UndoRefused
from bot.dingtalk.errors import (
    BadCredentials,
    Conflict,
    Denied,
    DingTalkError,
    Invalid,
    NotFound,
    QuotaUsedUp,
    Throttled,
    TokenRefused,
)
from bot.models import Request, RequestState
from cards import job, replies, votes
from cards.escape import Markdown
from cards.fit import paragraphs
from cards.policy import why_line
from cards.texts import Texts
from handlers.commands import spoken
from handlers.grammar import UsageKind, UsageProblem

Facts = dict[str, Any]
Sentence = Callable[[Texts, Facts], Markdown]

_USAGE: dict[UsageKind, Sentence] = {
    "empty": lambda t, _: replies.empty_command(t),
    "too_long": lambda t, f: replies.too_long(t, int(f["limit"])),
    "unknown_command": lambda t, f: replies.unknown_command(t, f["word"], f["nearest"]),
    "unclosed_quote": lambda t, _: replies.unclosed_quote(t),
    "unknown_option": lambda t, f: replies.unknown_option(t, f["option"], f["command"], f["nearest"]),
    "repeated_option": lambda t, f: replies.repeated_option(t, f["option"]),
    "missing_value": lambda t, f: replies.option_without_value(t, f["option"]),
    "needless_value": lambda t, f: replies.unexpected_value(t, f["option"]),
    "missing_argument": lambda t, f: (
        replies.missing_target(t)
        if f["command"] == "delete"
        else replies.missing_request(t, spoken(f["command"], t.language))
    ),
    "too_many_arguments": lambda t, f: replies.too_many_words(t, "", f["command"]),
    "bad_value": lambda t, f: replies.bad_value(t, f["parameter"], f["value"]),
    "bad_path": lambda t, f: replies.bad_path(t, f["path"]),
    "bad_id": lambda t, f: replies.bad_id(t, f["id"]),
    "bad_link": lambda t, _: replies.bad_link(t),
}
_TARGET: dict[str, Sentence] = {
    "not_found": lambda t, f: replies.not_found(t, f["target"], f["nearest"]),
    "ambiguous": lambda t, f: replies.ambiguous(t, f["target"], f["dentries"]),
    "through_file": lambda t, f: replies.not_a_folder(t, f["path"], f["file"]),
    "root": lambda t, _: replies.is_root(t),
    "nothing": lambda t, _: replies.nothing_to_delete(t),
    "over_cap": lambda t, f: replies.over_cap(t, f["count"], f["max"]),
    "two_spaces": lambda t, _: replies.several_spaces(t),
    "link_not_found": lambda t, _: replies.link_not_found(t),
    "space_unknown": lambda t, f: replies.space_not_found(t, f["space"]),
    "no_space": lambda t, _: replies.no_space(t),
}


_POLICY: dict[str, Callable[[PolicyRefused, Texts], Markdown]] = {
    "refused": lambda refusal, t: replies.refused_by_rule(t, refusal.ruling, why_line(refusal.ruling, t)),
    "no_rule": lambda _, t: replies.no_rule(t),
    "nobody": lambda _, t: replies.nobody_can_approve(t),
    "too_few": lambda refusal, t: replies.too_few_approvers(t, refusal.ruling.needed, refusal.facts["have"]),
}
_PLAIN: dict[str, Callable[[Texts], Markdown]] = {
    "outsider": replies.other_organisation,
    "permanent_refused": replies.permanent_not_allowed,
    "left": replies.unknown_sender,
    "unchecked": replies.unchecked,
}
_ABOUT: dict[str, Callable[[Texts, Request], Markdown]] = {
    "not_yours": replies.not_yours,
    "own_request": votes.own_request,
    "changed": votes.list_changed,
    "reason_given": votes.reason_given,
    "not_resting": lambda t, request: job.not_resting(request, t),
}


def usage(problem: UsageProblem, t: Texts) -> Markdown:
    """What was wrong with the text, and what to type instead."""
    return _USAGE[problem.kind](t, {"command": problem.command, **problem.facts})


def problem(problem: Problem, t: Texts, zone: tzinfo) -> Markdown:
    """What stands in the way of what was asked."""
    match problem:
        case TargetProblem():
            return target(problem, t)
        case PolicyRefused():
            return policy(problem, t)
        case DecisionRefused():
            return decision(problem, t, zone)
        case UndoRefused():
            return undo(problem, t)
    raise problem


def target(problem: TargetProblem, t: Texts) -> Markdown:
    """Why what was named cannot be shown or deleted."""
    return _TARGET[problem.kind](t, problem.facts)


def deleting(problem: TargetProblem, t: Texts, *, targets: int) -> Markdown:
    """The same for a deletion; words that may have been meant as one name get a hint."""
    said = target(problem, t)
    if problem.kind == "not_found" and targets > 1:
        return paragraphs((said, replies.quote_spaces(t)))
    return said


def looking(problem: TargetProblem, t: Texts) -> Markdown:
    """The same for a look: whoever looks is not told about deletions."""
    match problem.kind:
        case "not_found":
            return replies.looked_not_found(t, problem.facts["target"], problem.facts["nearest"])
        case "through_file":
            return replies.looked_at_file(t, problem.facts["file"])
        case _:
            return target(problem, t)


def policy(refusal: PolicyRefused, t: Texts) -> Markdown:
    """Why the policy does not let this be deleted."""
    return _POLICY[refusal.kind](refusal, t)


def decision(refusal: DecisionRefused, t: Texts, zone: tzinfo) -> Markdown:
    """Why a decision does not count; the one who came too late is told who was faster."""
    request = refusal.request
    if request is None:
        return replies.request_unknown(t, refusal.facts["request_id"])
    if plain := _PLAIN.get(refusal.kind):
        return plain(t)
    if about := _ABOUT.get(refusal.kind):
        return about(t, request)
    match refusal.kind:
        case "not_approver":
            return _not_approver(refusal, request, t)
        case "voted":
            return votes.already_voted(t, request, refusal.facts["vote"], zone)
        case "wrong_nonce":
            return _wrong_nonce(request, t)
    return _too_late(refusal, request, t, zone)


def _too_late(refusal: DecisionRefused, request: Request, t: Texts, zone: tzinfo) -> Markdown:
    """What was faster."""
    if request.state is RequestState.EXPIRED and request.stop_asked:
        return replies.set_back(t, request.id)
    ended = {RequestState.CANCELLED, RequestState.REJECTED, RequestState.EXPIRED}
    if refusal.kind == "expired" and request.decided_by is None:
        return replies.expired(t, request.id, request.expires_at, zone, is_restore=request.is_restore)
    if request.state not in ended and refusal.facts.get("decision") == "cancel":
        if request.stop_asked and request.state is RequestState.RUNNING:
            return job.stopping(request, t)
        return replies.too_late(t, request)
    return replies.already_decided(t, request, zone)


def _not_approver(refusal: DecisionRefused, request: Request, t: Texts) -> Markdown:
    if request.ruling.answer != "approve":
        return replies.not_yours(t, request)
    was_asked = refusal.facts["user_id"] in {person.user_id for person in request.asked}
    others = [person for person in request.asked if person.user_id != refusal.facts["user_id"]]
    return votes.not_asked(t, request, others, any_more=was_asked)


def _wrong_nonce(request: Request, t: Texts) -> Markdown:
    if request.ruling.answer == "approve":
        return votes.code_needed(t, request.id)
    return replies.wrong_nonce(t)


def undo(refusal: UndoRefused, t: Texts) -> Markdown:
    """Why a deletion is not taken back."""
    request, facts = refusal.request, refusal.facts
    if request is None:
        return replies.request_unknown(t, facts["request_id"])
    match refusal.kind:
        case "outsider":
            return replies.other_organisation(t)
        case "not_yours":
            return replies.undo_not_yours(t, request, facts["people"])
        case "all_back":
            purged = facts["undone"].purged
            return replies.undo_all_back(t, request.id, purged, of_part=facts.get("of_part", False))
        case "in_hand":
            return replies.undo_in_hand(t, request.id, facts["restore"])
        case "not_found" | "inside" | "too_many":
            return _undo_paths(refusal, request, t)
        case kind:
            return replies.undo_needless(t, request.id, kind)


def _undo_paths(refusal: UndoRefused, request: Request, t: Texts) -> Markdown:
    facts = refusal.facts
    if refusal.kind == "too_many":
        return replies.undo_too_many(t, request.id, facts["most"])
    if refusal.kind == "inside":
        return replies.undo_inside(t, request.id, facts["path"], facts["folder"])
    said = replies.undo_not_found(t, request.id, facts["path"], facts["nearest"])
    return paragraphs((said, replies.quote_spaces(t))) if facts["of"] > 1 else said


def dingtalk(exc: DingTalkError, t: Texts, *, place: str = "") -> Markdown:
    """What DingTalk's refusal means for the person who asked."""
    if isinstance(exc, QuotaUsedUp):
        return replies.quota_used_up(t)
    if isinstance(exc, Throttled):
        return replies.throttled(t)
    if isinstance(exc, BadCredentials | TokenRefused):
        return replies.cannot_sign_in(t, exc.code)
    if isinstance(exc, Denied) and (exc.missing_scopes or exc.code.lower().startswith("forbidden")):
        return replies.missing_scope(t, ", ".join(exc.missing_scopes) or exc.code)
    if isinstance(exc, Denied):
        return replies.no_access(t, place)
    if isinstance(exc, NotFound | Invalid | Conflict):  # what people can mend has its own sentence elsewhere
        return replies.internal_error(t, exc.request_id or exc.code)
    return replies.unreachable(t)
