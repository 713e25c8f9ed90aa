"""Reads what came back over HTTP: a JSON object of ours to parse, or one error of the tree.

New-style errors are HTTP 4xx or 5xx with `{code, message, requestid}`, old-style ones HTTP 200 with a
non-zero `errcode`; whoever is banned by IP gets an HTML page or `{"status": 1111, "punish": "deny", …}`.
https://open.dingtalk.com/document/development/call-frequency-limit
https://open.dingtalk.com/document/development/add-api-permission
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.dingtalk.errors import (
    Denied,
    DingTalkError,
    Throttled,
    TransportError,
    UnknownOutcome,
    kind_of,
    throttle_of,
)

Json = dict[str, Any]
E = TypeVar("E", bound=DingTalkError)

OK = range(200, 300)
IP_BAN_S = 300.0
_BAN_PAGE_STATUS = frozenset({403, 405, 418, 420, 429})
_BAN_MARKS = re.compile(r'"punish"|"status"\s*:\s*1111|_____tmd_____|/punish|x5sec|x5referer', re.IGNORECASE)
_SUBCODE = re.compile(r"subcode=(\d+)")
_SCOPES = re.compile(r"权限[：:]\s*\[([^\]]+)\]")
_MESSAGE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, read to its end. `write` says what a worthless one means."""

    api: str
    write: bool
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The JSON object of a call that went well; raises the DingTalkError that it really is."""
        content = self._object()
        if content is None:
            raise self._worthless()
        if _is_ban(content):
            raise self._banned()
        # A refused scope has been seen with capitalised keys, so only their letters count.
        fields = {key.lower(): value for key, value in content.items()}
        if code := self._error_code(fields):
            raise self._refusal(code, fields)
        if self.status not in OK:
            raise self._refusal("", fields)
        return content

    def request_id(self, fields: Mapping[str, Any] | None = None) -> str:
        """What DingTalk's support asks for; "" when the answer has none."""
        found = fields or {}
        return str(
            found.get("requestid") or found.get("request_id") or self.headers.get("x-acs-request-id") or ""
        )

    def _object(self) -> Json | None:
        try:
            content = json.loads(self.body)
        except (ValueError, RecursionError):  # also UnicodeDecodeError; nested without end
            return None
        return content if isinstance(content, dict) else None

    def _error_code(self, fields: Mapping[str, Any]) -> str:
        """DingTalk's error code, "" when there is none; 88 is replaced by the sub-code that explains it."""
        errcode = str(fields.get("errcode", "0"))
        if errcode == "88":
            found = _SUBCODE.search(str(fields.get("errmsg", "")))
            return str(fields.get("sub_code") or (found and found[1]) or errcode)
        if errcode != "0":
            return errcode
        code = fields.get("code")
        is_error = self.status not in OK or "requestid" in fields or "message" in fields
        return str(code) if code and is_error else ""

    def _refusal(self, code: str, fields: Mapping[str, Any]) -> DingTalkError:
        kind = kind_of(code, self.status, write=self.write)
        message = str(fields.get("sub_msg") or fields.get("message") or fields.get("errmsg") or "")
        error = kind(
            self.api,
            code or f"http{self.status}",
            message[:_MESSAGE_LENGTH],
            status=self.status,
            request_id=self.request_id(fields),
        )
        if isinstance(error, Throttled):
            error.scope, error.retry_after_s = throttle_of(code)
        if isinstance(error, Denied):
            error.missing_scopes = _missing_scopes(fields, message)
        return error

    def _worthless(self) -> DingTalkError:
        """The error for a body that is no JSON object: empty, cut, a page of some proxy, or of the ban."""
        text = self.body[:100_000].decode("utf-8", "replace") + self.headers.get("Location", "")
        is_page = "html" in self.headers.get("Content-Type", "").lower() or text.lstrip()[:1] == "<"
        if is_page and (self.status in _BAN_PAGE_STATUS or _BAN_MARKS.search(text)):
            return self._banned()
        if self.status not in OK and _BAN_MARKS.search(text):
            return self._banned()
        kind = UnknownOutcome if self.write else TransportError
        what = "a web page" if is_page else "no JSON object"
        return self._plain(kind, "unreadable", f"the answer is {what}, {len(self.body)} bytes")

    def _banned(self) -> Throttled:
        error = self._plain(Throttled, "ipBanned", "this IP address is refused for five minutes")
        error.scope, error.retry_after_s = "ip", IP_BAN_S
        return error

    def _plain(self, kind: type[E], code: str, message: str) -> E:
        return kind(self.api, code, message, status=self.status, request_id=self.request_id())


def _is_ban(content: Json) -> bool:
    return content.get("status") == 1111 or ("punish" in content and "uuid" in content)  # noqa: PLR2004


def _missing_scopes(fields: Mapping[str, Any], message: str) -> tuple[str, ...]:
    """The scopes DingTalk names in `accessdenieddetail.requiredScopes`, or in its sentence."""
    detail = fields.get("accessdenieddetail")
    scopes = detail.get("requiredScopes") if isinstance(detail, dict) else None
    if isinstance(scopes, list):
        return tuple(str(scope) for scope in scopes)
    found = _SCOPES.search(message)
    return tuple(re.split(r"[,，、\s]+", found[1].strip())) if found else ()
