"""Somebody else decides: two people side by side, the card that asks, and what everybody sees of it in the end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import LI, MARKETING, ROBOT, SPACE, WANG, ZHAO, Seat

pytestmark = pytest.mark.usefixtures("policed")

WISH = "删除 /2023/drafts --理由 季度清理"
"""A folder: by the built-in policy, wang's manager (li) must approve."""
WAITS = re.compile("删除 6 项，等待审批")
ASKED = re.compile("请审批：王小明要删除 6 项")
GONE = re.compile("已移到回收站：6 项")
REJECTED = re.compile("已驳回，6 项都没有删除")
TWO_OF_THREE = [
    {
        "name": "两人批准",
        "answer": "approve",
        "approvals": 2,
        "from": ["user:li", "user:zhao", "user:admin"],
    }
]


def ended(seat: Seat, title: re.Pattern[str], who: str) -> None:
    """This card says what became of it and through whom, and nobody can press anything on it."""
    expect(seat.card(title)).to_contain_text(who)
    expect(seat.card(title).get_by_role("button")).to_have_count(0)


def test_one_asks_and_the_manager_beside_approves(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang", "li")
    wang, li = window.seat(WANG), window.seat(LI)
    window.page.get_by_role("treeitem", name="2023, 文件夹").click()
    drafts = window.page.get_by_role("treeitem", name="drafts, 文件夹")
    expect(drafts).to_be_visible()
    wang.say(WISH)
    for part in (LI, "季度清理", "/2023/drafts"):
        expect(wang.card(WAITS)).to_contain_text(part)
    expect(wang.card(WAITS).get_by_role("button", name="批准")).to_have_count(0)
    li.open(ROBOT)
    for part in (WANG, "季度清理", "/2023/drafts"):
        expect(li.card(ASKED)).to_contain_text(part)
    assert "/2023/drafts" in box.paths(SPACE)

    li.card(ASKED).get_by_role("button", name="批准").click()
    ended(li, GONE, "李经理")
    expect(drafts).to_be_hidden()
    cards = wang.messages.filter(has=window.page.get_by_role("heading", name=GONE))
    expect(cards).to_have_count(2)
    for card in cards.all():
        expect(card).to_contain_text("李经理")
    expect(cards.first.get_by_role("button")).to_have_count(0)
    assert not any(path.startswith("/2023/drafts") for path in box.paths(SPACE))


def test_a_colleague_is_refused_and_a_rejection_gets_its_reason_afterwards(
    open_window: Opens, box: Sandbox
) -> None:
    window = open_window("wang", "li")
    wang, li = window.seat(WANG), window.seat(LI)
    colleague = open_window("zhao").seat(ZHAO)
    wang.say(WISH)
    colleague.card(WAITS).get_by_role("button", name="取消请求").click()
    refusal = "只有王小明可以"
    expect(colleague.card(WAITS)).to_contain_text(refusal)
    expect(wang.card(WAITS)).not_to_contain_text(refusal)
    colleague.open(ROBOT)
    expect(colleague.message(refusal)).to_be_visible()
    expect(colleague.messages).to_have_count(1)

    li.open(ROBOT)
    li.card(ASKED).get_by_role("button", name="驳回").click()
    question = re.compile("发送：(驳回 [A-Z0-9]+) 理由")
    expect(li.message(question)).to_be_visible()
    answer = question.search(li.message(question).inner_text())
    assert answer
    li.say(f"{answer[1]} 还在用")
    colleague.open(MARKETING)
    for seat in (wang, li, colleague):
        ended(seat, REJECTED, "李经理")
        expect(seat.card(REJECTED)).to_contain_text("还在用")
    wang.open(ROBOT)
    expect(wang.message("还在用")).to_be_visible()
    assert "/2023/drafts" in box.paths(SPACE)


@pytest.mark.parametrize("policed", [TWO_OF_THREE], indirect=True)
def test_where_several_decide_each_sees_what_the_others_said(open_window: Opens, box: Sandbox) -> None:
    window = open_window("li", "zhao")
    li, zhao = window.seat(LI), window.seat(ZHAO)
    box.say("wang", "cidMarketing==", WISH)
    for seat in (li, zhao):
        seat.open(ROBOT)
        expect(seat.card(ASKED)).to_contain_text("其中 2 人批准即可")
    zhao.card(ASKED).get_by_role("button", name="批准").click()
    expect(zhao.card(ASKED)).to_contain_text("还需要 1 人批准")
    for seat in (li, zhao):
        expect(seat.card(ASKED)).to_contain_text("已批准 1 / 2：赵同事")
    expect(li.card(ASKED)).not_to_contain_text("还需要")
    assert "/2023/drafts" in box.paths(SPACE)
    li.card(ASKED).get_by_role("button", name="批准").click()
    for seat in (li, zhao):
        for name in (LI, ZHAO):
            ended(seat, GONE, name)
    assert "/2023/drafts" not in box.paths(SPACE)


@pytest.mark.parametrize("box", [("--suggest", "删除 /2023/drafts")], indirect=True)
def test_a_stranger_approves_as_two_people_and_sees_why(open_window: Opens) -> None:
    """Seven clicks from the first look to the decision and its reason; nothing has to be read or known before."""
    window = open_window()
    page, wang, li = window.page, window.seat(WANG), window.seat(LI)
    wang.section.get_by_role("button", name="删除 /2023/drafts").click()
    wang.section.get_by_role("button", name="发送", exact=True).click()
    expect(wang.card(WAITS)).to_be_visible()
    wang.section.get_by_role("button", name="在旁边打开第二个人").click()
    page.get_by_role("menuitem", name=LI).click()
    li.open(ROBOT)
    li.card(ASKED).get_by_role("button", name="批准").click()
    expect(wang.card(GONE)).to_contain_text("李经理")
    page.get_by_role("tab", name="通信").click()
    for what in (
        "推送给机器人, 机器人消息",
        "createAndDeliver",
        "推送给机器人, 卡片回调",
        "对卡片回调的应答",
    ):
        expect(page.get_by_role("option", name=re.compile(what)).first).to_be_visible()


def test_a_click_is_sending_until_it_is_answered_and_says_when_it_was_not(
    open_window: Opens, box: Sandbox
) -> None:
    li = open_window("li").seat(LI)
    box.say("wang", "cidMarketing==", WISH)
    li.open(ROBOT)
    button = li.card(ASKED).get_by_role("button", name="批准")
    expect(button).to_be_visible()
    box.ask("POST", "faults", {"kind": "callbackLost", "count": 1})
    button.click()
    expect(li.card(ASKED).get_by_role("button", name="发送中")).to_be_disabled()
    expect(li.card(ASKED).get_by_role("button", name="驳回")).to_be_disabled()
    expect(li.card(ASKED).get_by_role("alert")).to_contain_text("2 秒内没有响应")
    button.click()
    ended(li, GONE, "李经理")
    assert "/2023/drafts" not in box.paths(SPACE)
