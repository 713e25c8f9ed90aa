"""What the platform itself refuses, in the two styles of its interfaces.

https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
https://open.dingtalk.com/document/development/server-api-error-codes-1
"""

from dataclasses import dataclass
from typing import Any

from sandbox.errors import ApiError, OldApiError

FORBIDDEN = "Forbidden.AccessDenied."
BUSY = -1
"""The old interfaces' code for everything that has none of its own."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal: HTTP `status` and `code` of the new interfaces, `errcode` of the old ones, the text of both."""

    status: int
    code: str
    errcode: int
    text: str

    def error(self, *, old_style: bool, text: str = "", **extra: Any) -> ApiError | OldApiError:
        """It, in the style of an interface; `extra` is for the new one."""
        if old_style:
            return OldApiError(self.errcode, text or self.text)
        return ApiError(self.status, self.code, text or self.text, **extra)


_APP = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了"
_SUITE = "您的ISV应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了"
_SERVER = "您的服务器调用钉钉开放平台当前接口的所有请求都被暂时禁用了"

APP_QPS = Refused(403, f"{FORBIDDEN}QpsLimitForAppkeyAndApi", 90018, _APP)
APP_QPM = Refused(403, f"{FORBIDDEN}QpmLimitForAppkeyAndApi", 90006, _APP)
SUITE_QPS = Refused(403, f"{FORBIDDEN}QpsLimitForSuitekeyAndOrgAndApi", 90018, _SUITE)
SUITE_QPM = Refused(403, f"{FORBIDDEN}QpmLimitForSuitekeyAndOrgAndApi", 90014, _SUITE)
API_QPS = Refused(403, f"{FORBIDDEN}QpsLimitForApi", 90002, _SERVER)
NO_QUOTA = Refused(403, f"{FORBIDDEN}ApiCountLimitForOrg", 90020, "您的企业本月API调用量已超过限制")
NO_SCOPE = Refused(403, f"{FORBIDDEN}AccessTokenPermissionDenied", 60011, "没有调用该接口的权限")
NO_TOKEN = Refused(400, "InvalidAuthentication", 40014, "不合法的access_token")
OLD_TOKEN = Refused(400, "InvalidAuthentication", 42001, "access_token超时")

_BY_CODE = {
    one.code: one for one in (OLD_TOKEN, NO_TOKEN, APP_QPS, APP_QPM, SUITE_QPS, SUITE_QPM, API_QPS, NO_QUOTA)
}


def errcode_of(code: str) -> int | None:
    """The number an old interface has for this code (which may be one already), or None."""
    if code in _BY_CODE:
        return _BY_CODE[code].errcode
    digits = code.removeprefix("-")
    return int(code) if digits.isascii() and digits.isdigit() else None
