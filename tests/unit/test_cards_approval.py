"""The card on which others decide, and what the requester's card says meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.models import Outcome, Request, RequestState, Ruling, Survey
from cards.approval import approval_card
from cards.escape import Markdown
from cards.request import preview_card, request_card
from cards.texts import Texts, texts
from tests.unit.cards_given import (
    ASKED_AT,
    ENTRIES,
    LI,
    QIAN,
    SHANGHAI,
    WANG,
    ZHAO,
    button_ids,
    no,
    receipt,
    request,
    result,
    voted,
    yes,
)

ZH, EN = texts("zh"), texts("en")
THREE = (LI, ZHAO, QIAN)
S = RequestState


def asked(given: Request, t: Texts = ZH) -> list[str]:
    return approval_card(given, ENTRIES, t, SHANGHAI).markdown.split("\n\n")


def shown(given: Request, t: Texts = ZH) -> list[str]:
    return request_card(given, ENTRIES, t, SHANGHAI).markdown.split("\n\n")


def test_the_question_in_chinese() -> None:
    card = approval_card(voted(), ENTRIES, ZH, SHANGHAI, why="超过 20 项要由直属主管批准")

    assert card.title == "请审批：王小明要删除 8 项（14.6 MB） · K7M2"
    assert card.markdown.split("\n\n") == [
        "**王小明** 要把 **市场部群文件** 里的 3 个条目移到回收站",
        "📁 /2023/drafts（内含 5 项，200.0 KB）",
        "📄 /report.pdf · 12.4 MB",
        "📄 /预算 2023.xlsx · 2.0 MB",
        "共 8 项，14.6 MB，删除后仍可从回收站恢复",
        "其中 1 个文件夹，里面的内容会一起删除",
        "其中 4 项是别人的：赵同事 3 项、其他人 1 项",
        "最后改动：最早 2019-03-02，最近 2022-11-30",
        "为什么问你：超过 20 项要由直属主管批准",
        "理由：季度清理",
    ]
    assert card.tips == "14:32 前有效 · 也可以发送：批准 K7M2 a1b2c3d4"
    assert [(b.id, b.text, b.color) for b in card.buttons] == [
        ("approve", "批准", "blue"),
        ("reject", "驳回", "gray"),
        ("details", "查看明细", "gray"),
    ]


def test_the_question_in_english_where_two_of_three_decide_and_one_has() -> None:
    given = voted(yes(LI), needed=2, asked=THREE)
    card = approval_card(given, ENTRIES, EN, SHANGHAI, why=Markdown("over 20 items"))

    assert card.title == "Approve? 王小明 wants to delete 8 items (14.6 MB) · K7M2"
    assert card.markdown.split("\n\n") == [
        "**王小明** wants to move 3 entries of **市场部群文件** to the recycle bin",
        "📁 /2023/drafts (5 items, 200.0 KB inside)",
        "📄 /report.pdf · 12.4 MB",
        "📄 /预算 2023.xlsx · 2.0 MB",
        "8 items, 14.6 MB, can be restored from the bin",
        "1 folder among them: everything inside goes too",
        "4 are somebody else's: 赵同事 3, others 1",
        "Last changed 2019-03-02 to 2022-11-30",
        "Why you: over 20 items",
        "Reason: 季度清理",
        "⏳ Asked to approve: any 2 of 李经理, 赵同事 and 钱同事",
        "1 of 2 approved: **李经理** (14:05)",
    ]
    assert card.tips == "Open until 14:32 · can also be typed: approve K7M2 a1b2c3d4"


@pytest.mark.parametrize(
    ("t", "title", "words", "button"),
    [
        (ZH, "⛔ 请审批：王小明要永久删除 8 项（14.6 MB），无法恢复 · K7M2", "永久", "批准永久删除"),
        (
            EN,
            "⛔ Approve? 王小明 wants to permanently delete 8 items (14.6 MB), no way back · K7M2",
            "permanently",
            "Approve permanent deletion",
        ),
    ],
)
def test_what_cannot_be_taken_back_is_red_last_and_never_highlighted(
    t: Texts, title: str, words: str, button: str
) -> None:
    card = approval_card(voted(permanent=True), ENTRIES, t, SHANGHAI)

    assert card.title == title
    assert words in card.markdown
    assert "<font colorTokenV2=common_red1_color>" in card.markdown
    assert [(b.id, b.color) for b in card.buttons] == [
        ("reject", "gray"),
        ("details", "gray"),
        ("approve", "red"),
    ]
    assert card.buttons[-1].text == button


@pytest.mark.parametrize("t", [ZH, EN])
def test_permanent_is_not_said_of_what_goes_to_the_bin(t: Texts) -> None:
    for state in (S.AWAITING_APPROVAL, S.APPROVED, S.RUNNING):
        card = approval_card(voted(yes(LI), state=state, decided_by=LI), ENTRIES, t, SHANGHAI)
        said = " ".join((card.title, card.markdown, *(b.text for b in card.buttons))).lower()
        assert not [word for word in ("永久", "permanent", "⛔") if word in said]


def test_whose_files_and_how_old_is_said_as_far_as_it_is_known() -> None:
    own = Survey(oldest=ASKED_AT, newest=ASKED_AT)

    assert "都是王小明自己的" in asked(voted(survey=own))
    assert "最后改动：2023-11-23" in asked(voted(survey=own))
    assert "Last changed on 2023-11-23" in asked(voted(survey=own), EN)
    assert "其中 5 项是别人的" in asked(voted(survey=Survey(others=5)))
    assert not [line for line in asked(voted(survey=Survey())) if "别人" in line or "自己" in line]


def test_whoever_lends_their_rights_is_told_before() -> None:
    ruling = Ruling(answer="approve", needed=1, run_as="approver")
    line = "删除时用批准人的身份和权限"

    assert line in asked(voted(ruling=ruling))
    assert line not in asked(voted())
    assert line not in asked(voted(yes(LI), ruling=ruling, state=S.RUNNING, decided_by=LI))


STATES = [
    (
        voted(yes(LI), state=S.APPROVED, decided_by=LI),
        "已批准删除 8 项 · K7M2",
        ["⏳ **李经理** 14:05 批准，15:05 前开始删除"],
        ["⏳ **李经理** approved at 14:05, deleting begins by 15:05"],
    ),
    (
        voted(yes(LI), yes(ZHAO, 18), needed=2, asked=THREE, state=S.APPROVED, decided_by=ZHAO),
        "已批准删除 8 项 · K7M2",
        ["⏳ **李经理**（14:05）、**赵同事**（14:20）批准，15:05 前开始删除"],
        ["⏳ **李经理** (14:05) and **赵同事** (14:20) approved, deleting begins by 15:05"],
    ),
    (
        voted(yes(LI), state=S.RUNNING, decided_by=LI),
        "正在删除 8 项 · K7M2",
        ["⏳ **李经理** 14:05 批准，正在删除…"],
        ["⏳ **李经理** approved at 14:05, deleting…"],
    ),
    (
        voted(no(LI), state=S.REJECTED, decided_by=LI),
        "已驳回，8 项都没有删除 · K7M2",
        ["**李经理** 14:05 驳回，什么都没有删"],
        ["**李经理** rejected at 14:05, nothing was deleted"],
    ),
    (
        voted(yes(LI), no(ZHAO, 18, "还在用"), needed=2, state=S.REJECTED, decided_by=ZHAO),
        "已驳回，8 项都没有删除 · K7M2",
        ["已批准 1 / 2：**李经理**（14:05）", "**赵同事** 14:20 驳回，什么都没有删。驳回理由：还在用"],
        [
            "1 of 2 approved: **李经理** (14:05)",
            "**赵同事** rejected at 14:20, nothing was deleted. Why: 还在用",
        ],
    ),
    (
        voted(state=S.EXPIRED),
        "已过期，8 项都没有删除 · K7M2",
        ["到 14:32 没有人批准，已过期，什么都没有删"],
        ["Nobody approved by 14:32: expired, nothing was deleted"],
    ),
    (
        voted(yes(LI), needed=3, state=S.EXPIRED),
        "已过期，8 项都没有删除 · K7M2",
        ["已批准 1 / 3：**李经理**（14:05）", "到 14:32 还差 2 人批准，已过期，什么都没有删"],
        [
            "1 of 3 approved: **李经理** (14:05)",
            "2 approvals were still missing at 14:32: expired, nothing was deleted",
        ],
    ),
    (
        voted(yes(LI), state=S.EXPIRED, decided_by=LI),
        "已过期，8 项都没有删除 · K7M2",
        ["**李经理** 14:05 批准，但到 15:05 还没能开始，已过期，什么都没有删"],
        ["**李经理** approved at 14:05, but deleting had not begun by 15:05: expired, nothing was deleted"],
    ),
    (
        voted(yes(LI, 1), needed=2, state=S.CANCELLED, decided_by=WANG),
        "已取消，8 项都没有删除 · K7M2",
        ["已批准 1 / 2：**李经理**（14:03）", "**王小明** 14:05 取消，什么都没有删"],
        ["1 of 2 approved: **李经理** (14:03)", "**王小明** cancelled at 14:05, nothing was deleted"],
    ),
]


@pytest.mark.parametrize(("given", "title", "zh", "en"), STATES)
def test_both_cards_end_with_who_decided_what(
    given: Request, title: str, zh: list[str], en: list[str]
) -> None:
    for card_of in (approval_card, request_card):
        card = card_of(given, ENTRIES, ZH, SHANGHAI)
        assert card.title == title
        assert card.markdown.split("\n\n")[-len(zh) :] == zh
        assert card_of(given, ENTRIES, EN, SHANGHAI).markdown.split("\n\n")[-len(en) :] == en
        assert "理由：季度清理" in card.markdown.split("\n\n")


@pytest.mark.parametrize("given", [state[0] for state in STATES])
def test_a_decided_card_has_no_button_but_to_withdraw_what_has_not_begun(given: Request) -> None:
    card = approval_card(given, ENTRIES, ZH, SHANGHAI)
    assert (card.buttons, card.tips) == ((), "")

    mine = request_card(given, ENTRIES, ZH, SHANGHAI)
    waits = given.state is S.APPROVED
    assert button_ids(mine.buttons) == (["details", "cancel"] if waits else [])
    assert mine.tips == ("开始删除之前王小明还可以取消" if waits else "")


@pytest.mark.parametrize("state", [S.DONE, S.PARTLY_DONE, S.FAILED])
def test_a_finished_approval_says_what_came_of_it(state: RequestState) -> None:
    given = voted(yes(LI), state=state, decided_by=LI)
    account = receipt([result(ENTRIES[0]), result(ENTRIES[1]), result(ENTRIES[2], Outcome.DENIED)])
    card = approval_card(given, ENTRIES, ZH, SHANGHAI, account)

    assert card.title == "已移到回收站：7 / 8 项 · K7M2"
    assert "**李经理** 14:05 批准" in card.markdown
    assert card.markdown.endswith("7 项移到回收站，1 项未删除")
    assert "恢复" not in card.markdown


@pytest.mark.parametrize("permanent", [False, True])
def test_the_requester_sees_who_is_asked_and_can_withdraw(permanent: bool) -> None:
    card = request_card(voted(permanent=permanent), ENTRIES, ZH, SHANGHAI, why="超过 20 项")

    assert ("永久" in card.title) is permanent
    assert card.markdown.split("\n\n")[-3:] == ["规则：超过 20 项", "理由：季度清理", "⏳ 已请李经理审批"]
    assert card.tips == "14:32 前有效，开始删除之前王小明可以取消"
    assert [(b.id, b.text, b.color) for b in card.buttons] == [
        ("details", "查看明细", "gray"),
        ("cancel", "取消请求", "gray"),
    ]


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        (
            voted(needed=2, asked=THREE),
            "⏳ 已请李经理、赵同事、钱同事审批，其中 2 人批准即可",
            "⏳ Asked to approve: any 2 of 李经理, 赵同事 and 钱同事",
        ),
        (
            voted(needed=2, asked=(LI, ZHAO)),
            "⏳ 已请李经理、赵同事审批，要全部批准",
            "⏳ Asked to approve: all of 李经理 and 赵同事",
        ),
        (voted(needed=2, asked=()), "⏳ 等待 2 人批准", "⏳ Waiting for 2 approvals"),
        (
            voted(asked=THREE + THREE),
            "⏳ 已请李经理、赵同事、钱同事、李经理和另外 2 人审批，其中 1 人批准即可",
            "⏳ Asked to approve: any 1 of 李经理, 赵同事, 钱同事, 李经理 and 2 more",
        ),
    ],
)
def test_who_is_asked_and_how_many_it_takes(given: Request, zh: str, en: str) -> None:
    assert shown(given)[-1] == zh
    assert shown(given, EN)[-1] == en


def test_what_needs_no_question_says_so() -> None:
    given = request(state=S.RUNNING).model_copy(update={"ruling": Ruling(answer="run")})

    assert shown(given)[-1] == "⏳ 按规则无需确认，正在删除…"
    assert shown(given, EN)[-1] == "⏳ The rules ask for no confirmation, deleting…"


def test_whoever_approves_for_themselves_where_that_is_allowed_approves() -> None:
    given = voted(yes(WANG), state=S.RUNNING, decided_by=WANG, asked=(WANG,))
    assert shown(given)[-1] == "⏳ **王小明** 14:05 批准，正在删除…"


def test_the_question_to_the_requester_says_the_rule_in_one_line() -> None:
    card = preview_card(request(), ENTRIES, ZH, SHANGHAI, why="自己的 20 项以内")
    assert "规则：自己的 20 项以内" in card.markdown.split("\n\n")


def test_another_day_is_written_out() -> None:
    given = voted(expires_at=ASKED_AT + timedelta(days=1))
    assert approval_card(given, ENTRIES, ZH, SHANGHAI).tips.startswith("2023-11-24 14:02 前有效")


def test_until_when_it_can_be_taken_back_is_said_where_somebody_has_looked() -> None:
    known = voted().model_copy(update={"bin_days": 30})
    assert "共 8 项，14.6 MB，删除后 30 天内可以从回收站恢复" in asked(known)
    assert "8 items, 14.6 MB, can be restored from the bin for 30 days" in asked(known, EN)
    assert "共 8 项，14.6 MB，30 天内可以从回收站恢复；空间没有回收站就不会删" in shown(known)


def test_what_the_robot_withdrew_is_not_laid_at_anybody_s_door() -> None:
    withdrawn = voted().model_copy(update={"state": S.CANCELLED, "decided_by": None})
    assert "卡片没能送达，什么都没有删" in asked(withdrawn)
    assert "Its card could not be delivered, nothing was deleted" in shown(withdrawn, EN)
