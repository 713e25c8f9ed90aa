"""The drive beside the chat: what lies where, what goes, what is in the bin; and what people do there by hand."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import SPACE, WANG, ZHAO

ARCHIVE = "24010003"
WANG_DELETED = re.compile("^report.pdf, .*原位置：市场部群文件/, 王小明于.*删除$")
NO_BIN = re.compile("项目归档.*无回收站")


def act(page: Page, name: str, action: str) -> None:
    """Open the menu of a row by its name and choose an action."""
    page.get_by_role("treeitem", name=re.compile(f"^{re.escape(name)}, ")).click(button="right")
    page.get_by_role("menuitem", name=action).click()


def test_to_the_bin_and_back_by_hand(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    act(page, "report.pdf", "移入回收站")
    expect(page.get_by_role("treeitem", name="report.pdf, 已移入回收站")).to_be_visible()
    page.get_by_role("tab", name="回收站").click()
    item = page.get_by_role("option", name="report.pdf")
    expect(item).to_have_accessible_name(WANG_DELETED)
    item.click()
    page.get_by_role("toolbar").get_by_role("button", name="还原").click()
    expect(page.get_by_role("status").filter(has_text="已还原到原来的位置")).to_be_visible()
    page.get_by_role("tab", name="网盘").click()
    expect(page.get_by_role("treeitem", name="report.pdf, 12.4 MB")).to_be_visible()
    assert "/report.pdf" in box.paths(SPACE)


def test_for_ever_is_asked_first(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    act(page, "report.pdf", "永久删除")
    dialog = page.get_by_role("dialog", name="确定永久删除？")
    expect(dialog).to_contain_text("删除后无法恢复")
    expect(dialog.get_by_role("button", name="取消")).to_be_focused()
    page.keyboard.press("Enter")
    assert "/report.pdf" in box.paths(SPACE)
    act(page, "report.pdf", "永久删除")
    dialog.get_by_role("button", name="永久删除").click()
    expect(page.get_by_role("treeitem", name="report.pdf, 已永久删除")).to_be_visible()
    assert "/report.pdf" not in box.paths(SPACE)
    assert box.ask("GET", "bin")["items"] == []


def test_who_has_no_right_is_told_so(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    act(page, "客户名单.xlsx", "移入回收站")
    expect(page.get_by_role("status").filter(has_text="王小明没有权限")).to_be_visible()
    page.get_by_role("button", name="当前身份是王小明").click()
    page.get_by_role("menuitemradio", name=ZHAO).click()
    act(page, "客户名单.xlsx", "移入回收站")
    expect(page.get_by_role("treeitem", name="客户名单.xlsx, 已移入回收站")).to_be_visible()
    assert "/客户名单.xlsx" not in box.paths(SPACE)


def test_a_folder_on_its_way_to_the_bin_is_seen_going(open_window: Opens, box: Sandbox) -> None:
    box.ask("PUT", "limits", {"taskSeconds": 600})
    page = open_window("wang").page
    page.get_by_role("treeitem", name="2023, 文件夹").click()
    act(page, "drafts", "移入回收站")
    expect(page.get_by_text("正在删除 /2023/drafts")).to_be_visible()
    box.ask("POST", "clock", {"advanceS": 700})
    expect(page.get_by_role("treeitem", name="drafts, 已移入回收站")).to_be_visible()
    expect(page.get_by_role("tab", name="回收站")).to_contain_text("1")


def test_what_is_made_renamed_and_uploaded_shows_at_once(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    page.get_by_role("treeitem", name="市场部群文件").click(button="right")
    page.get_by_role("menuitem", name="新建文件夹").click()
    dialog = page.get_by_role("dialog", name="新建文件夹")
    dialog.get_by_role("textbox", name="名称").fill("活动稿")
    dialog.get_by_role("button", name="创建").click()
    expect(page.get_by_role("treeitem", name="活动稿, 文件夹").filter(has_text="新增")).to_be_visible()
    act(page, "活动稿", "上传文件")
    dialog = page.get_by_role("dialog", name="上传文件")
    dialog.get_by_role("textbox", name="名称").fill("一.txt")
    dialog.get_by_role("textbox", name="大小").fill("2 KB")
    dialog.get_by_role("button", name="上传").click()
    act(page, "一.txt", "重命名")
    dialog = page.get_by_role("dialog", name="重命名")
    dialog.get_by_role("textbox", name="名称").fill("二.txt")
    dialog.get_by_role("button", name="重命名").click()
    expect(page.get_by_role("treeitem", name="二.txt")).to_be_visible()
    assert "/活动稿/二.txt" in box.paths(SPACE)
    box.create(SPACE, {"path": "/活动稿/三.txt", "creator": "wang"})
    expect(page.get_by_role("treeitem", name="三.txt").filter(has_text="新增")).to_be_visible()


def test_a_space_without_a_bin_says_so(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    space = page.get_by_role("treeitem", name="项目归档")
    expect(space).to_have_accessible_name(NO_BIN)
    space.click()
    expect(page.get_by_role("treeitem", name="2019, 文件夹")).to_be_visible()
    page.get_by_role("treeitem", name="项目归档").press("ArrowRight")
    page.keyboard.press("ContextMenu")
    expect(page.get_by_role("menuitem", name="永久删除")).to_be_enabled()
    assert box.paths(ARCHIVE)


@pytest.mark.usefixtures("dingsweep")
def test_what_the_robot_deletes_is_seen_going(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    wang = window.seat(WANG)
    wang.say("删除 /report.pdf --理由 季度清理")
    wang.card("删除 1 项").get_by_role("button", name="移到回收站").click()
    expect(window.page.get_by_role("treeitem", name="report.pdf, 已移入回收站")).to_be_visible()
    window.page.get_by_role("tab", name="回收站").click()
    expect(window.page.get_by_role("option", name="report.pdf")).to_be_visible()
