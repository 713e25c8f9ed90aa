"""The page as a person in front of it finds things: by what they are and how they are called."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page

MARKETING, ENGINEERING = "市场部", "Engineering"
SPACE = "24010001"
"""市场部's own files."""
WANG, LI, ZHAO, SUN, ALICE = "王小明", "李经理", "赵同事", "孙外部", "Alice"
ROBOT = "Dingsweep"
"""What somebody's conversation with the robot is called."""


class Seat:
    """One person's side of the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        chinese, english = (
            page.get_by_role("region", name=called, exact=True)
            for called in (f"{name}的钉钉", f"{name}'s DingTalk")
        )
        self.section = chinese.or_(english)

    @property
    def box(self) -> Locator:
        """Where this person writes."""
        return self.section.get_by_role("textbox", name=re.compile("^(发给|Message to)"))

    @property
    def log(self) -> Locator:
        return self.section.get_by_role("log")

    @property
    def messages(self) -> Locator:
        return self.log.get_by_role("article")

    def say(self, text: str) -> None:
        """Write it and press Enter."""
        self.box.fill(text)
        self.box.press("Enter")

    def open(self, title: str) -> None:
        """Open a conversation by its title; the one with the robot has the robot's name."""
        self.conversations.get_by_role("button", name=title).click()

    @property
    def conversations(self) -> Locator:
        return self.section.get_by_role("navigation", name=re.compile("会话|Conversations"))

    def send(self, what: str) -> None:
        """Choose something else than text to send, by its name in the menu."""
        self.section.get_by_role("button", name="发送其他内容").click()
        self.page.get_by_role("menuitem", name=what).click()

    def message(self, text: str | re.Pattern[str]) -> Locator:
        """The newest message that holds this text."""
        return self.messages.filter(has_text=text).last

    def card(self, title: str | re.Pattern[str]) -> Locator:
        """The newest card with such a title."""
        return self.messages.filter(has=self.page.get_by_role("heading", name=title)).last

    def sit(self, name: str) -> None:
        """Let somebody else sit here, by the row of faces."""
        faces = self.section.get_by_role("group", name=re.compile("切换身份|Be somebody else"))
        faces.get_by_role("button", name=name).click()


class Window:
    """One browser window on the sandbox's page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def go(self, *people: str, **query: str) -> None:
        """Load the page for these people, by userId."""
        wanted = {"as": ",".join(people), **query} if people else query
        tail = "&".join(f"{name}={value}" for name, value in wanted.items())
        self.page.goto(f"{self.url}/?{tail}" if tail else f"{self.url}/")

    def seat(self, name: str) -> Seat:
        return Seat(self.page, name)
