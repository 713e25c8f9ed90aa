"""What is said to those who decide and to the requester about it: true, short, and safe."""

from __future__ import annotations

import inspect
from datetime import timedelta

import pytest
from hypothesis import given, settings

from bot.models import Operator, Request, RequestState
from cards import votes
from cards.texts import Texts, texts
from tests.unit.cards_given import (
    ASKED_AT,
    LANGUAGES,
    LI,
    QIAN,
    SHANGHAI,
    SPACE,
    WANG,
    ZHAO,
    hostile,
    kinds,
    no,
    voted,
    yes,
)

ZH, EN = texts("zh"), texts("en")
S = RequestState
PLAIN = {"paragraph_open", "paragraph_close", "inline", "text", "strong_open", "strong_close"}
LATER = ASKED_AT + timedelta(hours=4)


def named(name: str) -> Operator:
    return LI.model_copy(update={"name": name})


def sayings(t: Texts, x: str) -> dict[str, str]:
    """Everything that can be said, with `x` wherever a stranger's text can stand."""
    waiting = voted(
        yes(named(x)),
        needed=2,
        asked=(named(x), ZHAO),
        requester=named(x),
        space=SPACE.model_copy(update={"name": x}),
        reason=x,
    )
    rejected = waiting.model_copy(update={"state": S.REJECTED, "votes": (no(named(x), 3, x),)})
    return {
        "not_asked": votes.not_asked(t, waiting, [named(x)], any_more=True),
        "own_request": votes.own_request(t, waiting),
        "code_needed": votes.code_needed(t, "K7M2"),
        "list_changed": votes.list_changed(t, waiting),
        "already_voted": votes.already_voted(t, waiting, yes(LI), SHANGHAI),
        "approval_counts": votes.approval_counts(t, waiting),
        "approved": votes.approved(t, waiting),
        "rejected": votes.rejected(t, rejected),
        "reason_added": votes.reason_added(t, rejected),
        "reason_given": votes.reason_given(t, rejected),
        "reason_too_late": votes.reason_too_late(t, rejected, SHANGHAI),
        "reminder": votes.reminder(t, waiting, SHANGHAI, LATER),
        "escalation": votes.escalation(t, waiting, SHANGHAI, [named(x)]),
        "told": votes.told(t, rejected, SHANGHAI),
        "told_reason": votes.told_reason(t, rejected, SHANGHAI),
    }


def test_everything_that_can_be_said_is_tested() -> None:
    public = {
        name
        for name, value in vars(votes).items()
        if inspect.isfunction(value) and value.__module__ == votes.__name__ and not name.startswith("_")
    }
    assert public == set(sayings(ZH, "x"))


@settings(deadline=None)
@given(hostile)
def test_nothing_that_a_stranger_put_in_acts(text: str) -> None:
    for language in LANGUAGES:
        for name, said in sayings(texts(language), text).items():
            assert kinds(said) <= PLAIN, name
            assert "://" not in said
            assert "@" not in said
            assert len(said.encode()) < 2000


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            votes.not_asked(ZH, voted(), [LI, ZHAO]),
            "你不在 K7M2 的审批人里，什么都没有变。可以审批的是李经理、赵同事。",
        ),
        (
            votes.not_asked(EN, voted(), [LI], any_more=True),
            "You are no longer one of those who decide about K7M2, so nothing has changed. 李经理 can.",
        ),
        (votes.not_asked(ZH, voted(), []), "你不在 K7M2 的审批人里，什么都没有变。"),
        (
            votes.own_request(ZH, voted()),
            "K7M2 是你自己的请求，要由别人批准：已请李经理审批。你可以取消它。",
        ),
        (
            votes.own_request(EN, voted(asked=())),
            "K7M2 is your own request: somebody else has to approve it. You can cancel it.",
        ),
        (
            votes.code_needed(ZH, "K7M2"),
            "用文字批准要带上卡片里的验证码：批准 K7M2 验证码。什么都没有变。",
        ),
        (
            votes.list_changed(ZH, voted()),
            "K7M2 的清单和这张卡片上的已经不一样，什么都没有变。请让王小明重新发一次命令。",
        ),
        (
            votes.already_voted(ZH, voted(), yes(LI), SHANGHAI),
            "你在 14:05 已经批准过 K7M2，每人只算一次。",
        ),
        (votes.already_voted(EN, voted(), no(LI), SHANGHAI), "You rejected K7M2 at 14:05 already."),
        (
            votes.approval_counts(ZH, voted(yes(LI), needed=2)),
            "已记下你对 K7M2 的批准，还需要 1 人批准。",
        ),
        (
            votes.approval_counts(EN, voted(yes(LI), needed=2)),
            "Your approval of K7M2 counts; 1 more is needed.",
        ),
        (votes.approved(ZH, voted()), "已批准，将把 8 项移到回收站 · K7M2"),
        (votes.approved(EN, voted(permanent=True)), "Approved: 8 items will be permanently deleted · K7M2"),
        (
            votes.rejected(ZH, voted(no(LI))),
            "已驳回 K7M2，什么都没有删，会告诉王小明。\n\n为什么驳回？发送：驳回 K7M2 理由",
        ),
        (votes.rejected(ZH, voted(no(LI, 3, "还在用"))), "已驳回 K7M2，什么都没有删，会告诉王小明。"),
        (
            votes.reason_too_late(ZH, voted(state=S.CANCELLED, decided_by=WANG), SHANGHAI),
            "K7M2 没有被驳回，不用补充理由。**王小明** 14:05 取消，什么都没有删",
        ),
        (
            votes.told_reason(ZH, voted(no(LI, 3, "还在用"), state=S.REJECTED, decided_by=LI), SHANGHAI),
            "**李经理** 14:05 驳回，理由是：还在用 · K7M2",
        ),
    ],
)
def test_each_says_what_is_so_and_the_way_out(said: str, expected: str) -> None:
    assert said == expected


def test_a_reminder_has_all_that_an_answer_needs() -> None:
    said = votes.reminder(ZH, voted(yes(LI), needed=2, asked=(LI, ZHAO, QIAN)), SHANGHAI, LATER)

    assert said.split("\n\n") == [
        "⏳ K7M2 等你审批，已等 4 小时",
        "**王小明** 要把 **市场部群文件** 里的 8 项（14.6 MB）移到回收站",
        "理由：季度清理",
        "⏳ 已请李经理、赵同事、钱同事审批，其中 2 人批准即可",
        "已批准 1 / 2：**李经理**（14:05）",
        "14:32 前有效，没有人决定就不会删",
        "批准：按卡片上的按钮，或发送 批准 K7M2 a1b2c3d4",
        "驳回：发送 驳回 K7M2 理由",
    ]


def test_whoever_is_asked_later_is_told_why() -> None:
    said = votes.escalation(EN, voted(permanent=True), SHANGHAI, [LI]).split("\n\n")

    assert said[0] == "⏳ K7M2 waits for your decision: you are asked, too, because 李经理 did not answer"
    assert said[1].endswith("to permanently delete 8 items (14.6 MB) from **市场部群文件**, with no way back")
    assert said[-2:] == [
        "To approve, press the button on the card or send: approve K7M2 a1b2c3d4",
        "To reject: reject K7M2 and your reason",
    ]
    assert "because" not in votes.escalation(EN, voted(), SHANGHAI, [])


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        (
            voted(yes(LI), state=S.APPROVED, decided_by=LI),
            ["⏳ **李经理** 14:05 批准，15:05 前开始删除"],
        ),
        (
            voted(no(LI, 3, "还在用"), state=S.REJECTED, decided_by=LI),
            ["**李经理** 14:05 驳回，什么都没有删。驳回理由：还在用"],
        ),
        (
            voted(state=S.EXPIRED),
            ["到 14:32 没有人批准，已过期，什么都没有删", "仍要删除，请重新发送命令。"],
        ),
        (
            voted(yes(LI), state=S.EXPIRED, decided_by=LI),
            [
                "**李经理** 14:05 批准，但到 15:05 还没能开始，已过期，什么都没有删",
                "仍要删除，请重新发送命令。",
            ],
        ),
        (voted(state=S.CANCELLED, decided_by=WANG), ["**王小明** 14:05 取消，什么都没有删"]),
    ],
)
def test_the_requester_is_told_what_was_decided(request_: Request, lines: list[str]) -> None:
    assert votes.told(ZH, request_, SHANGHAI).split("\n\n") == [
        "你请求把 **市场部群文件** 里的 8 项（14.6 MB）移到回收站 · K7M2",
        *lines,
    ]
