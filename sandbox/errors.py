"""The two shapes in which DingTalk reports failure.

New-style interfaces (`api.dingtalk.com`) answer with an HTTP 4xx or 5xx and `{code, message, requestid}`;
old-style ones (`oapi.dingtalk.com`) answer HTTP 200 with a non-zero `errcode` and `errmsg`.
https://open.dingtalk.com/document/orgapp/server-api-error-codes-1
"""

from typing import Any


class ApiError(Exception):
    """A new-style error: HTTP `status`, `code` and `message`; `extra` fields go into the body as they are."""

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON object a caller receives."""
        return {"code": self.code, "requestid": request_id, "message": self.message, **self.extra}


class OldApiError(Exception):
    """An old-style error: HTTP 200 with `errcode` (not 0) and `errmsg`; `extra` fields go into the body."""

    def __init__(self, errcode: int, errmsg: str, **extra: Any) -> None:
        super().__init__(f"{errcode}: {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
        self.extra = extra

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON object a caller receives."""
        return {"errcode": self.errcode, "errmsg": self.errmsg, "request_id": request_id, **self.extra}
