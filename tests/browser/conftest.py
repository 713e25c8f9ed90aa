"""A browser for each worker, a sandbox and windows of its own for each test, and no complaints at its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser import chromium, programs
from tests.browser.boxes import Boxes
from tests.browser.chromium import Complaints
from tests.browser.programs import Sandbox
from tests.browser.window import Window

PATIENCE_MS = 20_000
ROBOTS = {"dingsweep", "policed", "approver"}
"""The fixtures that leave frames in a sandbox, which nothing takes out again."""
WIDE, PHONE = (1440, 900), (360, 740)

expect.set_options(timeout=PATIENCE_MS)


class Opens(Protocol):
    """Opens a window for these people, by userId."""

    def __call__(self, *people: str, **more: Any) -> Window: ...


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One chromium for all browser tests of this worker; gone before other tests run, whose event loops it bars."""
    path = chromium.program()
    if path is None and chromium.must_be_there():
        pytest.fail(chromium.NONE_FOUND)
    if path is None:
        pytest.skip(chromium.NONE_FOUND)
    with chromium.browser(path) as started:
        yield started


@pytest.fixture(scope="package")
def boxes() -> Iterator[Boxes]:
    """The sandboxes of this worker's tests."""
    with Boxes() as boxes:
        yield boxes


@pytest.fixture
def box(request: pytest.FixtureRequest, boxes: Boxes) -> Iterator[Sandbox]:
    """A sandbox as new, as a program; a parameter holds words of its command line."""
    words = getattr(request, "param", ())
    shared = not words and ROBOTS.isdisjoint(request.fixturenames)
    with boxes.shared() if shared else programs.sandbox(*words) as started:
        yield started


@pytest.fixture
def dingsweep(box: Sandbox, tmp_path: Path) -> Iterator[None]:
    """The real robot, connected; whoever asks confirms."""
    with programs.dingsweep(box, tmp_path):
        yield


@pytest.fixture
def policed(request: pytest.FixtureRequest, box: Sandbox, tmp_path: Path) -> Iterator[None]:
    """The real robot with the built-in rules, by which managers approve; a parameter holds other rules."""
    rules = getattr(request, "param", None)
    with programs.dingsweep(box, tmp_path, RULES=json.dumps(rules) if rules else None):
        yield


@pytest.fixture
def approver(box: Sandbox) -> Iterator[None]:
    """The robot that asks the manager, connected."""
    with programs.approval_robot(box):
        yield


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the windows complain of; a test that provokes something takes it out."""
    complaints = Complaints()
    yield complaints
    assert not complaints.heard, "\n".join(complaints.heard)


@pytest.fixture
def open_window(browser: Browser, box: Sandbox, complaints: Complaints) -> Iterator[Opens]:
    """Opens windows on the sandbox, each in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def opens(
        *people: str,
        size: tuple[int, int] = WIDE,
        scheme: Any = "light",
        locale: str = "zh-CN",
        **more: Any,
    ) -> Window:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            locale=locale,
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(PATIENCE_MS)
        complaints.watch(context)
        contexts.append(context)
        window = Window(context.new_page(), box.url)
        window.go(*people)
        return window

    yield opens
    for context in contexts:
        context.close()
