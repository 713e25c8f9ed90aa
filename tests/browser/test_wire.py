"""The wire: why each thing happened can be read there, found again, and followed from one entry to the next."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import LI, WANG

GROUP = "cidMarketing=="


def names(page: Page) -> list[str]:
    """What each line is called, oldest first, without pings and tokens."""
    lines = page.get_by_role("listbox", name="调用与消息帧").get_by_role("option")
    told = [re.split(", ", line.get_attribute("aria-label") or "") for line in lines.all()]
    return [f"{way}: {name} {status}" for _, way, name, status, *_ in told if name != "accessToken"]


@pytest.mark.usefixtures("approver")
def test_an_approval_can_be_followed_from_the_wish_to_the_answer(open_window: Opens) -> None:
    window = open_window("wang", "li")
    page = window.page
    page.get_by_role("tab", name="通信").click()
    window.seat(WANG).say("delete /2023/drafts")
    window.seat(LI).card("drafts").get_by_role("button", name="批准").click()
    expect(window.seat(WANG).card("drafts")).to_contain_text("李经理 已批准")
    expect(page.get_by_role("option", name="对卡片回调的应答")).to_be_visible()
    told = names(page)
    assert [line for line in told if "连接" not in line and "connections/open" not in line] == [
        "钉钉推送给机器人: 机器人消息 200",
        "机器人调用钉钉: createAndDeliver 200",
        "机器人应答: 对机器人消息的应答 200",
        "钉钉推送给机器人: 卡片回调 200",
        "机器人应答: 对卡片回调的应答 200",
    ]
    page.get_by_role("option", name=re.compile("推送给机器人, 卡片回调")).click()
    details = page.get_by_role("region", name="所选条目的详情")
    expect(details.get_by_role("group", name="数据")).to_contain_text("approve")
    expect(details.get_by_role("group", name="机器人的应答")).to_contain_text("李经理 已批准")
    details.get_by_role("button", name="createAndDeliver").click()
    expect(details.get_by_role("heading", name="createAndDeliver")).to_be_visible()


@pytest.mark.usefixtures("approver")
def test_what_one_looks_for_is_found(open_window: Opens, box: Sandbox) -> None:
    box.say("wang", GROUP, "hello")
    box.say("wang", GROUP, "delete 年度预算")
    page = open_window("wang").page
    page.get_by_role("tab", name="通信").click()
    lines = page.get_by_role("listbox", name="调用与消息帧").get_by_role("option")
    expect(page.get_by_role("option", name="createAndDeliver")).to_be_visible()
    page.get_by_role("searchbox", name="筛选").fill("年度预算")
    expect(page.get_by_role("option", name="sendBySession")).to_have_count(0)
    expect(lines.filter(has_text="createAndDeliver")).to_have_count(1)
    page.get_by_role("searchbox", name="筛选").fill("")
    page.get_by_role("button", name="Stream", exact=True).click()
    expect(page.get_by_role("option", name="createAndDeliver")).to_have_count(0)
    expect(page.get_by_role("option", name="对机器人消息的应答").first).to_be_visible()
    page.get_by_role("button", name="全部", exact=True).click()
    page.get_by_role("button", name="失败", exact=True).click()
    expect(page.get_by_text("没有符合筛选条件的条目")).to_be_visible()


@pytest.mark.usefixtures("approver")
def test_what_it_cost_is_told(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    quota = page.get_by_role("navigation", name="沙箱控制").get_by_role("button", name="本月额度")
    expect(quota).to_have_accessible_name(re.compile("本月额度: 0 / 5,000"))
    box.say("wang", GROUP, "delete 年度预算")
    expect(quota).to_have_accessible_name(re.compile("本月额度: 1 / 5,000"))
    page.get_by_role("tab", name="通信").click()
    page.get_by_role("button", name="本月用量").click()
    expect(page.get_by_text("没有违反钉钉规定的行为")).to_be_visible()


@pytest.mark.usefixtures("approver")
def test_a_pause_keeps_what_one_reads(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    page.get_by_role("tab", name="通信").click()
    box.say("wang", GROUP, "hello")
    expect(page.get_by_role("option", name="sendBySession")).to_have_count(1)
    page.get_by_role("button", name="暂停").click()
    box.say("wang", GROUP, "again")
    expect(page.get_by_role("status").filter(has_text="已暂停，有新内容")).to_be_visible()
    expect(page.get_by_role("option", name="sendBySession")).to_have_count(1)
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_role("option", name="sendBySession")).to_have_count(2)
