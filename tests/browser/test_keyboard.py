"""Everything can be done without a mouse, and one always sees where one is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import LI, ROBOT, SPACE, WANG

FARTHEST = 60
"""More stops than the way between any two places of the page has."""
SEEN = """
(element) => {
  if (element === document.body) return "";
  const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element);
  const seen = (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
  return seen && element.matches(":focus-visible") ? "" : element.outerHTML.slice(0, 200);
}
"""


def go_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press a key until the wanted is in focus; wherever one stops on the way is seen."""
    expect(wanted).to_be_visible()
    for _ in range(FARTHEST):
        page.keyboard.press(key)
        assert page.evaluate(SEEN, page.evaluate_handle("document.activeElement")) == ""
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail(f"{key} does not lead to {wanted}")


@pytest.mark.usefixtures("policed")
def test_a_wish_is_asked_for_and_granted(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    page, wang, li = window.page, window.seat(WANG), window.seat(LI)
    go_to(page, wang.box)
    page.keyboard.type("删除 /2023/drafts")
    page.keyboard.press("Enter")
    expect(wang.card("等待审批")).to_be_visible()
    expect(wang.box).to_be_focused()
    go_to(page, wang.section.get_by_role("button", name="切换身份，当前是"), "Shift+Tab")
    page.keyboard.press("Enter")
    menu = page.get_by_role("menu", name="切换身份")
    expect(menu.get_by_role("menuitem", name=LI)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("menuitem", name="赵同事")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    go_to(page, li.conversations.get_by_role("button", name=ROBOT))
    page.keyboard.press("Enter")
    go_to(page, li.card("请审批").get_by_role("button", name="批准"))
    page.keyboard.press("Space")
    expect(li.card("已移到回收站")).to_contain_text("李经理")
    assert "/2023/drafts" not in box.paths(SPACE)


def test_a_menu_is_left_where_it_was_opened(open_window: Opens) -> None:
    window = open_window("wang")
    beside = window.page.get_by_role("button", name="在旁边打开第二个人")
    go_to(window.page, beside)
    window.page.keyboard.press("Enter")
    menu = window.page.get_by_role("menu", name="在旁边打开第二个人")
    expect(menu).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(beside).to_be_focused()


def test_a_file_goes_to_the_bin_and_comes_back(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    row = page.get_by_role("treeitem", name="report.pdf")
    go_to(page, page.get_by_role("tab", name="网盘"))
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("report")
    expect(row).to_be_focused()
    page.keyboard.press("Delete")
    expect(page.get_by_role("tab", name="回收站")).to_contain_text("1")
    assert "/report.pdf" not in box.paths(SPACE)

    go_to(page, page.get_by_role("tab", name="网盘"), "Shift+Tab")
    page.keyboard.press("ArrowRight")
    item = page.get_by_role("listbox", name="回收站").get_by_role("option", name="report.pdf")
    go_to(page, item)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="已还原到原来的位置")).to_be_visible()
    assert "/report.pdf" in box.paths(SPACE)


@pytest.mark.usefixtures("approver")
def test_the_wire_is_read(open_window: Opens, box: Sandbox) -> None:
    box.say("wang", "cidMarketing==", "hello")
    page = open_window("wang").page
    go_to(page, page.get_by_role("tab", name="网盘"))
    page.keyboard.press("ArrowLeft")
    listed = page.get_by_role("listbox", name="调用与消息帧")
    expect(listed.get_by_role("option", name="对机器人消息的应答")).to_be_visible()
    go_to(page, listed)
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    details = page.get_by_role("region", name="所选条目的详情")
    expect(details.get_by_role("heading").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    expect(listed).to_be_focused()


def test_a_fault_is_ordered_and_taken_back(open_window: Opens, box: Sandbox) -> None:
    page = open_window("wang").page
    badge = page.get_by_role("navigation", name="沙箱控制").get_by_role("button", name="故障")
    go_to(page, badge)
    page.keyboard.press("Enter")
    go_to(page, page.get_by_role("button", name="添加故障"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox", name="搜索故障")).to_be_focused()
    page.keyboard.type("quota")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    go_to(page, page.get_by_role("button", name="让它发生"))
    page.keyboard.press("Enter")
    expect(badge).to_have_accessible_name("故障: 1 个故障")
    assert [fault["kind"] for fault in box.ask("GET", "faults")["faults"]] == ["quota"]
    go_to(page, badge, "Shift+Tab")
    page.keyboard.press("Enter")
    go_to(page, page.get_by_role("button", name="移除"))
    page.keyboard.press("Enter")
    expect(badge).to_have_accessible_name("故障: 无故障")
