"""Hostile text made inert: file names, nicknames, reasons and titles come from strangers.

Nobody promises that DingTalk honours a backslash, so a character that could start a construct of its Markdown
(links, images, `[表情]`, `<font>`, `<a atId=…>`, tables, emphasis, code) is replaced by its full-width twin:
it still reads the same, and it can no longer act. What cannot be seen is shown as □, because two names that
look alike must not be taken for each other.

Syntax followed: https://open.dingtalk.com/document/development/markdown-variable-new
"""

from __future__ import annotations

import re

UNSEEN = "□"
"""Stands for what has no shape of its own: zero-width and bidi characters, or a text with nothing in it."""

MARKS = (
    "\u0300-\u036f\u0483-\u0489\u064b-\u065f\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
"""Character class of marks that sit on the character before them."""

EMOJI = "\u00a9\u00ae\u203c\u2049\u2100-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
"""Character class that covers all emoji (and some other symbols)."""

_HIDDEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
)
_TWINS = str.maketrans("[]<>*`\\|@~", "［］＜＞＊｀＼｜＠～")
_STARTERS = str.maketrans("#-+=", "＃－＋＝")

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_UNSEEN = re.compile(
    # A joiner or selector inside an emoji is part of it: kept. Everything else that hides is shown.
    f"((?<=[{EMOJI}])\ufe0f|(?<=[0-9#])\ufe0f(?=\u20e3)|(?<=[{EMOJI}\ufe0f])\u200d(?=[{EMOJI}]))|[{_HIDDEN}]+"
)
_PILED = re.compile(f"([{MARKS}]{{3}})[{MARKS}]+")
_ORPHAN = re.compile(f"^(?=[{MARKS}])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_SCHEME = re.compile(r"(?<![a-z0-9])(javascript|vbscript|data|mailto|tel|sms):", re.IGNORECASE)
_WWW = re.compile(r"(www)\.", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<!\w)_+|_+(?!\w)")
_NUMBERED = re.compile(r"^(\d+)([.)])(?=\s|$)")


class Markdown(str):
    """Text that is safe to show as it is: written by us, or escaped."""

    __slots__ = ()


def escape(text: str) -> Markdown:
    """`text` on one line, seen as it is and doing nothing; never empty. Escaping twice changes nothing more."""
    return Markdown(_block_starts(_constructs(_visible(text))) or UNSEEN)


def _visible(text: str) -> str:
    """One line; hidden characters shown; at most three marks on a character, none on what precedes the text."""
    text = _BLANK.sub(" ", text).strip()
    text = _UNSEEN.sub(lambda found: found[1] or UNSEEN, text)
    return _ORPHAN.sub(UNSEEN, _PILED.sub(r"\1", text))


def _constructs(text: str) -> str:
    """Everything that acts inside a line, replaced by its twin."""
    text = _ENTITY.sub("＆", text)
    text = _SCHEME.sub(r"\1：", text.replace("://", "：//"))
    text = _WWW.sub(r"\1．", text)
    # An underscore inside a word is never emphasis, and file names are full of them.
    text = _EMPHASIS.sub(lambda found: "＿" * len(found[0]), text)
    return text.translate(_TWINS)


def _block_starts(text: str) -> str:
    """Everything that acts at the start of a line: headings, lists, rules."""
    text = _NUMBERED.sub(lambda found: found[1] + ("．" if found[2] == "." else "）"), text)
    return text[:1].translate(_STARTERS) + text[1:]
