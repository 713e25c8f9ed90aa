"""Texts of one language: `texts("zh")("preview.more", n=40)`.

Each language is one gettext catalogue, `locale/<language>.po`, read at first use. Its msgids are names such as
`preview.title`; placeholders stand in braces. Values are made safe here, so that nobody can forget it:
a `str` is escaped and cut, an `int` is grouped, a `Markdown` is taken as it is. `use()` puts texts of one's own
in the place of ours.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.numbers import format_decimal

from bot.models import Language
from cards.catalogue import ours, replaced
from cards.escape import Markdown
from cards.fit import short_path

STR_BYTES = 240
"""What a value of type `str` may take in a text; who needs more passes `Markdown`."""

_UNITS = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_THOUSAND = 1000

Value = str | int


class Texts:
    """The texts of one language, with the sizes, numbers and times that go into them."""

    def __init__(self, language: Language, catalogue: Catalog) -> None:
        self.language = language
        self._locale = Locale.parse(language)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        self._translations = GNUTranslations(compiled)
        self._is_plural = {
            message.id if isinstance(message.id, str) else message.id[0]: message.pluralizable
            for message in catalogue
            if message.id
        }

    def __call__(self, key: str, /, *, n: int | None = None, **values: Value) -> Markdown:
        """The text of `key`; with `n` in the plural form of n, which is also the placeholder `{n}`.

        Raises KeyError for an unknown key, for one that has plurals without `n` or the other way round, and for
        a placeholder without a value.
        """
        if self._is_plural.get(key) is not (n is not None):
            raise KeyError(f"no such text {key!r} in {self.language}.po")
        if n is None:
            template = self._translations.gettext(key)
        else:
            template = self._translations.ngettext(key, key, n)
            values["n"] = n
        return self._filled(template, values)

    def number(self, number: int) -> Markdown:
        """Grouped by thousands: 1,000."""
        return Markdown(format_decimal(number, locale=self._locale))

    def size(self, size_bytes: int) -> Markdown:
        """In units of 1000 with one decimal: 12.4 MB; below 1 KB in whole bytes."""
        amount, unit = float(size_bytes), 0
        while round(amount, 1) >= _THOUSAND and unit < len(_UNITS) - 1:
            amount /= _THOUSAND
            unit += 1
        pattern = "#,##0.0" if unit else "#,##0"
        return Markdown(f"{format_decimal(amount, format=pattern, locale=self._locale)} {_UNITS[unit]}")

    def clock(self, at: datetime, zone: tzinfo, since: datetime | None = None) -> Markdown:
        """The time in `zone`, 14:32; with the date in front when that is not the day of `since`."""
        local = at.astimezone(zone)
        time = format_time(local, "HH:mm", locale=self._locale)
        if since is None or since.astimezone(zone).date() == local.date():
            return Markdown(time)
        return self("time.with_date", date=Markdown(self.date(at, zone)), time=Markdown(time))

    def date(self, at: datetime, zone: tzinfo) -> Markdown:
        """The day in `zone`: 2023-11-30."""
        return Markdown(format_date(at.astimezone(zone), "yyyy-MM-dd", locale=self._locale))

    def duration(self, seconds: float) -> Markdown:
        """In words, by its two largest units: 3 seconds, 2 minutes 5 seconds."""
        whole = round(seconds)
        if whole < 1:
            return self("time.instant")
        minutes, rest = divmod(whole, 60)
        hours, minutes = divmod(minutes, 60)
        parts = [("time.hours", hours), ("time.minutes", minutes), ("time.seconds", rest if not hours else 0)]
        return Markdown(" ".join(self(key, n=count) for key, count in parts if count))

    def _filled(self, template: str, values: dict[str, Value]) -> Markdown:
        result = ""
        for literal, name, _, _ in Formatter().parse(template):
            result = self._joined(result, literal)
            if name is not None:
                result = self._joined(result, self._shown(values[name]))
        return Markdown(result)

    def _shown(self, value: Value) -> Markdown:
        if isinstance(value, Markdown):
            return value
        return self.number(value) if isinstance(value, int) else short_path(value, STR_BYTES)

    def _joined(self, left: str, right: str) -> str:
        """Chinese next to Latin takes a space; inside a value nothing is touched."""
        if self.language == "zh" and left and right and _apart(left[-1], right[0]):
            return f"{left} {right}"
        return left + right


def _apart(left: str, right: str) -> bool:
    return (_is_chinese(left) and _is_latin(right)) or (_is_latin(left) and _is_chinese(right))


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


_in_use: dict[Language, Texts] = {}


def texts(language: Language) -> Texts:
    """The texts of `language`, read once. Raises PoFileError or OSError when its catalogue is damaged."""
    if language not in _in_use:
        _in_use[language] = Texts(language, ours(language))
    return _in_use[language]


def use(folder: str) -> None:
    """From now on speak with the entries of `folder`'s en.po and zh.po in place of ours; "" for ours alone.

    All or nothing: raises WordingError, with a line for each mistake, and leaves everything as it was.
    """
    if not folder:
        _in_use.clear()
        return
    _in_use.update({language: Texts(language, found) for language, found in replaced(Path(folder)).items()})
