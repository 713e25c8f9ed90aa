"""In both schemes and widths everything can be read, reached and named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, Opens
from tests.browser.programs import Sandbox
from tests.browser.window import LI, WANG, Window

LOOKS = Path(__file__).with_name("looks.js").read_text("utf-8")
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"
ROLES = (
    "button|textbox|searchbox|combobox|link|tab|option|treeitem|switch|checkbox|slider|listbox|tree|dialog"
)
NAMELESS = re.compile(rf"^\s*- (?:{ROLES}|menuitem)(?=:| \[|$).*$", re.MULTILINE)

Scheme = Literal["light", "dark"]


def in_order(page: Page, screen: str) -> None:
    """Nothing on the screen is too faint, beyond the window's side, or without a name."""
    found = page.evaluate(LOOKS)
    assert found == {"faint": [], "beyond": [], "wider": 0}, screen
    assert NAMELESS.findall(page.locator("body").aria_snapshot()) == [], screen


@pytest.fixture
def lived_in(box: Sandbox, approver: None) -> Sandbox:
    """A sandbox where something was said, decided, refused and deleted, and a fault is on."""
    box.say("wang", "cidMarketing==", "delete /2023/drafts")
    box.say("li", "cidMarketing==", "# 标题\n**粗体** `code` https://alidocs.dingtalk.com/i/nodes/x")
    box.ask("POST", "faults", {"kind": "error", "route": REMOVE})
    return box


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_desk(open_window: Opens, lived_in: Sandbox, scheme: Scheme) -> None:
    window = open_window("wang", "li", size=WIDE, scheme=scheme)
    for screen in screens_on_a_desk(window):
        in_order(window.page, screen)


def screens_on_a_desk(window: Window) -> Iterator[str]:
    page = window.page
    card = window.seat(LI).card("drafts")
    card.get_by_role("button", name="批准").hover()
    expect(page.get_by_role("treeitem", name="report.pdf")).to_be_visible()
    yield "chat and drive"
    page.get_by_role("treeitem", name="report.pdf").click(button="right")
    yield "menu of a file"
    page.get_by_role("menuitem", name="移入回收站").click()
    page.get_by_role("tab", name="回收站").click()
    page.get_by_role("option", name="report.pdf").click()
    yield "bin"
    page.get_by_role("tab", name="通信").click()
    page.get_by_role("option", name="createAndDeliver").click()
    expect(page.get_by_role("region", name="所选条目的详情")).to_be_visible()
    yield "wire"
    for name in ("时钟", "Stream 连接", "延迟与限制", "故障", "本月额度", "存档与回放"):
        page.get_by_role("navigation", name="沙箱控制").get_by_role("button", name=name).click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        yield name
        page.keyboard.press("Escape")
    page.get_by_role("button", name="让它失败").click()
    expect(page.get_by_role("dialog", name="添加故障")).to_be_visible()
    yield "fault form"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(open_window: Opens, lived_in: Sandbox, scheme: Scheme) -> None:
    window = open_window("wang", size=PHONE, scheme=scheme, has_touch=True)
    for screen in screens_on_a_phone(window):
        in_order(window.page, screen)


def screens_on_a_phone(window: Window) -> Iterator[str]:
    page, wang = window.page, window.seat(WANG)
    expect(wang.card("drafts")).to_be_visible()
    yield "chat"
    wang.section.get_by_role("button", name="会话").click()
    yield "conversations"
    for pane, shown in (("网盘", "treeitem"), ("回收站", "tabpanel"), ("通信", "option")):
        page.get_by_role("button", name=pane, exact=True).click()
        expect(page.get_by_role("tabpanel").get_by_role("button").first).to_be_visible()
        yield f"{pane} {shown}"
    page.get_by_role("option", name="createAndDeliver").click()
    yield "wire, details"
    page.get_by_role("button", name="控制", exact=True).click()
    sheet = page.get_by_role("dialog", name="沙箱控制")
    expect(sheet).to_be_visible()
    yield "control"
    sheet.get_by_role("button", name="添加故障").click()
    yield "fault form"
