"""What can go wrong between us and DingTalk, as a tree.

    DingTalkError
    ├── TransportError        nothing was sent, or a read failed: safe to ask again
    ├── UnknownOutcome        a write that timed out, was cut or answered 5xx: it may have happened
    ├── Throttled             too fast; nothing was done. `retry_after_s` says how long to wait
    ├── QuotaUsedUp           the organisation's calls of this month are spent
    ├── Denied                no scope (then `missing_scopes`), or the operator has no right
    │   ├── TokenRefused      the access token is expired or unknown to DingTalk
    │   └── BadCredentials    no token to be had with this client secret, suite ticket or authorisation
    ├── NotFound              the space, dentry, task, user, card or session is not there
    ├── Invalid               a parameter DingTalk does not accept: our mistake, or the user's
    │   └── DeliveryFailed    the call went well, yet the card did not reach the conversation
    ├── Conflict              another write holds the lock, or the card exists already
    └── NotRecyclable         this space, or these items, cannot go to a recycle bin

Texts never hold a token, a secret or a whole URL. `kind_of` finds the class for a code, also for the
`errorCode` of one item inside an answer.
https://open.dingtalk.com/document/development/server-api-error-codes-1
"""

from __future__ import annotations

from typing import Literal

Scope = Literal["app", "platform", "ip", "robot"]


class DingTalkError(Exception):
    """Root of the tree. `api` is method and route, `code` DingTalk's own word or number, or one of ours."""

    def __init__(
        self, api: str, code: str, message: str = "", *, status: int = 0, request_id: str = ""
    ) -> None:
        super().__init__(api, code, message)
        self.api = api
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        return self._told(self.message)

    @property
    def brief(self) -> str:
        """Without DingTalk's sentence, which may quote the names of files."""
        return self._told("")

    def _told(self, message: str) -> str:
        parts = [self.api, self.code, message, self.request_id and f"request {self.request_id}"]
        return ": ".join(part for part in parts if part)


class TransportError(DingTalkError):
    """Nothing was sent, or a read failed: safe to ask again."""


class UnknownOutcome(DingTalkError):
    """A write whose answer is missing or worthless: look whether it happened before sending it again."""


class Throttled(DingTalkError):
    """Too fast for `scope`. Nothing was done; the same call may be sent again after `retry_after_s`."""

    retry_after_s: float = 1.0
    scope: Scope = "app"


class QuotaUsedUp(DingTalkError):
    """The organisation has used up its calls of this month."""


class Denied(DingTalkError):
    """The app lacks a permission (`missing_scopes`, when DingTalk names them), or the operator a right."""

    missing_scopes: tuple[str, ...] = ()


class TokenRefused(Denied):
    """The access token is expired or unknown, and a new one was refused too."""


class BadCredentials(Denied):
    """DingTalk gives no token for these credentials."""


class NotFound(DingTalkError):
    """What the call is about is not there."""


class Invalid(DingTalkError):
    """DingTalk does not accept a parameter."""


class DeliveryFailed(Invalid):
    """The card was taken, but it is not shown in the conversation as asked."""


class Conflict(DingTalkError):
    """Somebody else is writing here, or what should be made exists already."""


class NotRecyclable(DingTalkError):
    """This cannot go to a recycle bin. Nothing was removed."""


_BY_CODE: dict[str, type[DingTalkError]] = {
    **dict.fromkeys(("InvalidAuthentication", "accesstoken.expired", "invalidToken"), TokenRefused),
    **dict.fromkeys(("40001", "40014", "42001"), TokenRefused),
    **dict.fromkeys(
        ("invalidClientIdOrSecret", "invalidSuiteKey", "invalidSuiteTicket", "invalidAuthInfo", "40089"),
        BadCredentials,
    ),
    **dict.fromkeys(("recycleBinNotSupportForSpace", "operationNotSupported"), NotRecyclable),
    **dict.fromkeys(("operationConcurrentControl", "param.cardAlreadyExist"), Conflict),
    **dict.fromkeys(
        ("permissionDenied", "acrossOrgAccessForbidden", "no.priviledge", "accessDenied", "send.forbidden"),
        Denied,
    ),
    **dict.fromkeys(("auth.error", "unauthorized", "invalidParameter.token.invalid"), Denied),
    **dict.fromkeys(("60011", "50002", "50004", "43007", "41001"), Denied),
    **dict.fromkeys(("session.expired", "group.disbanded", "resource.not.found"), NotFound),
    **dict.fromkeys(("400013", "400101", "400102", "400106"), NotFound),  # of webhooks
    **dict.fromkeys(("33012", "60121", "40003", "60003", "33011"), NotFound),
    "90020": QuotaUsedUp,
}
_TOO_FAST = frozenset(
    {"request.overlimit", "qps.exceed.limit", "request.too.frequent", "invokeFrequency", "130101", "410100"}
    | {"send.too.fast", "send.toofast", "send.byToken.tooFast", "too.many.group", "too.many.people"}
    | {"90018"}
    | {str(code) for code in range(90002, 90015)}
)
_NOBODY_KNOWS = frozenset(
    {"systemError", "unknownError", "unknown.error", "operationTimeout", "unknown.send.result"}
    | {"system.error", "system.busy", "innerSystemError", "-1", "400001"}
)
_ABSENT = ("notexist", "notexisted", "notexsit", "not.existed", "notfound", "not.found")
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
_BY_STATUS: dict[int, type[DingTalkError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    409: Conflict,
    TOO_MANY_REQUESTS: Throttled,
}


def kind_of(code: str, status: int = 0, *, write: bool = True) -> type[DingTalkError]:
    """The class an error code belongs to; the HTTP status decides about codes nobody has listed."""
    return _BY_CODE.get(code) or _by_word(code) or _by_status(code, status, write)


def _by_status(code: str, status: int, write: bool) -> type[DingTalkError]:
    is_open = status >= SERVER_ERROR or code in _NOBODY_KNOWS
    if is_open and status != TOO_MANY_REQUESTS:
        return UnknownOutcome if write else TransportError
    return _BY_STATUS.get(status, Invalid)


def _by_word(code: str) -> type[DingTalkError] | None:
    """The class of whole families of codes."""
    lower = code.lower()
    if is_throttle(code):
        return Throttled
    if "apicountlimit" in lower:
        return QuotaUsedUp
    if lower.startswith("forbidden"):
        return Denied
    return NotFound if lower.endswith(_ABSENT) else None


def is_throttle(code: str) -> bool:
    """Whether this code, in the new or the old style, says "too fast"."""
    return code in _TOO_FAST or "QpsLimitFor" in code or "QpmLimitFor" in code


def throttle_of(code: str) -> tuple[Scope, float]:
    """Whom a throttle is for, and the seconds to wait where DingTalk says so, else a careful guess.

    https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
    """
    if "QpmLimitFor" in code:
        return "app", 60.0
    if code == "90002" or code.endswith("QpsLimitForApi"):
        return "platform", 1.0
    if code in {"send.byToken.tooFast", "130101"}:
        return "robot", 600.0  # a robot that sends over 20 messages a minute is blocked for ten minutes
    if code.startswith(("send.", "too.many", "410100")):
        return "robot", 10.0
    return "app", 1.0
