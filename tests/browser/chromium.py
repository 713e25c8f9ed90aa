"""Debian's chromium, found and started; and what a page complains of while it is open."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    Response,
    sync_playwright,
)

VARIABLE = "CHROMIUM"
"""Where the program lies, when it is not `chromium` on the path. (Names in DINGSWEEP_ are the robot's settings.)"""
LEAN = ["--disable-gpu", "--disable-features=PreloadTopChromeWebUI,OptimizationHints,Translate,MediaRouter"]
"""Without what a browser does for a person in front of it: a fifth of its work."""
PROGRAMS = ("chromium-headless-shell", "chromium")
"""The first that is there. Both draw with the same engine; without the windows, menus and services of a whole
browser around it a page opens for half the work (2.9 s of processor time before, 1.7 s after)."""
NONE_FOUND = (
    f"There is no browser: install chromium-headless-shell or chromium, or say in {VARIABLE} where one lies."
)
OWN_DOING = "net::ERR_ABORTED"
"""What the browser itself breaks off, when a page is left or loaded again."""
TOLD_WITH_ITS_ADDRESS = "Failed to load resource: the server responded"
TELL_VIOLATIONS = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`));
"""


def program() -> str | None:
    """The browser's path; None when there is none."""
    found = (shutil.which(name) for name in PROGRAMS)
    return os.environ.get(VARIABLE) or next(filter(None, found), None)


def must_be_there() -> bool:
    """Whether a missing browser is a failure: CI installs one first where it may."""
    return bool(os.environ.get("CI")) and os.geteuid() == 0


@contextmanager
def browser(path: str) -> Iterator[Browser]:
    """A headless chromium; as root it has no sandbox of its own."""
    arguments = [*LEAN, "--no-sandbox"] if os.geteuid() == 0 else LEAN
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=arguments)
        try:
            yield chromium
        finally:
            chromium.close()


class Complaints:
    """All that the pages of a context complain of: errors and warnings on the console, exceptions nobody caught,
    requests that failed or were refused, violations of the page's policy, and dialogs nobody should open."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        context.add_init_script(TELL_VIOLATIONS)
        context.on("page", self._watch_page)

    def _watch_page(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.heard.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("dialog", self._dialog)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(TOLD_WITH_ITS_ADDRESS):
            self.heard.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != OWN_DOING:
            self.heard.append(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= HTTPStatus.BAD_REQUEST:
            self.heard.append(f"{response.status}: {response.request.method} {response.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()
