"""On a phone one thing is in front at a time, and everything is a tap or two away."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Opens
from tests.browser.window import LI, MARKETING, WANG


@pytest.mark.usefixtures("approver")
def test_an_approval_by_one_who_is_two_people(open_window: Opens) -> None:
    window = open_window("wang", size=PHONE, has_touch=True)
    wang, li = window.seat(WANG), window.seat(LI)
    wang.say("delete /2023/drafts")
    expect(wang.card("drafts")).to_be_visible()
    wang.section.get_by_role("button", name="会话").tap()
    expect(wang.box).to_be_hidden()
    wang.sit(LI)
    expect(li.section.get_by_role("button", name=MARKETING)).to_contain_text("请审批")
    li.open(MARKETING)
    li.card("drafts").get_by_role("button", name="批准").tap()
    expect(li.card("drafts")).to_contain_text("李经理 已批准")
    window.page.get_by_role("button", name="通信", exact=True).tap()
    expect(window.page.get_by_role("option", name="对卡片回调的应答")).to_be_visible()
    expect(li.box).to_be_hidden()
    window.page.get_by_role("button", name="聊天", exact=True).tap()
    expect(li.card("drafts")).to_be_visible()
