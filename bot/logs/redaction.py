"""Takes secrets out of a line: those that are known, in whatever spelling, and what looks like one.

Known are the settings' secrets and the latest tokens and tickets. The patterns catch the rest: an address with a
password or a token in it, a key that DingTalk's custom robots sign with, a field whose name says what it is.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from pydantic import BaseModel, SecretStr
from structlog.typing import EventDict, WrappedLogger

MARK = "…"
SHORTEST = 4
"""What is shorter is no secret, and would take words apart."""
MOST = 200
_DEEPEST = 6

_WORDS = (
    r"access_?token|refresh_?token|x-acs-dingtalk-access-token|session(?:_?webhook)?|ticket|sign|password|passwd"
    r"|(?:client|app|suite|auth)_?secret|secret|suite_?ticket|authorization|cookie|token"
)
_SECRET_FIELD = re.compile(rf"(?i)^(?:{_WORDS})$")
_PATTERNS = (
    (
        re.compile(rf"(?i)\b({_WORDS})(\\?[\"']?\s*[=:]\s*(?:u?\\?[\"'])?(?:Bearer\s+)?)[^\s\"'\\&,;)}}\]]+"),
        rf"\1\2{MARK}",
    ),
    (re.compile(r"\bSEC[0-9a-f]{16,}"), MARK),
    (re.compile(r"(\w://)[^\s/\"']*@"), rf"\1{MARK}@"),
)


class Redactor:
    """A processor; the last one before the line is rendered."""

    def __init__(self) -> None:
        self._fixed: tuple[str, ...] = ()
        self._latest: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def keep(self, secrets: Iterable[str]) -> None:
        """Those of the settings, which are known as long as the program runs."""
        spelt = {form for secret in secrets for form in _spelt(secret)}
        self._fixed = tuple(sorted({*self._fixed, *spelt}, key=len, reverse=True))

    def hide(self, secret: str) -> None:
        """One that will be forgotten, when it is old enough."""
        if secret in self._latest:
            self._latest.move_to_end(secret)
            return
        self._latest[secret] = _spelt(secret)
        if len(self._latest) > MOST:
            self._latest.popitem(last=False)

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {self.clean(name): self._value(name, value) for name, value in event.items()}

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for forms in (self._fixed, *self._latest.values()):
            for form in forms:
                if form in text:
                    text = text.replace(form, MARK)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def _value(self, name: str, value: Any, depth: int = 0) -> Any:
        if _SECRET_FIELD.match(name) and value:
            return MARK
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.clean(value)
        if depth < _DEEPEST and isinstance(value, Mapping):
            return {
                self.clean(str(key)): self._value(str(key), each, depth + 1) for key, each in value.items()
            }
        if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
            return [self._value("", each, depth + 1) for each in value]
        return self.clean(str(value))


def _spelt(secret: str) -> tuple[str, ...]:
    """As it may stand in an address, in JSON, in Python, in a header."""
    if len(secret) < SHORTEST:
        return ()
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    forms |= {b64encode(secret.encode("utf-8", "surrogatepass")).decode().rstrip("=")}
    return tuple(sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True))


def secrets_in(value: object) -> Iterator[str]:
    """Every secret in settings: what is declared as one, and passwords and tokens inside addresses."""
    match value:
        case SecretStr():
            yield from _in_text(value.get_secret_value())
            yield value.get_secret_value()
        case str():
            yield from _in_text(value)
        case BaseModel():
            for name in type(value).model_fields:
                yield from secrets_in(getattr(value, name))
        case Mapping():
            for each in value.values():
                yield from secrets_in(each)
        case list() | tuple() | set() | frozenset():
            for each in value:
                yield from secrets_in(each)


def _in_text(text: str) -> Iterator[str]:
    if "://" not in text:
        return
    try:
        url = urlsplit(text)
        password, query = url.password, parse_qsl(url.query)
    except ValueError:
        return
    if password:
        yield from {password, unquote(password)}
    yield from (value for name, value in query if _SECRET_FIELD.match(name))
