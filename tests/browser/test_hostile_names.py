"""Names and texts made to do something are shown as they are and do nothing, wherever the page shows them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.approval_robot import TEMPLATE
from tests.browser.conftest import Opens
from tests.browser.programs import Sandbox
from tests.browser.window import Seat

GROUP = "cidMarketing=="
NAMES = (
    "<script>window.struck=1</script>",
    "<img src=x onerror=window.struck=1>",
    "<svg onload=window.struck=1>",
    "](javascript:window.struck=1)",
    "[x](javascript:window.struck=1)",
    "[x](JaVaScRiPt&colon;window.struck=1)",
    "<a href='javascript:window.struck=1'>x</a>",
    "<iframe srcdoc='<script>parent.struck=1</script>'></iframe>",
    "<style>*{display:none}</style>",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    '"><b>x</b>',
    "${7*7} {{7*7}}",
)
MARKS = "invoice\u202efdp.exe \u2067x\u2069 \u200bhidden\ufeff \u061c"
SEEN_MARKS = "invoice□fdp.exe □x□ □hidden□ □"
FAMILY = "👨\u200d👩\u200d👧"
ACTIVE = """
() => [...document.querySelectorAll("app-shell :not(.brand img)")].filter((element) =>
  ["SCRIPT", "IMG", "IFRAME", "OBJECT", "EMBED", "STYLE", "LINK", "BASE", "META"].includes(element.tagName)
  || [...element.attributes].some(({name}) => name.startsWith("on"))
  || (element.hasAttribute("href") && !/^(https?:|dingtalk:|dtmd:|#$|\\/page\\/)/.test(element.getAttribute("href")))
).map((element) => element.outerHTML)
"""


def does_nothing(page: Page) -> None:
    assert page.evaluate("window.struck") is None
    assert page.evaluate(ACTIVE) == []


def test_as_text_they_are_read_as_they_are(open_window: Opens, box: Sandbox) -> None:
    for name in (*NAMES, MARKS, FAMILY):
        box.say("li", GROUP, name)
    window = open_window("wang")
    wang = Seat(window.page, "王小明")
    shown = wang.messages.locator(".bubble")
    expect(shown.last).to_be_visible()
    texts = [re.sub("^@Dingsweep ", "", text) for text in shown.all_inner_texts()]
    assert texts == [*NAMES, SEEN_MARKS, FAMILY]
    does_nothing(window.page)


@pytest.mark.usefixtures("approver")
def test_as_markdown_they_do_nothing(open_window: Opens, box: Sandbox) -> None:
    window = open_window("wang")
    for name in (*NAMES, MARKS):
        box.say("wang", GROUP, name)
    wang = Seat(window.page, "王小明")
    repeated = wang.log.get_by_role("article", name="Dingsweep").locator(".bubble")
    expect(wang.messages).to_have_count(2 * len(NAMES) + 2)
    expect(repeated.filter(has_text="<script>window.struck=1</script>")).to_be_visible()
    expect(repeated.filter(has_text=SEEN_MARKS)).to_be_visible()
    does_nothing(window.page)


def test_on_cards_and_as_names_of_everything(open_window: Opens, box: Sandbox) -> None:
    state = box.ask("GET", "state")
    for part, key, shift in (("people", "name", 0), ("people", "title", 3), ("conversations", "title", 6)):
        for number, one in enumerate(state[part]):
            one[key] = NAMES[(number + shift) % len(NAMES)]
    state["apps"][0]["robotName"] = NAMES[1]
    box.ask("PUT", "state", {part: state[part] for part in ("people", "conversations", "apps")})
    for number, name in enumerate((*NAMES, MARKS)):
        send_card(box, f"t{number}", name)
    window = open_window("wang")
    wang, title = Seat(window.page, NAMES[0]), re.compile("invoice□fdp")
    expect(wang.card(title)).to_be_visible()
    for name in NAMES:
        expect(wang.messages.get_by_role("heading", name=name, exact=True)).to_have_count(1)
        expect(wang.messages.get_by_role("button", name=name, exact=True)).to_have_count(1)
    expect(wang.section.get_by_role("heading", name=NAMES[6], exact=True)).to_have_count(2)
    window.page.get_by_role("button", name=re.compile("^切换身份，当前是")).click()
    menu = window.page.get_by_role("menuitem")
    for name in NAMES[: len(state["people"])]:
        expect(menu.filter(has_text=name).first).to_be_visible()
    does_nothing(window.page)


def called(rows: Locator) -> set[str]:
    """The names of files as rows have them for ears, before their size."""
    labels: list[str] = rows.evaluate_all("(rows) => rows.map((row) => row.getAttribute('aria-label'))")
    return {label.split(", 1 B")[0] for label in labels}


def send_card(box: Sandbox, track_id: str, name: str) -> None:
    """A card that has the name in every place."""
    button = {"text": name, "color": "blue", "id": name, "request": True}
    params: dict[str, Any] = {
        "title": name,
        "markdown": f"{name}\n\n**{name}**",
        "tips": name,
        "sys_full_json_obj": json.dumps({"msgButtons": [button]}),
    }
    card = {
        "cardTemplateId": TEMPLATE,
        "outTrackId": track_id,
        "callbackType": "STREAM",
        "cardData": {"cardParamMap": params},
        "openSpaceId": f"dtv1.card//IM_GROUP.{GROUP}",
        "imGroupOpenSpaceModel": {},
        "imGroupOpenDeliverModel": {"robotCode": "dingsandbox"},
    }
    box.api("POST", "/v1.0/card/instances/createAndDeliver", card)


def test_as_names_of_files_in_the_drive_the_bin_and_the_wire(open_window: Opens, box: Sandbox) -> None:
    files = [{"parent": "/", "name": name, "size": 1, "creator": "wang"} for name in (*NAMES, MARKS)]
    space = box.ask("POST", "drive", {"name": NAMES[1], "creator": "wang", "create": files})["spaceId"]
    listed = box.ask("GET", f"drive/{space}")["dentries"]
    box.api("GET", f"/v1.0/storage/spaces/{space}/dentries", parentId="0", unionId="wangUnionId")
    page = open_window("wang").page
    page.get_by_role("treeitem", name="市场部群文件").click()
    page.get_by_role("treeitem", name=NAMES[1]).click()
    shown = {*NAMES, SEEN_MARKS}
    expect(page.get_by_role("treeitem", name=", 1 B")).to_have_count(len(shown))
    assert called(page.get_by_role("treeitem", name=", 1 B")) == shown
    does_nothing(page)
    body = {"as": "wang", "action": "delete", "spaceId": space, "dentryIds": [one["id"] for one in listed]}
    assert all(result["ok"] for result in box.ask("POST", "hand", body)["results"])
    page.get_by_role("tab", name="回收站").click()
    expect(page.get_by_role("option", name=", 1 B")).to_have_count(len(shown))
    assert called(page.get_by_role("option", name=", 1 B")) == shown
    does_nothing(page)
    page.get_by_role("tab", name="通信").click()
    page.get_by_role("option", name="dentries").last.click()
    details = page.get_by_role("region", name="所选条目的详情")
    details.get_by_role("button", name="显示全部").click()
    for name in NAMES:
        expect(details).to_contain_text(name)
    does_nothing(page)
