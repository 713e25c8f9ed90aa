"""Two people side by side decide something: what each sees, who may, and what a click that goes wrong looks like."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.approval_robot import TEMPLATE
from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import LI, MARKETING, WANG, ZHAO

pytestmark = pytest.mark.usefixtures("approver")

ASKED = re.compile("请审批.*drafts")


def test_one_asks_and_the_manager_beside_decides(open_window: Opens) -> None:
    window = open_window("wang", "li")
    wang, li = window.seat(WANG), window.seat(LI)
    wang.say("delete /2023/drafts")
    card = li.card(ASKED)
    card.get_by_role("button", name="批准").click()
    for seat in (wang, li):
        expect(seat.card(ASKED)).to_contain_text("李经理 已批准")
        expect(seat.card(ASKED).get_by_role("button")).to_have_count(0)


def test_a_refusal_is_seen_by_the_one_who_was_refused_only(open_window: Opens) -> None:
    window = open_window("wang", "li")
    colleague = open_window("zhao").seat(ZHAO)
    window.seat(WANG).say("delete /2023/drafts")
    colleague.card(ASKED).get_by_role("button", name="批准").click()
    expect(colleague.card(ASKED)).to_contain_text("只有李经理可以审批")
    expect(colleague.card(ASKED).get_by_role("button", name="批准")).to_be_enabled()
    window.seat(LI).card(ASKED).get_by_role("button", name="驳回").click()
    for name in (WANG, LI):
        expect(window.seat(name).card(ASKED)).to_contain_text("李经理 已驳回")
        expect(window.seat(name).log).not_to_contain_text("只有李经理可以审批")
    expect(colleague.card(ASKED).get_by_role("button")).to_have_count(0)


def test_a_card_for_some_is_shown_to_them_alone(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang", "zhao")
    for track_id, title, recipients in (("t1", "给王小明", ["wang"]), ("t2", "给大家", [])):
        card = {
            "cardTemplateId": TEMPLATE,
            "outTrackId": track_id,
            "cardData": {"cardParamMap": {"title": title}},
            "openSpaceId": "dtv1.card//IM_GROUP.cidMarketing==",
            "imGroupOpenSpaceModel": {},
            "imGroupOpenDeliverModel": {"robotCode": "dingsandbox", "recipients": recipients},
        }
        box.api("POST", "/v1.0/card/instances/createAndDeliver", card)
    wang, zhao = window.seat(WANG), window.seat(ZHAO)
    for seat in (wang, zhao):
        expect(seat.card("给大家")).to_be_visible()
    expect(wang.card("给王小明")).to_contain_text("仅你可见")
    expect(zhao.card("给王小明")).to_have_count(0)


def test_a_click_is_sending_until_it_is_answered_and_says_when_it_was_not(open_window: Opens) -> None:
    wang = open_window("wang").seat(WANG)
    wang.say("slow /2023/drafts")
    card = wang.card(ASKED)
    button = card.get_by_role("button", name="批准")
    button.click()
    expect(card.get_by_role("button", name="发送中")).to_be_disabled()
    expect(card.get_by_role("button", name="驳回")).to_be_disabled()
    expect(card.get_by_role("alert")).to_contain_text("2 秒内没有响应")
    expect(button).to_be_enabled()


def test_a_stranger_approves_as_two_people_in_six_actions(open_window: Opens) -> None:
    """Open the page, write, open the manager beside, press: nothing has to be read or known but the command."""
    window = open_window()
    window.seat(WANG).say("delete /2023/drafts")
    window.page.get_by_role("button", name="在旁边打开第二个人").click()
    window.page.get_by_role("menuitem", name=LI).click()
    li = window.seat(LI)
    li.card(ASKED).get_by_role("button", name="批准").click()
    expect(window.seat(WANG).card(ASKED)).to_contain_text("李经理 已批准")
    assert MARKETING in li.section.inner_text()
