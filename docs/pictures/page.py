"""The chat as a page: what was said and which cards stood there, in HTML that looks like DingTalk's chat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template

from markdown_it import MarkdownIt

_PAGE = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
_BIN = (
    '<svg viewBox="0 0 24 24" fill="none" stroke="#fff" stroke-width="1.9" stroke-linecap="round" '
    'stroke-linejoin="round"><path d="M4 7h16M9.5 7V4.5h5V7M6.5 7l.9 12.5h9.2L17.5 7M10.3 11v5M13.7 11v5"/></svg>'
)
_RED = "&lt;font colorTokenV2=common_red1_color&gt;", "&lt;/font&gt;"
_OPTION, _KEPT_WHOLE = re.compile(r"--\S+"), r"<span class=whole>\g<0></span>"
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True)
class Button:
    text: str
    color: str


@dataclass(frozen=True)
class Said:
    """A message; `mine` when the one who looks wrote it, in a group with the robot mentioned in front."""

    name: str
    text: str
    mine: bool = False
    mentions: bool = True


@dataclass(frozen=True)
class Card:
    """A card as its variables have it."""

    title: str
    markdown: str
    tips: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Note:
    """A line between the messages: what a person did."""

    text: str


Line = Said | Card | Note


@dataclass(frozen=True)
class Column:
    """One view of one conversation, with a caption above it."""

    caption: str
    conversation: str
    lines: tuple[Line, ...]


def page(language: str, columns: tuple[Column, ...]) -> str:
    """A whole HTML document; its root's `data-size` says how large the picture is, as `WIDTHxHEIGHT`."""
    return _PAGE.substitute(
        language=language, columns="".join(_column(number, c) for number, c in enumerate(columns, 1))
    )


def _column(number: int, column: Column) -> str:
    lines = "".join(map(_line, column.lines))
    return (
        f"<section><h2><b>{number}</b>{escape(column.caption)}</h2><div class=chat>"
        f"<div class=bar>{escape(column.conversation)}</div><div class=lines>{lines}</div></div></section>"
    )


def _line(line: Line) -> str:
    match line:
        case Note():
            return f"<div class=note>{escape(line.text)}</div>"
        case Said(mine=True):
            at = "<span class=at>@Dingsweep</span> " if line.mentions else ""
            text = at + _OPTION.sub(_KEPT_WHOLE, escape(line.text))
            return _row("mine", _initials(line.name), "", f"<div class=bubble>{text}</div>")
        case Said():
            return _row("", _BIN, "", f"<div class=bubble>{_rendered(line.text)}</div>")
        case Card():
            return _row("", _BIN, "card", _paper(line))


def _initials(name: str) -> str:
    """What DingTalk writes where there is no portrait: the end of a Chinese name, the beginning of others."""
    return escape(name[:1] if name.isascii() else name[-2:])


def _row(side: str, avatar: str, kind: str, content: str) -> str:
    who = "" if side else "robot"
    return (
        f'<div class="line {side}"><div class="avatar {who}">{avatar}</div>'
        f'<div class="body {kind}"><div class=name>Dingsweep</div>{content}</div></div>'
    )


def _paper(card: Card) -> str:
    tips = f"<div class=tips>{escape(card.tips)}</div>" if card.tips else ""
    buttons = "".join(f'<div class="button {b.color}">{escape(b.text)}</div>' for b in card.buttons)
    return (
        f"<div class=paper><div class=title>{escape(card.title)}</div>"
        f"<div class=text>{_rendered(card.markdown)}</div>{tips}"
        + (f"<div class=buttons>{buttons}</div>" if buttons else "")
        + "</div>"
    )


def _rendered(markdown: str) -> str:
    """DingTalk's Markdown as HTML: CommonMark and the one colour the cards use."""
    opening, closing = _RED
    html: str = _MARKDOWN.render(markdown)
    return html.replace(opening, "<span class=danger>").replace(closing, "</span>")
