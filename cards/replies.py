"""Short answers: what was not understood, not found or not allowed, why, and the way out, in a sentence or two.

Each is a function of the texts and of the facts it names, so that a forgotten fact is a type error.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Literal

from bot.models import Dentry, Entry, Operator, Request, RequestState, Ruling
from cards.decision import begun_too_late, decision, state_line
from cards.entries import entry_line
from cards.escape import Markdown
from cards.fit import NAME_BYTES, paragraphs, short
from cards.people import names
from cards.texts import Texts

MAX_SAME_NAMES = 10
MAX_NAMES = 4
SENTENCE_BYTES = 600

Parameter = Literal["request", "page", "space", "nonce"]

_NEEDLESS = {
    "is_restore": "undo.is_restore",
    "open": "undo.open",
    "kept": "undo.kept",
    "nothing": "undo.kept",
    "running": "undo.running",
    "permanent": "undo.permanent",
}
"""Why there is nothing to take back."""

# --- the command itself


def empty_command(t: Texts) -> Markdown:
    return t("reply.empty_command")


def unknown_command(t: Texts, typed: str, nearest: str | None = None) -> Markdown:
    if nearest:
        return t("reply.unknown_command_nearest", typed=typed, nearest=nearest)
    return t("reply.unknown_command", typed=typed)


def unclosed_quote(t: Texts) -> Markdown:
    return t("reply.unclosed_quote")


def unknown_option(t: Texts, option: str, command: str, nearest: str | None = None) -> Markdown:
    if nearest:
        return t(
            "reply.unknown_option_nearest",
            option=Markdown(_option(option)),
            nearest=Markdown(_option(nearest)),
        )
    return t("reply.unknown_option", option=Markdown(_option(option)), command=command)


def option_without_value(t: Texts, option: str) -> Markdown:
    return t("reply.option_without_value", option=Markdown(_option(option)))


def unexpected_value(t: Texts, option: str) -> Markdown:
    """An option that takes no value got one: --permanent=yes."""
    return t("reply.unexpected_value", option=Markdown(_option(option)))


def repeated_option(t: Texts, option: str) -> Markdown:
    return t("reply.repeated_option", option=Markdown(_option(option)))


def bad_value(t: Texts, parameter: Parameter, value: str) -> Markdown:
    """A word that cannot be what its place asks for."""
    if parameter == "nonce":
        return wrong_nonce(t)
    keys = {"request": "reply.bad_request", "page": "reply.bad_page", "space": "reply.bad_space"}
    return t(keys[parameter], value=value)


def too_many_words(t: Texts, extra: str, command: str) -> Markdown:
    if not extra:
        return t("reply.too_many_words_unnamed", command=command)
    return t("reply.too_many_words", extra=extra, command=command)


def too_long(t: Texts, limit: int) -> Markdown:
    """A command of more than `limit` characters."""
    return t("reply.too_long", n=limit)


def missing_target(t: Texts) -> Markdown:
    return t("reply.missing_target")


def missing_request(t: Texts, command: str) -> Markdown:
    """A command that needs a request's number came without one."""
    return t("reply.missing_request", command=command)


def unsupported_message(t: Texts) -> Markdown:
    """A picture, a file, a video: nothing that can be read as a command."""
    return t("reply.unsupported_message")


def voice_not_understood(t: Texts) -> Markdown:
    return t("reply.voice_not_understood")


# --- what was meant


def not_found(t: Texts, path: str, nearest: str | None = None) -> Markdown:
    if nearest:
        return t("reply.not_found_nearest", path=path, nearest=nearest)
    return t("reply.not_found", path=path)


def looked_not_found(t: Texts, path: str, nearest: str | None = None) -> Markdown:
    """The same where nobody wanted to delete anything."""
    if nearest:
        return t("reply.looked_nearest", path=path, nearest=nearest)
    return t("reply.looked_not_found", path=path)


def looked_at_file(t: Texts, file: str) -> Markdown:
    return t("reply.looked_at_file", file=file)


def quote_spaces(t: Texts) -> Markdown:
    """Several words were taken for several targets."""
    return t("reply.quote_spaces")


def ambiguous(t: Texts, name: str, found: Sequence[Dentry | str]) -> Markdown:
    """Several entries with one name, or their ids where no more is known; shows how to name each by its id."""
    rows = [_same_name(t, one) for one in found[:MAX_SAME_NAMES]]
    title = t("reply.ambiguous", n=len(found), name=name)
    return paragraphs((title, *rows, t("reply.ambiguous_way_out", id=_id(found[0]))))


def not_a_folder(t: Texts, path: str, file: str) -> Markdown:
    """`path` leads on through `file`, which holds nothing."""
    return t("reply.not_a_folder", path=path, file=file)


def nothing_to_delete(t: Texts) -> Markdown:
    return t("reply.nothing_to_delete")


def over_cap(t: Texts, count: int, limit: int) -> Markdown:
    return t("reply.over_cap", n=count, limit=limit)


def is_root(t: Texts) -> Markdown:
    return t("reply.is_root")


def bad_id(t: Texts, typed: str) -> Markdown:
    return t("reply.bad_id", typed=typed)


def bad_path(t: Texts, path: str) -> Markdown:
    return t("reply.bad_path", path=path)


def bad_link(t: Texts) -> Markdown:
    """A link of another kind than those to a file."""
    return t("reply.bad_link")


def link_not_found(t: Texts) -> Markdown:
    return t("reply.link_not_found")


def several_spaces(t: Texts) -> Markdown:
    """The targets of one command lie in different spaces."""
    return t("reply.several_spaces")


def no_space(t: Texts) -> Markdown:
    """The conversation has no file space and settings name none."""
    return t("reply.no_space")


def space_not_found(t: Texts, space_id: str) -> Markdown:
    return t("reply.space_not_found", space=space_id)


def no_access(t: Texts, place: str) -> Markdown:
    """DingTalk does not let the person see this space or path."""
    return t("reply.no_access", place=place)


def no_such_page(t: Texts, page: int, pages: int) -> Markdown:
    return t("reply.no_such_page", n=pages, page=page)


# --- who may


def unknown_sender(t: Texts) -> Markdown:
    """No userId came with the message: a guest, or the app is not published."""
    return t("reply.unknown_sender")


def other_organisation(t: Texts) -> Markdown:
    return t("reply.other_organisation")


def conversation_not_allowed(t: Texts) -> Markdown:
    return t("reply.conversation_not_allowed")


def permanent_not_allowed(t: Texts) -> Markdown:
    return t("reply.permanent_not_allowed")


def no_recycle_bin(t: Texts, space: str, *, allow_permanent: bool) -> Markdown:
    """Nothing was deleted because it could not be recycled; deleting for ever is offered only where allowed."""
    if allow_permanent:
        return t("reply.no_recycle_bin_offer", space=space)
    return t("reply.no_recycle_bin", space=space)


def refused_by_rule(t: Texts, ruling: Ruling, why: str = "") -> Markdown:
    """What the one who wrote the rule wants said; else which rule it is, `why` it applies, and the way out."""
    if ruling.sentence.of(t.language).strip():
        return t("reply.refused_saying", sentence=short(ruling.sentence.of(t.language), SENTENCE_BYTES))
    if why.strip():
        shown = why if isinstance(why, Markdown) else short(why, SENTENCE_BYTES)
        return t("reply.refused_because", rule=short(ruling.rule, NAME_BYTES), why=shown)
    return t("reply.refused_by_rule", rule=short(ruling.rule, NAME_BYTES))


def no_rule(t: Texts) -> Markdown:
    """No rule matches, and nothing is allowed that no rule allows."""
    return t("reply.no_rule")


def nobody_can_approve(t: Texts) -> Markdown:
    """Approval is needed, and there is nobody to give it."""
    return t("reply.nobody_can_approve")


def too_few_approvers(t: Texts, needed: int, found: int) -> Markdown:
    return t("reply.too_few_approvers", n=needed, found=found)


def not_yours(t: Texts, request: Request) -> Markdown:
    key = "undo.not_yours" if request.is_restore else "reply.not_yours"
    return t(key, name=short(request.requester.name, NAME_BYTES))


def not_yours_to_see(t: Texts, request_id: str) -> Markdown:
    """A request of another conversation or person."""
    return t("reply.not_yours_to_see", id=request_id)


# --- requests and their cards


def request_unknown(t: Texts, request_id: str) -> Markdown:
    return t("reply.request_unknown", id=request_id)


def unchecked(t: Texts) -> Markdown:
    """The contacts did not say in time whether this person may decide."""
    return t("reply.unchecked")


def card_unknown(t: Texts) -> Markdown:
    return t("reply.card_unknown")


def unknown_button(t: Texts) -> Markdown:
    return t("reply.unknown_button")


def wrong_nonce(t: Texts) -> Markdown:
    return t("reply.wrong_nonce")


def already_decided(t: Texts, request: Request, zone: tzinfo) -> Markdown:
    """Who decided what, when; or that it expired."""
    if begun_too_late(request) or (request.rejection and request.rejection.reason.strip()):
        return t("reply.already_decided", id=request.id, decision=state_line(request, t, zone))
    if request.state is RequestState.EXPIRED:
        return expired(t, request.id, request.expires_at, zone, is_restore=request.is_restore)
    return t("reply.already_decided", id=request.id, decision=decision(request, t, zone))


def set_back(t: Texts, request_id: str) -> Markdown:
    """The robot has an older state of things than it once had, restored from a backup."""
    return t("reply.set_back", id=request_id)


def expired(t: Texts, request_id: str, at: datetime, zone: tzinfo, *, is_restore: bool = False) -> Markdown:
    return t("undo.expired" if is_restore else "reply.expired", id=request_id, time=t.clock(at, zone))


def too_late(t: Texts, request: Request) -> Markdown:
    """A cancellation after the deletion began."""
    running = request.state in {RequestState.APPROVED, RequestState.RUNNING}
    if running and request.is_restore:
        return t("undo.running_cancel", id=request.id)
    return t("reply.too_late_running" if running else "reply.too_late_done", id=request.id)


def confirmed(t: Texts, request: Request) -> Markdown:
    key = "reply.confirmed" if request.to_recycle_bin else "reply.confirmed_permanent"
    key = "undo.confirmed" if request.is_restore else key
    said = t(key, n=request.totals.dentries, id=request.id)
    return paragraphs((said, t("job.how_to_stop", id=request.id))) if request.is_long else said


def cancelled(t: Texts, request: Request) -> Markdown:
    return t("undo.cancelled" if request.is_restore else "reply.cancelled", id=request.id)


def undo_asked(t: Texts, request_id: str) -> Markdown:
    """The question whether to take it back comes as a card."""
    return t("undo.asked", id=request_id)


def undo_not_yours(t: Texts, request: Request, people: Sequence[Operator]) -> Markdown:
    return t("undo.who", id=request.id, people=names(people, t, MAX_NAMES))


def undo_needless(t: Texts, request_id: str, kind: str) -> Markdown:
    """Nothing of it can be taken back: `is_restore`, `open`, `kept`, `nothing`, `running` or `permanent`."""
    return t(_NEEDLESS[kind], id=request_id)


def undo_all_back(t: Texts, request_id: str, purged: int, *, of_part: bool) -> Markdown:
    """Everything is back, or what was asked for; `purged` entries are gone from the bin."""
    if of_part:
        return t("undo.part_back", id=request_id)
    return t("undo.all_back_but", n=purged, id=request_id) if purged else t("undo.all_back", id=request_id)


def undo_in_hand(t: Texts, request_id: str, restore: Request) -> Markdown:
    """Somebody has asked to take it back, or is doing so."""
    key = "undo.in_hand_asked" if restore.state.is_open else "undo.in_hand"
    return t(key, id=request_id, name=short(restore.requester.name, NAME_BYTES), restore=restore.id)


def undo_not_found(t: Texts, request_id: str, path: str, nearest: str | None = None) -> Markdown:
    if nearest:
        return t("undo.not_found_nearest", id=request_id, path=path, nearest=nearest)
    return t("undo.not_found", id=request_id, path=path)


def undo_too_many(t: Texts, request_id: str, most: int) -> Markdown:
    return t("undo.too_many", id=request_id, most=t.number(most))


def undo_inside(t: Texts, request_id: str, path: str, folder: str) -> Markdown:
    """What went with its folder has no place of its own in the recycle bin."""
    return t("undo.inside", id=request_id, path=path, folder=folder, command=folder)


def details_sent(t: Texts, request_id: str) -> Markdown:
    return t("reply.details_sent", id=request_id)


def details_not_sent(t: Texts, request_id: str) -> Markdown:
    """The one-to-one message could not be delivered; the command can still be typed."""
    return t("reply.details_not_sent", id=request_id)


def file_too_large(t: Texts, request_id: str) -> Markdown:
    """The list as a file is more than DingTalk takes."""
    return t("reply.file_too_large", id=request_id)


def more_pages(t: Texts, request_id: str, next_page: int, pages: int) -> Markdown:
    """Not all pages were sent; how to read on from `next_page`."""
    return t("reply.more_pages", n=pages - next_page + 1, id=request_id, page=next_page)


# --- DingTalk, and us


def still_looking(t: Texts) -> Markdown:
    """It takes long to look through what somebody named; nothing is decided or deleted meanwhile."""
    return t("reply.still_looking")


def slow(t: Texts, unknown: int, total: int) -> Markdown:
    """The job goes on; some outcomes are still being looked up."""
    return t("reply.slow", n=unknown, total=total)


def throttled(t: Texts) -> Markdown:
    return t("reply.throttled")


def quota_used_up(t: Texts) -> Markdown:
    return t("reply.quota_used_up")


def cannot_sign_in(t: Texts, code: str) -> Markdown:
    """DingTalk gives no access token: a wrong secret, or no suite ticket yet."""
    return t("reply.cannot_sign_in", code=code)


def missing_scope(t: Texts, scope: str) -> Markdown:
    return t("reply.missing_scope", scope=scope)


def unreachable(t: Texts) -> Markdown:
    return t("reply.unreachable")


def internal_error(t: Texts, reference: str) -> Markdown:
    """`reference`: the request's number, or another word that the operator of the robot finds in the log."""
    return t("reply.internal_error", id=reference)


def not_stored(t: Texts) -> Markdown:
    """To a message that waits, because nothing can be written down that is about to be done."""
    return t("reply.not_stored")


def database_away(t: Texts) -> Markdown:
    """Of a click that may or may not have counted."""
    return t("reply.database_away")


def pong(t: Texts) -> Markdown:
    return t("reply.pong")


def _option(option: str) -> str:
    """Options begin with dashes, which would be twinned at the start of a text; the sentence puts words before."""
    name = option.lstrip("-")
    typed = option[: len(option) - len(name)] or "--"  # -rf is shown as -rf
    return typed[:2] + short(name, NAME_BYTES)


def _same_name(t: Texts, found: Dentry | str) -> Markdown:
    if isinstance(found, str):
        return t("reply.ambiguous_id", id=found)
    line = entry_line(Entry(dentry=found, target_id=found.parent_id), t)
    return t("reply.ambiguous_row", line=line, id=found.dentry_id)


def _id(found: Dentry | str) -> str:
    return found if isinstance(found, str) else found.dentry_id
