"""DingTalk's Markdown, as far as the robot writes it, as text of a terminal.

https://open.dingtalk.com/document/development/markdown-variable-new
"""

from __future__ import annotations

import re

from rich.style import Style
from rich.text import Text

_SIGNS = re.compile(r"(\*\*|<font[^<>]*>|</font>)")
_PARAGRAPH = re.compile(r"\n{2,}")


def plain(text: str) -> str:
    """The text without what a terminal would act on; names come from strangers."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def rendered(markdown: str) -> Text:
    """Bold and red where the card has them, one line a paragraph."""
    text, bold, red = Text(), False, False
    for part in _SIGNS.split(_PARAGRAPH.sub("\n", plain(markdown))):
        if part == "**":
            bold = not bold
        elif part.startswith(("<font", "</font")) and part.endswith(">"):
            red = not part.startswith("</")
        else:
            text.append(part, Style(bold=bold or None, color="red" if red else None))
    return text
