"""Takes the pictures of the sandbox's page: `python -m docs.pictures.screens`, or `make screenshots`.

The sandbox and the robot run as programs, a person and their manager use the page side by side, and what the browser
shows in both schemes and two widths is kept. Needs on Debian: chromium fonts-noto-cjk fonts-noto-color-emoji; with
pngquant the files are a third as large.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser

from docs.pictures.story import CHINESE, ENGLISH, WEBSITE, Scene
from tests.browser import chromium, programs
from tests.browser.programs import Sandbox
from tests.browser.window import ROBOT, Window

HERE = Path(__file__).parent
DESK, PHONE = (1440, 900), (360, 740)
DESK_SCALE, PHONE_SCALE = 1.5, 2
PATIENCE_MS = 20_000

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
FIRST_SPACE = "市场部群文件"


@dataclass(frozen=True)
class Words:
    """What things are called on the page in one language."""

    locale: str
    manager: str
    manager_name: str
    own: str
    confirm: str
    waiting: re.Pattern[str]
    asked: re.Pattern[str]
    website: str
    folder: str
    wire: str
    callback: str
    details: str
    fail: str
    form: str
    drive: str
    control: str
    sheet: str


WORDS = {
    "en": Words(
        locale="en-US",
        manager="admin",
        manager_name="Admin",
        own='delete "/old banners.zip" --reason replaced in May',
        confirm="Move to bin",
        waiting=re.compile("^Delete .*: waiting for approval"),
        asked=re.compile("^Approve. Alice"),
        website="Website files",
        folder="",
        wire="Wire",
        callback="DingTalk pushes to the robot, card callback",
        details="Details of the chosen entry",
        fail="Make this fail",
        form="Add a fault",
        drive="Drive",
        control="Control",
        sheet="Control of the sandbox",
    ),
    "zh": Words(
        locale="zh-CN",
        manager="li",
        manager_name="李经理",
        own='删除 "/预算 2023.xlsx" --理由 已有新版',
        confirm="移到回收站",
        waiting=re.compile("^删除 .*等待审批"),
        asked=re.compile("^请审批"),
        website=FIRST_SPACE,
        folder="2023, 文件夹",
        wire="通信",
        callback="钉钉推送给机器人, 卡片回调",
        details="所选条目的详情",
        fail="让它失败",
        form="添加故障",
        drive="网盘",
        control="控制",
        sheet="沙箱控制",
    ),
}


@dataclass(frozen=True)
class Looks:
    """One window of those that are open at the same time."""

    scheme: Scheme
    desk: Window
    phone: Window


def main() -> None:
    """Take all pictures; they replace those that are there."""
    path = chromium.program()
    if path is None:
        sys.exit(chromium.NONE_FOUND)
    with chromium.browser(path) as browser:
        for scene in (ENGLISH, CHINESE):
            take(browser, scene, WORDS[scene.language])


def take(browser: Browser, scene: Scene, words: Words) -> None:
    """One language: the story first, then every screen in both schemes and widths."""
    with stage() as box, ExitStack() as opened:
        windows = [opened.enter_context(looks(browser, box, scene, words, one)) for one in SCHEMES]
        for one in windows:
            prepare(one.desk, scene, words)
        play(windows, scene, words)
        for one in windows:
            one.desk.seat(words.manager_name).card(words.asked).wait_for()
            keep(one.desk, "people", one.scheme, scene)
        for one in windows:
            desk(one, scene, words)
            phone(one, scene, words)


@contextmanager
def stage() -> Iterator[Sandbox]:
    """The sandbox with a space for Engineering, and the robot that serves it."""
    with TemporaryDirectory() as folder, programs.sandbox() as box:
        website = box.ask("POST", "drive", WEBSITE)["spaceId"]
        with programs.dingsweep(box, Path(folder), SPACES=json.dumps({ENGLISH.where: website}), RULES=None):
            yield box


@contextmanager
def looks(browser: Browser, box: Sandbox, scene: Scene, words: Words, scheme: Scheme) -> Iterator[Looks]:
    """A wide window for two people and a narrow one for the first of them."""
    with ExitStack() as opened:
        windows = []
        for (width, height), scale, people in (
            (DESK, DESK_SCALE, (scene.who, words.manager)),
            (PHONE, PHONE_SCALE, (scene.who,)),
        ):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                device_scale_factor=scale,
                color_scheme=scheme,
                locale=words.locale,
                timezone_id="Asia/Shanghai",
                has_touch=width == PHONE[0],
                reduced_motion="reduce",
            )
            opened.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            window = Window(context.new_page(), box.url)
            window.go(*people)
            windows.append(window)
        yield Looks(scheme, *windows)


def prepare(window: Window, scene: Scene, words: Words) -> None:
    """One looks at the group, the manager at the robot, and the drive shows what is going to be deleted."""
    window.seat(words.manager_name).open(ROBOT)
    if words.website != FIRST_SPACE:
        window.page.get_by_role("treeitem", name=FIRST_SPACE).click()
        window.page.get_by_role("treeitem", name=words.website).click()
    if words.folder:
        window.page.get_by_role("treeitem", name=words.folder).click()


def play(windows: list[Looks], scene: Scene, words: Words) -> None:
    """A deletion that the requester confirms alone, and one that waits for the manager."""
    window = windows[0].desk
    who, manager = window.seat(scene.name), window.seat(words.manager_name)
    who.say(words.own)
    who.messages.get_by_role("button", name=words.confirm).click()
    who.card(re.compile(scene.done_title)).wait_for()
    who.say(scene.command)
    manager.card(words.asked).wait_for()
    for one in windows:
        point_at(one.desk)


def point_at(window: Window) -> None:
    """Under a pointer nothing that has just gone is cleared away."""
    tree = window.page.get_by_role("tree")
    for down in (300, 310):
        tree.hover(position={"x": 5, "y": down}, force=True)


def desk(one: Looks, scene: Scene, words: Words) -> None:
    page = one.desk.page
    page.get_by_role("tab", name=words.wire).click()
    page.get_by_role("option", name=words.callback).last.click()
    details = page.get_by_role("region", name=words.details)
    details.wait_for()
    page.mouse.move(0, 0)
    keep(one.desk, "wire", one.scheme, scene)
    details.get_by_role("button", name=words.fail).click()
    page.get_by_role("dialog", name=words.form).wait_for()
    keep(one.desk, "faults", one.scheme, scene)


def phone(one: Looks, scene: Scene, words: Words) -> None:
    page = one.phone.page
    page.get_by_role("log").get_by_role("heading", name=words.waiting).wait_for()
    keep(one.phone, "phone-chat", one.scheme, scene)
    page.get_by_role("button", name=words.drive, exact=True).click()
    page.get_by_role("treeitem").first.wait_for()
    keep(one.phone, "phone-drive", one.scheme, scene)
    page.get_by_role("button", name=words.control, exact=True).click()
    page.get_by_role("dialog", name=words.sheet).wait_for()
    page.mouse.move(0, 0)
    keep(one.phone, "phone-control", one.scheme, scene)


def keep(window: Window, screen: str, scheme: Scheme, scene: Scene) -> None:
    """Write one PNG."""
    picture = HERE / f"page-{screen}.{scheme}.{scene.language}.png"
    window.page.evaluate("document.fonts.ready")
    window.page.screenshot(path=picture, animations="disabled")
    if quantise := shutil.which("pngquant"):
        command = [quantise, "--force", "--ext", ".png", "--speed", "1", "--skip-if-larger", str(picture)]
        subprocess.run(command, check=False, timeout=60)  # noqa: S603  our own picture


if __name__ == "__main__":
    main()
