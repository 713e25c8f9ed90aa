"""Long conversations and large spaces stay usable: what is done per key and per frame does not grow with them.

Milliseconds are printed (`pytest -s`); asserted are ratios within one run, with a floor for what a clock cannot tell.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import ENGINEERING, MARKETING, SPACE, WANG, Seat

PACE = Path(__file__).with_name("pace.js").read_text("utf-8")
MANY, FEW = 2000, 20
FILES, HUNDRED = 10_000, 100
ROWS_OF_CHAT, ROWS_OF_TREE = 300, 200
KEYS, ROUNDS = 10, 3
TIMES, FLOOR_MS = 3.0, 34.0
"""The large may take three times as long as the small, and two frames more."""
STEPS = 40


def said(conversation: str, count: int, first: int) -> list[dict[str, Any]]:
    """Messages of a conversation: most are words, every tenth is Markdown of the robot."""
    messages = []
    for number in range(first, first + count):
        robot = number % 10 == 0
        body = (
            {"title": "t", "text": f"**第 {number} 句**\n- 一\n- 二"}
            if robot
            else {"content": f"第 {number} 句"}
        )
        messages.append(
            {
                "seq": number,
                "id": f"m{number}",
                "at": 1_760_000_000_000 + number * 1000,
                "conversationId": conversation,
                "kind": "markdown" if robot else "text",
                "body": body,
                "sender": "" if robot else ("li", "zhao", "wang")[number % 3],
                "robotCode": "dingsandbox" if robot else "",
            }
        )
    return messages


def worst_of_most(gaps: list[float]) -> float:
    """The 90th percentile, in ms."""
    return sorted(gaps)[int(len(gaps) * 0.9)]


def keys(page: Page, seat: Seat) -> list[float]:
    """Type some letters; what each took to be seen, in ms."""
    seat.box.focus()
    page.evaluate("pace.watchKeys()")
    for letter in "abcdefghij"[:KEYS]:
        page.keyboard.press(letter)
    page.wait_for_function("(count) => pace.keys.length >= count", arg=KEYS)
    seat.box.fill("")
    times: list[float] = page.evaluate("pace.keys")
    return times[:KEYS]


def scrolled(page: Page, scroller: Locator, by: int) -> list[float]:
    """Scroll it step by step; the times between frames, in ms."""
    arguments = [scroller.element_handle(), STEPS, by]
    gaps: list[float] = page.evaluate("([element, steps, by]) => pace.scroll(element, steps, by)", arguments)
    return gaps


def test_two_thousand_messages(open_window: Opens, box: Sandbox) -> None:
    messages = said("cidEngineering==", FEW, 1) + said("cidMarketing==", MANY, FEW + 1)
    box.ask("PUT", "state", {"messages": messages})
    window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    page.evaluate(PACE)
    expect(wang.message(f"第 {MANY + FEW} 句")).to_be_in_viewport()
    arguments = [wang.log.element_handle(), messages[FEW]["id"]]
    most = page.evaluate("([log, id]) => pace.toFirst(log, id)", arguments)
    assert most <= ROWS_OF_CHAT
    expect(wang.message(f"第 {FEW + 1} 句")).to_be_in_viewport()

    typed: dict[str, list[float]] = {ENGINEERING: [], MARKETING: []}
    drawn: dict[str, list[float]] = {ENGINEERING: [], MARKETING: []}
    for number in range(ROUNDS):
        typed[MARKETING] += keys(page, wang)
        drawn[MARKETING] += scrolled(page, wang.log, (-400, 400)[number % 2])
    wang.open(ENGINEERING)
    expect(wang.message(f"第 {FEW} 句")).to_be_in_viewport()
    for number in range(ROUNDS):
        typed[ENGINEERING] += keys(page, wang)
        drawn[ENGINEERING] += scrolled(page, wang.log, (-400, 400)[number % 2])
    report("typing", {title: median(times) for title, times in typed.items()})
    report("scrolling", {title: worst_of_most(times) for title, times in drawn.items()})
    assert median(typed[MARKETING]) <= median(typed[ENGINEERING]) * TIMES + FLOOR_MS
    assert worst_of_most(drawn[MARKETING]) <= worst_of_most(drawn[ENGINEERING]) * TIMES + FLOOR_MS


def report(what: str, figures: dict[str, float]) -> None:
    print(what, ", ".join(f"{name} {ms:.1f} ms" for name, ms in figures.items()))  # noqa: T201


def test_ten_thousand_files(open_window: Opens, box: Sandbox) -> None:
    for folder, count in (("few", HUNDRED), ("many", FILES)):
        files = [{"path": f"/{folder}/{n:05}.txt", "size": n, "creator": "wang"} for n in range(count)]
        box.create(SPACE, {"path": f"/{folder}/", "creator": "wang"}, *files)
    window = open_window("wang")
    page, wang = window.page, window.seat(WANG)
    page.evaluate(PACE)
    tree = page.get_by_role("tree", name="所有空间的文件")
    rows = tree.get_by_role("treeitem")
    typed: dict[str, float] = {}
    drawn: dict[str, float] = {}
    for folder in ("few", "many"):
        rows.and_(page.get_by_role("treeitem", name=f"{folder}, 文件夹")).click()
        expect(tree.get_by_role("treeitem", name="00000.txt")).to_be_visible()
        typed[folder] = median(time for _ in range(ROUNDS) for time in keys(page, wang))
        drawn[folder] = worst_of_most(scrolled(page, tree.locator(".."), 200))
        assert rows.count() < ROWS_OF_TREE
        tree.locator("..").evaluate("(element) => { element.scrollTop = 0; }")
        page.get_by_role("treeitem", name=f"{folder}, 文件夹").click()
        expect(tree.get_by_role("treeitem", name="00000.txt")).to_have_count(0)
    report("typing", typed)
    report("scrolling", drawn)
    assert typed["many"] <= typed["few"] * TIMES + FLOOR_MS
    assert drawn["many"] <= drawn["few"] * TIMES + FLOOR_MS


def test_the_last_of_ten_thousand_is_one_key_away(open_window: Opens, box: Sandbox) -> None:
    files = [{"path": f"/{n:05}.txt", "size": n, "creator": "wang"} for n in range(FILES)]
    box.ask("POST", "drive", {"name": "Many", "creator": "wang", "create": files})
    page = open_window("wang").page
    rows = page.get_by_role("tree", name="所有空间的文件").get_by_role("treeitem")
    space = page.get_by_role("treeitem", name="Many, 空间")
    space.click()
    expect(page.get_by_role("treeitem", name="00000.txt")).to_be_visible()
    space.press("End")
    expect(page.get_by_role("treeitem", name=f"{FILES - 1:05}.txt")).to_be_in_viewport()
    assert rows.count() < ROWS_OF_TREE
