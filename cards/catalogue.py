"""Catalogues of texts: ours, and with the entries of a folder in place of ours, once all of them are sound.

Format: https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from string import Formatter
from typing import get_args

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po

from bot.models import Language

LOCALE = Path(__file__).parent / "locale"
LANGUAGES: tuple[Language, ...] = tuple(sorted(get_args(Language)))
ROOM_BYTES = 300
"""A text may be twice as long as ours, and this long in any case: a value of a card holds 1 KB."""

_FORM = re.compile(r"msgstr\[(\d+)\]")
_KEY = re.compile(r'msgid "(.+)"\s*$')
_PLURALS = re.compile(r'"Plural-Forms:.*?nplurals=\s*(\d+)')
_Remark = tuple[int, str]
"""A line, from 1, and what is wrong there."""


class WordingError(Exception):
    """A folder of texts that cannot be used. `lines` names every mistake, each with its file and line."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def ours(language: Language) -> Catalog:
    """Raises PoFileError or OSError when our own catalogue is damaged."""
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def replaced(folder: Path) -> dict[Language, Catalog]:
    """Our catalogues, with the entries of `folder`'s en.po and zh.po in place of ours.

    An entry that is empty there stays as it is here. Raises WordingError with all mistakes of both files.
    """
    mistakes = _strangers(folder)
    catalogues = {language: ours(language) for language in LANGUAGES}
    for language, catalogue in catalogues.items():
        mistakes += _put_in(folder / f"{language}.po", catalogue)
    if mistakes:
        raise WordingError(mistakes)
    return catalogues


def _strangers(folder: Path) -> list[str]:
    """A folder that is not there, or holds a file under a name that nobody reads, is a slip of the pen."""
    if not folder.is_dir():
        return [f"{folder} is no folder"]
    known = {f"{language}.po" for language in LANGUAGES}
    found = {file.name for file in folder.glob("*.po*")}
    if not found & known:
        return [f"{folder} has neither {' nor '.join(sorted(known))}"]
    return [f"{folder / name}: nobody reads a file of this name" for name in sorted(found - known)]


def _put_in(file: Path, catalogue: Catalog) -> list[str]:
    """Replace what `file` has; returns its mistakes, each as a line."""
    if not file.exists():
        return []
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        return [f"{file} line {line}: is not UTF-8"]
    except OSError as exc:
        return [f"{file}: cannot be read ({exc.strerror})"]
    remarks = [*_unreadable(text, catalogue)] or [*_replace(text, catalogue)]
    return [f"{file} line {line}: {said}" for line, said in sorted(remarks)]


def _unreadable(text: str, catalogue: Catalog) -> Iterator[_Remark]:
    """What would be read otherwise than it was meant."""
    forms, seen = catalogue.num_plurals, set[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if (found := _PLURALS.search(line)) and int(found[1]) != forms:
            yield number, f"this language has {_forms(forms)} here, not {found[1]}"
        if (found := _FORM.match(line)) and int(found[1]) >= forms:
            yield number, f"msgstr[{found[1]}] is one too many: this language has {_forms(forms)}"
        if found := _KEY.match(line):
            if found[1] in seen:
                yield number, f"{found[1]} is there twice"
            seen.add(found[1])


def _forms(number: int) -> str:
    return "1 plural form" if number == 1 else f"{number} plural forms"


def _replace(text: str, catalogue: Catalog) -> Iterator[_Remark]:
    try:
        theirs = read_po(StringIO(text), locale=catalogue.locale, abort_invalid=True)
    except PoFileError as exc:
        yield exc.lineno + 1, f"is no line of a .po file: {exc.line.strip()!r}"
        return
    known = {_key(message): message for message in catalogue if message.id}
    for message in theirs:
        if not message.id or not any(_strings(message)):
            continue
        own = known.get(_key(message))
        said = _wrong(message, own) if own else _unknown(_key(message), known)
        if said:
            yield message.lineno or 1, said
        elif own:
            own.string = message.string


def _unknown(key: str, known: dict[str, Message]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.8)
    return f"there is no text {key}" + (f", did you mean {near[0]}?" if near else "")


def _wrong(message: Message, own: Message) -> str:
    """The first thing wrong with an entry, if any."""
    key = _key(own)
    if message.context is not None:
        return f"{key} has a msgctxt, which no text here has"
    if message.fuzzy:
        return f"{key} is marked fuzzy: look it over and remove the mark"
    if message.pluralizable != own.pluralizable:
        needed = "msgid_plural and msgstr[0]" if own.pluralizable else "msgstr alone, without plurals"
        return f"{key} needs {needed}"
    for number, (string, like) in enumerate(zip(_strings(message), _strings(own), strict=True)):
        if not string:
            return f"{key} has no msgstr[{number}]"
        if said := _misfilled(string, like) or _too_long(string, like):
            return f"{key} {said}"
    return ""


def _misfilled(string: str, like: str) -> str:
    try:
        given = [(name, bool(spec or conversion)) for _, name, spec, conversion in Formatter().parse(string)]
    except ValueError:
        return "has a brace that does not belong to a placeholder: write {{ or }} for a brace itself"
    names = {name for name, _ in given if name is not None}
    needed = {name for _, name, _, _ in Formatter().parse(like) if name is not None}
    if odd := sorted(name for name, formatted in given if name in needed and formatted):
        return f"has more than the name in {{{odd[0]}}}"
    if extra := sorted(names - needed):
        return f"has a placeholder {{{extra[0]}}} that nobody fills; there are {_listed(needed)}"
    if missing := sorted(needed - names):
        return f"lacks the placeholder {{{missing[0]}}}"
    return ""


def _listed(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "none here"


def _too_long(string: str, like: str) -> str:
    size, room = len(string.encode()), max(2 * len(like.encode()), ROOM_BYTES)
    return f"is {size} bytes long; a card has room for {room} of it" if size > room else ""


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
