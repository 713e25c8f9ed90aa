"""Whatever can go wrong is switched on from the page, and the wire says where it struck and why."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import WANG, Window

DELETE = "删除 /report.pdf --理由 季度清理"


def control(page: Page, name: str) -> Locator:
    """Open a panel of the strip at the top, the panel."""
    page.get_by_role("navigation", name="沙箱控制").get_by_role("button", name=name).click()
    panel = page.get_by_role("region", name=name)
    expect(panel).to_be_visible()
    return panel


def order(page: Page, title: str) -> Locator:
    """Open the form and choose a kind of fault by its title; the form."""
    control(page, "故障").get_by_role("button", name="添加故障").click()
    form = page.get_by_role("dialog", name="添加故障")
    form.get_by_role("navigation").get_by_role("button").filter(
        has=page.get_by_text(title, exact=True)
    ).click()
    return form


def test_every_kind_can_be_ordered(open_window: Opens, box: Sandbox) -> None:
    kinds = {kind["kind"]: kind for kind in box.ask("GET", "faults/kinds")["kinds"]}
    assert len(kinds) > 20
    page = open_window("wang").page
    for kind in kinds.values():
        form = order(page, kind["title"]["zh"])
        if "item" in kind["takes"]:
            entry = form.get_by_role("combobox", name="条目")
            entry.fill("report.pdf")
            form.get_by_role("option", name="/report.pdf").click()
        form.get_by_role("button", name="让它发生").click()
        expect(form).to_be_hidden()
    ordered = box.ask("GET", "faults")["faults"]
    assert [fault["kind"] for fault in ordered] == list(kinds)
    panel = control(page, "故障")
    expect(panel.get_by_role("listitem")).to_have_count(len(kinds))
    panel.get_by_role("button", name="全部移除").click()
    expect(panel.get_by_text("一切正常")).to_be_visible()
    assert box.ask("GET", "faults")["faults"] == []


@pytest.mark.usefixtures("approver")
def test_where_it_struck_and_why_is_seen_on_the_wire(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    page.get_by_role("tab", name="通信").click()
    wang.say("delete /2023/drafts")
    row = page.get_by_role("option", name="createAndDeliver")
    row.click()
    details = page.get_by_role("region", name="所选条目的详情")
    details.get_by_role("button", name="让它失败").click()
    form = page.get_by_role("dialog", name="添加故障")
    expect(form.get_by_text("createAndDeliver").first).to_be_visible()
    form.get_by_role("spinbutton", name="次数").fill("1")
    form.get_by_role("button", name="让它发生").click()
    expect(form).to_be_hidden()
    wang.say("delete /2024")
    struck = page.get_by_role("option", name=re.compile("createAndDeliver")).filter(
        has=page.get_by_title("这里触发了故障")
    )
    struck.click()
    expect(details).to_contain_text("nothing was done, answered with")
    (fault,) = box.ask("GET", "faults")["faults"]
    assert fault["struck"] == 1
    assert "createAndDeliver" in fault["route"]
    badge = page.get_by_role("navigation", name="沙箱控制").get_by_role("button", name="故障")
    expect(badge).to_have_accessible_name(re.compile("无故障"))


@pytest.mark.usefixtures("approver")
def test_a_lost_click_is_told_to_who_pressed_and_seen_on_the_wire(open_window: Opens) -> None:
    window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    order(page, "卡片回调丢失").get_by_role("button", name="让它发生").click()
    wang.say("delete /2023/drafts")
    wang.card("drafts").get_by_role("button", name="批准").click()
    expect(wang.card("drafts").get_by_role("alert")).to_contain_text("2 秒内没有响应")
    page.get_by_role("tab", name="通信").click()
    expect(page.get_by_role("option", name=re.compile("卡片回调.*丢失"))).to_be_visible()


@pytest.mark.usefixtures("dingsweep")
def test_the_connection_is_dropped_and_comes_back(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    page = window.page
    (before,) = box.ask("GET", "stream")["connections"]
    control(page, "Stream 连接").get_by_role("button", name="掉线").first.click()
    expect(window.seat(WANG).section.get_by_text("Dingsweep 未连接")).to_be_visible()
    expect(window.seat(WANG).section.get_by_text("Dingsweep 已连接")).to_be_visible()
    (after,) = box.ask("GET", "stream")["connections"]
    assert after != before


def test_time_passes_and_latency_grows(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    before = box.ask("GET", "clock")["nowMs"]
    control(page, "时钟").get_by_role("button", name="+1 天").click()
    expect(page.get_by_role("status").filter(has_text="时间已快进")).to_be_visible()
    assert box.ask("GET", "clock")["nowMs"] - before >= 86_400_000
    page.keyboard.press("Escape")
    slider = control(page, "延迟与限制").get_by_role("slider", name="每次调用的延迟")
    slider.focus()
    slider.press("ArrowRight")
    badge = page.get_by_role("navigation", name="沙箱控制").get_by_role("button", name="延迟与限制")
    expect(badge).not_to_have_accessible_name("延迟与限制: 0 毫秒")
    assert box.ask("GET", "limits")["latencyMs"] > 0


def test_the_state_is_saved_started_again_and_loaded(open_window: Opens, box: Sandbox) -> None:
    window: Window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    wang.say("记住这句")
    expect(wang.message("记住这句")).to_be_visible()
    panel = control(page, "存档与回放")
    with page.expect_download() as download:
        panel.get_by_role("button", name="保存为文件").click()
    saved = download.value.path()
    panel.get_by_role("button", name="重新开始").click()
    panel.get_by_role("button", name="重新开始").last.click()
    expect(wang.messages).to_have_count(0)
    panel.get_by_label("载入文件").set_input_files(saved)
    expect(wang.message("记住这句")).to_be_visible()
    assert [m["content"] for m in box.messages("wang", "cidMarketing==")] == ["记住这句"]


def test_what_was_done_is_recorded_and_done_again(open_window: Opens, box: Sandbox) -> None:
    window: Window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    panel = control(page, "存档与回放")
    panel.get_by_role("button", name="录制", exact=True).click()
    page.keyboard.press("Escape")
    wang.say("录下这句")
    expect(wang.message("录下这句")).to_be_visible()
    control(page, "存档与回放")
    with page.expect_download() as download:
        panel.get_by_role("button", name="停止并保存").click()
    box.ask("POST", "state/reseed")
    expect(wang.messages).to_have_count(0)
    panel.get_by_label("重放文件").set_input_files(download.value.path())
    expect(wang.message("录下这句")).to_be_visible()
