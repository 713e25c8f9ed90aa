"""Short answers: a sentence each in both languages, whatever is put into them."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models import Language, Request, RequestState, Ruling
from cards import replies
from cards.texts import Texts, texts
from tests.unit.cards_given import (
    ASKED_AT,
    ENTRIES,
    LANGUAGES,
    LI,
    SHANGHAI,
    WANG,
    file,
    hostile,
    kinds,
    no,
    request,
    voted,
    yes,
)

PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"}
ZH, EN = texts("zh"), texts("en")
Reply = Callable[[Texts, str], str]

REPLIES: dict[str, Reply] = {
    "empty_command": lambda t, _: replies.empty_command(t),
    "unknown_command": lambda t, x: replies.unknown_command(t, x, x),
    "unclosed_quote": lambda t, _: replies.unclosed_quote(t),
    "unknown_option": lambda t, x: replies.unknown_option(t, x, "delete", x),
    "repeated_option": replies.repeated_option,
    "bad_value": lambda t, x: replies.bad_value(t, "request", x),
    "too_long": lambda t, _: replies.too_long(t, 4000),
    "bad_path": replies.bad_path,
    "bad_link": lambda t, _: replies.bad_link(t),
    "still_looking": lambda t, _: replies.still_looking(t),
    "file_too_large": replies.file_too_large,
    "more_pages": lambda t, x: replies.more_pages(t, x, 11, 43),
    "option_without_value": replies.option_without_value,
    "unexpected_value": replies.unexpected_value,
    "too_many_words": lambda t, x: replies.too_many_words(t, x, "status"),
    "missing_target": lambda t, _: replies.missing_target(t),
    "missing_request": lambda t, _: replies.missing_request(t, "cancel"),
    "unsupported_message": lambda t, _: replies.unsupported_message(t),
    "voice_not_understood": lambda t, _: replies.voice_not_understood(t),
    "not_found": lambda t, x: replies.not_found(t, x, x),
    "ambiguous": lambda t, x: replies.ambiguous(t, x, [file(f"/{x}").dentry, "222"]),
    "not_a_folder": lambda t, x: replies.not_a_folder(t, x, x),
    "nothing_to_delete": lambda t, _: replies.nothing_to_delete(t),
    "over_cap": lambda t, _: replies.over_cap(t, 2318, 1000),
    "is_root": lambda t, _: replies.is_root(t),
    "bad_id": replies.bad_id,
    "link_not_found": lambda t, _: replies.link_not_found(t),
    "several_spaces": lambda t, _: replies.several_spaces(t),
    "no_space": lambda t, _: replies.no_space(t),
    "space_not_found": replies.space_not_found,
    "no_access": replies.no_access,
    "no_such_page": lambda t, _: replies.no_such_page(t, 9, 2),
    "unknown_sender": lambda t, _: replies.unknown_sender(t),
    "other_organisation": lambda t, _: replies.other_organisation(t),
    "conversation_not_allowed": lambda t, _: replies.conversation_not_allowed(t),
    "permanent_not_allowed": lambda t, _: replies.permanent_not_allowed(t),
    "unchecked": lambda t, _: replies.unchecked(t),
    "no_recycle_bin": lambda t, x: replies.no_recycle_bin(t, x, allow_permanent=True),
    "not_yours": lambda t, x: replies.not_yours(t, request(requester=WANG.model_copy(update={"name": x}))),
    "not_yours_to_see": replies.not_yours_to_see,
    "request_unknown": replies.request_unknown,
    "card_unknown": lambda t, _: replies.card_unknown(t),
    "unknown_button": lambda t, _: replies.unknown_button(t),
    "looked_not_found": lambda t, _: replies.looked_not_found(t, "/a"),
    "looked_at_file": lambda t, _: replies.looked_at_file(t, "/a"),
    "quote_spaces": lambda t, _: replies.quote_spaces(t),
    "wrong_nonce": lambda t, _: replies.wrong_nonce(t),
    "already_decided": lambda t, x: replies.already_decided(
        t, request(state=RequestState.REJECTED, decided_by=LI.model_copy(update={"name": x})), SHANGHAI
    ),
    "set_back": replies.set_back,
    "expired": lambda t, _: replies.expired(t, "K7M2", ASKED_AT, SHANGHAI),
    "too_late": lambda t, _: replies.too_late(t, request(state=RequestState.RUNNING)),
    "confirmed": lambda t, _: replies.confirmed(t, request()),
    "cancelled": lambda t, _: replies.cancelled(t, request()),
    "undo_asked": replies.undo_asked,
    "undo_not_yours": lambda t, x: replies.undo_not_yours(
        t, request(), [WANG.model_copy(update={"name": x, "user_id": x})] * 7
    ),
    "undo_needless": lambda t, x: replies.undo_needless(t, x, "is_restore"),
    "undo_all_back": lambda t, x: replies.undo_all_back(t, x, 2, of_part=False),
    "undo_in_hand": lambda t, x: replies.undo_in_hand(
        t,
        x,
        request(
            requester=WANG.model_copy(update={"name": x}),
            state=RequestState.RUNNING if len(x) % 2 else RequestState.AWAITING_CONFIRMATION,
        ),
    ),
    "undo_not_found": lambda t, x: replies.undo_not_found(t, x, x, x),
    "undo_too_many": lambda t, x: replies.undo_too_many(t, x, 100),
    "undo_inside": lambda t, x: replies.undo_inside(t, x, x, x),
    "refused_by_rule": lambda t, x: replies.refused_by_rule(t, Ruling(rule=x), why=x),
    "no_rule": lambda t, _: replies.no_rule(t),
    "nobody_can_approve": lambda t, _: replies.nobody_can_approve(t),
    "too_few_approvers": lambda t, _: replies.too_few_approvers(t, 3, 1),
    "details_sent": replies.details_sent,
    "details_not_sent": replies.details_not_sent,
    "slow": lambda t, _: replies.slow(t, 3, 47),
    "throttled": lambda t, _: replies.throttled(t),
    "quota_used_up": lambda t, _: replies.quota_used_up(t),
    "cannot_sign_in": replies.cannot_sign_in,
    "missing_scope": replies.missing_scope,
    "unreachable": lambda t, _: replies.unreachable(t),
    "internal_error": replies.internal_error,
    "not_stored": lambda t, _: replies.not_stored(t),
    "database_away": lambda t, _: replies.database_away(t),
    "pong": lambda t, _: replies.pong(t),
}


def test_every_reply_is_tested() -> None:
    public = {
        name
        for name, value in vars(replies).items()
        if inspect.isfunction(value) and value.__module__ == replies.__name__ and not name.startswith("_")
    }
    assert public == set(REPLIES)


@given(st.sampled_from(sorted(REPLIES)), st.sampled_from(LANGUAGES), hostile)
def test_a_reply_says_what_it_says_and_nothing_that_a_stranger_put_in(
    name: str, language: Language, text: str
) -> None:
    reply = REPLIES[name](texts(language), text)

    assert kinds(reply) <= PLAIN
    assert "://" not in reply
    assert "@" not in reply
    assert len(reply.encode()) < 2000


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            replies.not_found(ZH, "/2023/drafs", "/2023/drafts"),
            "找不到 /2023/drafs，最接近的是 /2023/drafts。什么都没有删。",
        ),
        (
            replies.over_cap(ZH, 2318, 1000),
            "一次最多 1,000 项，这次至少有 2,318 项，所以什么都没有删。"
            "可以分几次来，或请机器人的管理员调高上限。",
        ),
        (replies.not_yours(ZH, request()), "只有王小明可以确认或取消这次删除。"),
        (
            replies.unknown_command(ZH, "delet", "delete"),
            "没听懂“delet”。你是想说 delete 吗？发送 帮助 看全部命令。",
        ),
        (replies.unknown_command(EN, "delet"), "I don't know “delet”. Send help for all commands."),
        (
            replies.unknown_option(EN, "--frce", "delete"),
            "There is no option --frce, so nothing was done. Send help delete for those there are.",
        ),
        (
            replies.slow(EN, 3, 47),
            "DingTalk is answering slowly. 3 of 47 items are not confirmed yet; "
            "I keep checking and will post the result here.",
        ),
        (
            replies.not_found(EN, "/a"),
            "There is no /a, so nothing was deleted. Send ls to see what there is.",
        ),
        (
            replies.expired(EN, "K7M2", ASKED_AT, SHANGHAI),
            "K7M2 expired at 14:02; nothing was deleted. To delete still, send the command again.",
        ),
    ],
)
def test_replies_name_the_reason_and_the_way_out(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_in_the_wrong_place_is_named(language: Language) -> None:
    t = texts(language)

    assert "七" in replies.bad_value(t, "page", "七")
    assert "a b" in replies.bad_value(t, "space", "a b")
    assert replies.bad_value(t, "nonce", "?") == replies.wrong_nonce(t)
    assert "K7M2 11" in replies.more_pages(t, "K7M2", 11, 43)
    assert "33" in replies.more_pages(t, "K7M2", 11, 43)
    assert "--permanent" in replies.unknown_option(t, "--permanet", "delete", "permanent")
    assert "□" not in replies.too_many_words(t, "", "status")


def test_who_was_faster_is_named() -> None:
    cancelled = request(state=RequestState.CANCELLED, decided_by=WANG)

    assert replies.already_decided(ZH, cancelled, SHANGHAI) == "K7M2 已经处理过了：**王小明** 14:05 取消。"
    assert "过期" in replies.already_decided(ZH, request(state=RequestState.EXPIRED), SHANGHAI)
    assert "已经结束" in replies.too_late(ZH, request(state=RequestState.DONE))
    assert "永久" in replies.confirmed(ZH, request(permanent=True))
    assert "--permanent" not in replies.no_recycle_bin(ZH, "x", allow_permanent=False)


def test_a_refusal_says_the_rule_s_own_words_or_which_rule_it_is() -> None:
    own = Ruling(rule="contracts", answer="refuse", sentence="合同要保留 10 年。")
    bare = Ruling(rule="contracts", answer="refuse")

    assert replies.refused_by_rule(ZH, own, why="/合同").split("\n\n") == [
        "合同要保留 10 年。",
        "什么都没有删。",
    ]
    assert "“contracts”" in replies.refused_by_rule(EN, bare)
    assert "“contracts” does not allow this (over 500 items)" in replies.refused_by_rule(
        EN, bare, why="over 500 items"
    )
    assert "3 approvals and only 1" in replies.too_few_approvers(EN, 3, 1)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            voted(yes(LI), yes(WANG, 4), needed=2, state=RequestState.RUNNING, decided_by=WANG),
            "**李经理**（14:05）、**王小明**（14:06）批准。",
        ),
        (
            voted(no(LI, 3, "还在用"), state=RequestState.REJECTED, decided_by=LI),
            "**李经理** 14:05 驳回，什么都没有删。驳回理由：还在用。",
        ),
        (
            voted(yes(LI), state=RequestState.EXPIRED, decided_by=LI),
            "**李经理** 14:05 批准，但到 15:05 还没能开始，已过期，什么都没有删。",
        ),
    ],
)
def test_whoever_comes_too_late_hears_who_decided_what(given: Request, said: str) -> None:
    assert replies.already_decided(ZH, given, SHANGHAI) == f"K7M2 已经处理过了：{said}"


def test_entries_of_the_same_name_are_told_apart_by_id() -> None:
    same = [file("/a.pdf", 1000, "111").dentry, file("/a.pdf", 2000, "222").dentry]

    assert replies.ambiguous(EN, "a.pdf", same).split("\n\n") == [
        "2 entries are called a.pdf, so nothing was deleted:",
        "📄 /a.pdf · 1.0 KB · ID: 111",
        "📄 /a.pdf · 2.0 KB · ID: 222",
        "Say which one by its ID, for example: delete 111",
    ]
    assert len(replies.ambiguous(EN, "a", [entry.dentry for entry in ENTRIES] * 9).split("\n\n")) == 12
