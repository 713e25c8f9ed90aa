"""The chat: it changes by itself, shows everybody what is theirs, and sends what DingTalk lets people send."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import ALICE, ENGINEERING, LI, MARKETING, SUN, WANG, ZHAO

GROUP = "cidMarketing=="


def test_what_others_say_arrives_by_itself_and_is_marked_new(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    wang = window.seat(WANG)
    expect(wang.box).to_be_visible()
    box.say("li", GROUP, "第一句")
    expect(wang.message("第一句")).to_contain_text(LI)
    wang.open(ENGINEERING)
    box.say("li", GROUP, "第二句")
    marked = wang.conversations.get_by_role("button", name=re.compile(f"{MARKETING}.*有新消息"))
    expect(marked).to_contain_text("第二句")
    marked.click()
    expect(wang.message("第二句")).to_be_visible()
    expect(marked).to_have_count(0)


def test_who_reads_above_is_left_there_and_told_of_what_is_new(open_window: Opens, box: Sandbox) -> None:
    for number in range(60):
        box.say("li", GROUP, f"第 {number} 句")
    wang = open_window("wang").seat(WANG)
    expect(wang.message("第 59 句")).to_be_in_viewport()
    wang.log.focus()
    wang.log.press("Home")
    expect(wang.message("第 0 句")).to_be_in_viewport()
    box.say("li", GROUP, "最新的一句")
    new = wang.section.get_by_role("button", name="下面有新消息")
    new.click()
    expect(wang.message("最新的一句")).to_be_in_viewport()
    expect(new).to_have_count(0)


def test_one_click_and_one_is_somebody_else(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    window.seat(WANG).sit(ZHAO)
    zhao = window.seat(ZHAO)
    zhao.say("我是赵同事")
    expect(zhao.message("我是赵同事")).to_be_visible()
    assert "as=zhao" in window.page.url
    assert [m["from"]["userId"] for m in box.messages("li", GROUP)] == ["zhao"]


def test_everybody_has_their_own_conversations(open_window: Opens) -> None:
    window = open_window("wang", "alice", "sun")
    titles = {
        WANG: ["市场部", "Engineering", "没有机器人的群", "Dingsweep"],
        ALICE: ["Engineering", "Dingsweep"],
        SUN: ["市场部"],
    }
    for name, theirs in titles.items():
        buttons = window.seat(name).conversations.get_by_role("button")
        expect(buttons).to_have_count(len(theirs))
        for title in theirs:
            expect(buttons.and_(window.page.get_by_role("button", name=title))).to_have_count(1)


@pytest.mark.usefixtures("approver")
def test_without_the_mention_the_robot_does_not_hear_it(open_window: Opens) -> None:
    wang = open_window("wang").seat(WANG)
    mention = wang.section.get_by_role("button", name="@Dingsweep")
    expect(mention).to_have_attribute("aria-pressed", "true")
    mention.click()
    wang.say("没有人听见")
    mention.click()
    wang.say("有人听见")
    expect(wang.message("有人听见")).to_contain_text("机器人")
    expect(wang.messages.filter(has_text="没有人听见")).to_have_count(1)


def test_one_to_one_a_file_and_a_voice_message_can_be_sent(
    open_window: Opens, box: Sandbox, tmp_path: Path
) -> None:
    window = open_window("wang")
    wang = window.seat(WANG)
    wang.open("Dingsweep")
    report = tmp_path / "报告.pdf"
    report.write_bytes(b"x" * 1234)
    with window.page.expect_file_chooser() as chooser:
        wang.send("发送本机文件")
    chooser.value.set_files(report)
    expect(wang.message("报告.pdf")).to_contain_text("1.2 KB")

    wang.send("发送网盘里的文件")
    picker = window.page.get_by_role("dialog", name="发送网盘里的文件")
    picker.get_by_role("searchbox").fill("report")
    picker.get_by_role("button", name="/report.pdf").click()
    expect(wang.message("report.pdf")).to_be_visible()

    wang.send("发语音")
    dialog = window.page.get_by_role("dialog", name="发语音")
    dialog.get_by_role("textbox").fill("请帮我看看")
    dialog.get_by_role("button", name="发送").click()
    expect(wang.message("请帮我看看")).to_be_visible()


def test_in_a_group_files_are_not_offered(open_window: Opens) -> None:
    window = open_window("wang")
    window.seat(WANG).section.get_by_role("button", name="发送其他内容").click()
    expect(window.page.get_by_role("menuitem", name="发送本机文件")).to_be_disabled()
    expect(window.page.get_by_text("文件只能在单聊里发给机器人")).to_be_visible()


def test_a_lost_feed_is_told_and_caught_up_with(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    feeds: list[WebSocketRoute] = []
    lost = False

    def feed(route: WebSocketRoute) -> None:
        if lost:
            route.close()
        else:
            route.connect_to_server()
            feeds.append(route)

    window.page.route_web_socket("**/sandbox/live", feed)
    window.page.reload()
    wang = window.seat(WANG)
    expect(wang.box).to_be_visible()
    lost = True
    feeds[-1].close()
    offline = window.page.get_by_role("status").filter(has_text="沙箱没有响应")
    expect(offline).to_be_visible()
    box.say("li", GROUP, "这期间说的")
    expect(offline).to_be_visible()
    lost = False
    expect(wang.message("这期间说的")).to_be_visible()
    expect(offline).to_have_count(0)


def test_in_english_everything_is_english(open_window: Opens, box: Sandbox) -> None:
    window = open_window("alice", locale="en-US")
    expect(window.seat(ALICE).box).to_have_attribute("placeholder", "Message")
    box.say("alice", "cidEngineering==", "hello")
    expect(window.seat(ALICE).message("hello")).to_be_visible()
    chat = set(re.findall(r"[\u4e00-\u9fff]+", window.seat(ALICE).section.inner_text()))
    assert chat <= {"小明", "经理", "同事", "外部"}, "faces of people are all that is Chinese"
    window.page.get_by_role("button", name="Switch to Chinese").click()
    expect(window.seat(ALICE).box).to_have_attribute("placeholder", "发消息")


def test_what_it_would_be_reloaded_for_is_kept(open_window: Opens, box: Sandbox) -> None:
    """The address names who sits; what was typed in one conversation waits there."""
    window = open_window("wang", "li")
    wang = window.seat(WANG)
    wang.box.fill("还没写完")
    wang.open(ENGINEERING)
    expect(wang.box).to_have_value("")
    wang.open(MARKETING)
    expect(wang.box).to_have_value("还没写完")
    window.page.reload()
    expect(window.seat(LI).box).to_be_visible()


def test_somebody_leaves_and_comes_back(open_window: Opens, box: Sandbox) -> None:
    box.say("li", GROUP, "在群里")
    window = open_window("zhao")
    zhao = window.seat(ZHAO)
    expect(zhao.message("在群里")).to_be_visible()
    switch = zhao.section.get_by_role("button", name="切换身份，当前是")
    switch.click()
    window.page.get_by_role("menuitem", name=f"{ZHAO}离职").click()
    expect(switch).to_contain_text("已离职")
    expect(zhao.conversations.get_by_role("button", name=MARKETING)).to_have_count(0)
    switch.click()
    expect(window.page.get_by_role("menuitem", name=f"{ZHAO} 市场专员")).to_contain_text("已离职")
    window.page.get_by_role("menuitem", name=f"{ZHAO}重新入职").click()
    expect(switch).not_to_contain_text("已离职")
    zhao.open(MARKETING)
    expect(zhao.message("在群里")).to_be_visible()


def test_a_custom_robot_speaks_under_its_own_name(open_window: Opens, box: Sandbox) -> None:
    alice = open_window("alice").seat(ALICE)
    alice.open(ENGINEERING)
    for number in range(2):
        body = {"msgtype": "markdown", "markdown": {"title": "t", "text": f"**notice** {number}"}}
        box.api("POST", "/robot/send", body, access_token="webhook-engineering")
    expect(alice.message("notice 0")).to_contain_text(re.compile(r"Notices\s+机器人"))
    expect(alice.message("notice 1")).not_to_contain_text("Notices")
