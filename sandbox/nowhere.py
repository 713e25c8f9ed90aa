"""What DingTalk answers where it has no interface.

https://open.dingtalk.com/document/development/server-api-error-codes-1
The sandbox serves a part of DingTalk only; a call to the rest is refused as a call to nowhere would be, and is
in the log like any other.
"""

from sandbox.errors import ApiError, OldApiError
from sandbox.wire import Call, Endpoint, JsonObject


async def new_style(call: Call) -> JsonObject:
    """Any path of api.dingtalk.com that is not served."""
    raise ApiError(404, "error.notFound", f"接口路径错误 {call.path['rest']}")


async def old_style(call: Call) -> JsonObject:
    """Any path of oapi.dingtalk.com that is not served."""
    raise OldApiError(404, f"请求的URI地址不存在: {call.path['rest']}")


ENDPOINTS = (
    Endpoint("*", "/v1.0/{rest:.*}", new_style, counted=False, token=False),
    Endpoint("*", "/v2.0/{rest:.*}", new_style, counted=False, token=False),
    Endpoint("*", "/topapi/{rest:.*}", old_style, counted=False, token=False),
    Endpoint("*", "/service/{rest:.*}", old_style, counted=False, token=False),
)
