"""The grammar of a typed command: text → its first word → tokens.

People type on phones and through Chinese input methods, so a full-width space, quote, slash or dash means
what it looks like. Inside quotes nothing is touched: file names really contain such characters.

- A token ends at white space. Invisible marks (zero-width, bidirectional) around a token are dropped.
- A token that starts with a double quote of any style ends at the one that answers it and is followed by
  white space; inside `"…"` a quote itself is written twice. A name such as `“十四五”规划.docx` that only
  begins with a quotation is an ordinary word.
- Single quotes are quotes only when they enclose a whole token (`it's` is a word).
- Dashes at the start of a token begin an option: `-x`, `--space`, `——永久`, `—dry-run`. A value may be
  attached with `=` or `:`. A word such as `—草稿.docx` is not an option.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from bot.models import Language

UsageKind = Literal[
    "empty",
    "too_long",
    "unknown_command",
    "unclosed_quote",
    "unknown_option",
    "repeated_option",
    "missing_value",
    "needless_value",
    "missing_argument",
    "too_many_arguments",
    "bad_value",
    "bad_path",
    "bad_id",
    "bad_link",
]
MAX_CHARS = 10_000
"""Longer texts are refused: no honest command comes near it, and parsing must not hold up the others."""

_FACT_CHARS = 80
_PATH_CHARS = 1_000
_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_DASHES = "\\-－﹣—–―‐‑‒−﹘⸺⸻"
_SINGLES = "'‘’‛＇"
_DOUBLES = '"“”„‟＂「」『』'
_PARTNERS = {"“": "”", "「": "」", "『": "』"}
_END = rf"(?=[\s{_INVISIBLE}]|$)"

_GAP = re.compile(rf"[\s{_INVISIBLE}]*")
_MENTIONS = re.compile(rf"(?:[\s{_INVISIBLE}]*[@＠]\S*)*[\s{_INVISIBLE}]*")
_TAIL = re.compile(rf"(?<![{_INVISIBLE}])[{_INVISIBLE}]+$")
_WORD = re.compile(r"\S+")
_OPTION = re.compile(rf"(?P<dashes>[{_DASHES}]+)(?P<name>[^\s=＝:：]*)(?P<attached>[=＝:：])?")
_OPTION_NAME = re.compile(r"[\w-]+")
_ONLY_DASHES = re.compile(rf"[{_DASHES}]+")
_HAN_OPTION = re.compile(rf"(?:^|\s)[{_DASHES}][^\s=＝:：]*[{_HAN}]")
_STRICT = re.compile(rf'"((?:[^"]|"")*+)"{_END}')
_LOOSE = re.compile(rf"[{_DOUBLES}](.*?)[{_DOUBLES}]{_END}", re.DOTALL)
_LOOSE_END = re.compile(_END)
_SINGLE = re.compile(rf"[{_SINGLES}](.{{0,{_PATH_CHARS}}}?)[{_SINGLES}]{_END}", re.DOTALL)
_CJK = re.compile(rf"[{_HAN}\u3000-\u303f\uff00-\uffef]")
_EDGE_MARKS = "/.,!?;:~…。、"


class UsageProblem(Exception):
    """A text that is no command. `kind` says why, `facts` hold what a sentence about it needs.

    `language` is the one to answer in, `command` the one that was meant, empty when none can be told. Long facts
    are shortened.
    """

    def __init__(self, kind: UsageKind, **facts: str | None) -> None:
        super().__init__(kind)
        self.kind: UsageKind = kind
        self.facts = {name: value and _shortened(value) for name, value in facts.items()}
        self.language: Language = "en"
        self.command = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.facts}" if self.facts else self.kind


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a quoted text or an option (`text` is then its name with ASCII dashes, folded).

    `attached`: the option is followed by `=` or `:`, so what comes next was meant as its value.
    """

    text: str
    quoted: bool = False
    option: bool = False
    attached: bool = False


def scrub(text: str) -> str:
    """The text without what no database and no wire carries: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def fold(text: str) -> str:
    """The form in which words are compared: half-width, lower case, nothing invisible."""
    return re.sub(f"[{_INVISIBLE}]", "", unicodedata.normalize("NFKC", text)).casefold()


def fold_word(text: str) -> str:
    """`fold` for a command's name, also without the marks around it (`/help`, `帮助。`)."""
    return fold(text).strip(_EDGE_MARKS)


def nearest(word: str, words: Collection[str]) -> str | None:
    """The one of `words` that looks most like `word`, if any looks like it."""
    cutoff = 0.5 if _CJK.search(word) else 0.6  # Chinese words are short: one wrong character is half of most
    return next(iter(difflib.get_close_matches(word[:_FACT_CHARS], words, n=1, cutoff=cutoff)), None)


def quote(name: str) -> str:
    """The name in quotes: `tokens(quote(name))` is one quoted token with exactly this text."""
    return '"' + name.replace('"', '""') + '"'


def language_of(word: str, rest: str) -> Language:
    """The language a command is written in: that of its own words first, then that of its arguments."""
    if _CJK.search(word) or _HAN_OPTION.search(rest):
        return "zh"
    if fold_word(word) == "delete":  # rm, ls, ping and the like are typed in any language
        return "en"
    return "zh" if _CJK.search(rest) else "en"


def split_command(text: str, chinese: Collection[str]) -> tuple[str, str]:
    """The first word and what follows it; mentions in front are dropped.

    Chinese is written without spaces, so one of the `chinese` words may be glued to what follows:
    `删除/2023`, `取消K7M2`, `删除报告.docx`. `删除了吗` is a word of its own.
    """
    at = _span(_MENTIONS, text, 0)
    glued = re.compile(rf"(?:{'|'.join(chinese)})(?=[^\s{_HAN}]|\S*[./／])").match(text, at)
    found = glued or _WORD.match(text, at)
    if not found:
        raise UsageProblem("empty")
    return found[0], text[found.end() :].lstrip("：:，、。！？!?")


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text. Raises UsageProblem `unclosed_quote` (text: from the quote on)."""
    return tuple(_scan(text))


def is_dashes(word: str) -> bool:
    """Whether a word is punctuation between others: `/2023 —— 已过期`."""
    return bool(_ONLY_DASHES.fullmatch(word))


def is_torn(word: str) -> bool:
    """Whether an unquoted word holds half a quotation: `/2023/“my` of `/2023/“my report.pdf”`.

    Only quotes around the whole text keep it together. DingTalk allows no `"` in names, so one always tears.
    """
    return '"' in word or any(
        word.count(opener) != word.count(closer) for opener, closer in _PARTNERS.items()
    )


def _scan(text: str) -> Iterator[Token]:
    at = _span(_GAP, text, 0)
    while at < len(text):
        token, at = _option(text, at) or _quoted(text, at) or _word(text, at)
        yield token
        at = _span(_GAP, text, at)


def _option(text: str, at: int) -> tuple[Token, int] | None:
    found = _OPTION.match(text, at)
    if not found:
        return None
    dashes, name = found["dashes"], fold(found["name"])
    if not name:
        return None
    if not dashes.isascii():
        if not _OPTION_NAME.fullmatch(name):
            return None
        dashes = "--"
    return Token(dashes + name, option=True, attached=bool(found["attached"])), found.end()


def _quoted(text: str, at: int) -> tuple[Token, int] | None:
    opener = text[at]
    if opener in _SINGLES:
        found = _SINGLE.match(text, at)
        return (Token(found[1], quoted=True), found.end()) if found else None
    if opener not in _DOUBLES:
        return None
    if found := _STRICT.match(text, at):
        return Token(found[1].replace('""', '"'), quoted=True), found.end()
    if partner := _partner(text, at):
        if _LOOSE_END.match(text, partner + 1):
            return Token(text[at + 1 : partner], quoted=True), partner + 1
        if not re.search(r"\s", text[at:partner]):
            return None
    if found := _LOOSE.match(text, at):
        return Token(found[1], quoted=True), found.end()
    raise UsageProblem("unclosed_quote", text=text[at:])


def _partner(text: str, at: int) -> int | None:
    """Where the quotation that opens at `at` closes, quotations inside it skipped."""
    opener = text[at]
    closer = _PARTNERS.get(opener)
    depth = 0
    for index in range(at, min(len(text), at + _PATH_CHARS) if closer else at):
        depth += (text[index] == opener) - (text[index] == closer)
        if depth == 0:
            return index
    return None


def _word(text: str, at: int) -> tuple[Token, int]:
    found = _WORD.match(text, at)
    if not found:
        raise AssertionError("a token starts with what is not white space")
    word = _TAIL.sub("", found[0]).replace("／", "/")
    return Token(word), found.end()


def _span(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the match of a pattern that matches everywhere ends."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _shortened(fact: str) -> str:
    return fact if len(fact) <= _FACT_CHARS else fact[: _FACT_CHARS - 1] + "…"
