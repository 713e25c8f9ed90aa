"""The real robot's story in a real browser, two people side by side: command, card, a colleague's click, the end."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import SPACE, WANG, ZHAO

pytestmark = pytest.mark.usefixtures("dingsweep")

ASKED = re.compile("删除 6 项？")
NO_CARDS = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
DONE = re.compile("已移到回收站：6 项")
MANY, LOG = 400, re.compile(r"^\d+\.log")
REMOVE = "POST /v1.0/storage/spaces/{spaceId}/dentries/batchRemove"


def test_asked_refused_to_a_colleague_confirmed_and_told_to_all(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang", "zhao")
    wang, zhao = window.seat(WANG), window.seat(ZHAO)
    wang.say("删除 /2023/drafts --理由 季度清理")
    for seat in (wang, zhao):
        expect(seat.message("删除 /2023/drafts --理由 季度清理")).to_contain_text("@Dingsweep")
        expect(seat.card(ASKED)).to_contain_text("季度清理")

    zhao.card(ASKED).get_by_role("button", name="移到回收站").click()
    expect(zhao.card(ASKED)).to_contain_text("只有王小明可以确认或取消这次删除")
    expect(wang.card(ASKED)).not_to_contain_text("这次删除")
    zhao.open("Dingsweep")
    expect(zhao.message("只有王小明可以确认")).to_be_visible()
    wang.open("Dingsweep")
    expect(wang.messages).to_have_count(0)

    wang.open("市场部")
    wang.card(ASKED).get_by_role("button", name="移到回收站").click()
    zhao.open("市场部")
    for seat in (wang, zhao):
        expect(seat.card(DONE)).to_be_visible()
    assert not any(path.startswith("/2023/drafts") for path in box.paths(SPACE))


def test_undone_by_the_button_on_its_result(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    wang.say("删除 /report.pdf")
    wang.card(re.compile("^删除 1 项？")).get_by_role("button", name="移到回收站").click()
    page.get_by_role("tab", name="回收站").click()
    item = page.get_by_role("option", name="report.pdf")
    expect(item).to_be_visible()
    wang.card(re.compile("^已移到回收站：1 项")).get_by_role("button", name="撤销").click()
    asked = wang.card(re.compile("^恢复 1 项？"))
    expect(asked).to_contain_text("不会覆盖任何文件")
    asked.get_by_role("button", name="恢复").click()
    expect(wang.card(re.compile("^已恢复：1 项"))).to_be_visible()
    expect(page.get_by_role("option", name="report.pdf, 已还原")).to_be_visible()
    page.get_by_role("tab", name="网盘").click()
    expect(page.get_by_role("treeitem", name="report.pdf, 12.4 MB")).to_be_visible()
    assert "/report.pdf" in box.paths(SPACE)
    assert box.ask("GET", "bin")["items"] == []


def test_a_long_one_is_stopped_on_its_card(open_window: Opens, box: Sandbox) -> None:
    names = [f"/{number:03}.log" for number in range(MANY)]
    box.create(SPACE, *({"path": name, "size": 5, "creator": "wang"} for name in names))
    box.ask("POST", "faults", {"route": REMOVE, "delayMs": 1500})
    window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    page.get_by_role("tab", name="回收站").click()
    wang.say(f"删除 {' '.join(names)}")
    wang.card(re.compile(f"^删除 {MANY} 项？")).get_by_role("button", name="移到回收站").click()
    running = wang.card(re.compile(f"^正在删除 {MANY} 项"))
    expect(running.get_by_role("button")).to_have_text(["查看明细", "停止"])
    expect(page.get_by_role("option", name=LOG).first).to_be_visible()
    running.get_by_role("button", name="停止").click()
    stopping = wang.card(re.compile(f"^正在停止删除，共 {MANY} 项"))
    expect(stopping).to_contain_text("做完手头的就停，不再开始新的")
    expect(stopping.get_by_role("button")).to_have_count(0)
    expect(stopping).to_have_count(0)
    result = wang.card(re.compile("^已移到回收站："))
    expect(result).to_contain_text("王小明 中途停止了")
    gone = set(names) - box.paths(SPACE)
    assert 0 < len(gone) < MANY
    expect(result).to_contain_text(f"已移到回收站：{len(gone)} / {MANY} 项")


def test_without_cards_its_buttons_type_the_answer(open_window: Opens, box: Sandbox) -> None:
    box.ask("POST", "faults", {"route": "/v1.0/card/", "status": 403, "code": NO_CARDS, "message": "no"})
    wang = open_window("wang").seat(WANG)
    wang.say("删除 /report.pdf")
    asked = wang.card(re.compile("删除 1 项"))
    asked.get_by_role("button", name="移到回收站").click()
    expect(wang.message(re.compile("已移到回收站：1 项"))).to_be_visible()
    assert "/report.pdf" not in box.paths(SPACE)


def test_a_document_link_is_pasted_and_understood(open_window: Opens, box: Sandbox) -> None:
    listed = box.ask("GET", f"drive/{SPACE}")["dentries"]
    (document,) = (entry["uuid"] for entry in listed if entry["name"] == "季度复盘.adoc")
    link = f"https://alidocs.dingtalk.com/i/nodes/{document}"
    wang = open_window("wang").seat(WANG)
    wang.say(f"删除 {link}")
    expect(wang.messages.get_by_role("link", name=link)).to_have_attribute("href", link)
    expect(wang.card(re.compile("删除 1 项"))).to_contain_text("季度复盘.adoc")
