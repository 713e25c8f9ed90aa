"""What every call goes through: log, token, scope, limits, faults, and the shape of the answer.

https://open.dingtalk.com/document/development/call-frequency-limit
https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
https://open.dingtalk.com/document/development/add-api-permission
"""

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox import ids
from sandbox.effects import CallEffect
from sandbox.errors import ApiError, OldApiError
from sandbox.faults import Fault, ItemFault, Occasion
from sandbox.people import App
from sandbox.record import CallRecord
from sandbox.tokens import Token
from sandbox.wire import NOBODY, Call, Endpoint, Items, JsonObject, Upload
from sandbox.world import World

TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105  a header's name
APPLY_URL = "https://open-dev.dingtalk.com/appscope/apply?content={}%23{}"
NO_QUOTA = "Forbidden.AccessDenied.ApiCountLimitForOrg"
TOO_FAST = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
NO_SCOPE = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
TOO_FAST_TEXT = "您的企业应用调用钉钉开放平台当前接口的所有请求都被暂时禁用了"

Body = tuple[JsonObject, dict[str, Upload]]


class Gate:
    """Serves one `Endpoint` to aiohttp."""

    def __init__(self, world: World, endpoint: Endpoint) -> None:
        self.world = world
        self.endpoint = endpoint

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answers one call and logs it."""
        started = time.perf_counter()
        record = self._open_record(request)
        try:
            answer = await self._answer(request, record)
        finally:
            record.elapsed_ms = round((time.perf_counter() - started) * 1000, 3)
            self.world.calls.add(record)
        return answer

    def _open_record(self, request: web.Request) -> CallRecord:
        return CallRecord(
            at=self.world.clock.now_ms(),
            method=request.method,
            path=request.path,
            route=self.endpoint.route,
            query={k: v for k, v in request.query.items() if k != "access_token"},
            request_id=ids.request_id(),
        )

    async def _answer(self, request: web.Request, record: CallRecord) -> web.StreamResponse:
        try:
            body = await read_body(request)
            record.request = body[0]
            app = self._admit(self._token_of(request, body[0]), record)
            return await self._work(request, record, app, body)
        except ApiError as exc:
            return self._reply(record, exc.status, exc.body(record.request_id))
        except OldApiError as exc:
            return self._reply(record, 200, exc.body(record.request_id))

    async def _work(
        self, request: web.Request, record: CallRecord, app: App, body: Body
    ) -> web.StreamResponse:
        asked = self.endpoint.items.asked(body[0]) if self.endpoint.items else ()
        occasion = Occasion(
            self.endpoint.route, request.method, request.path, app.client_id, items=tuple(asked)
        )
        fault = self.world.faults.pick(occasion, CallEffect)
        record.fault_id = fault.id if fault else ""
        await self._delay(fault)
        if fault and fault.what.answers and not fault.what.after:
            return self._fail(request, record, fault.what)
        call = Call(
            self.world,
            app,
            dict(request.match_info),
            dict(request.query),
            *body,
            base_url=f"{request.scheme}://{request.host}",
        )
        if fault and fault.which.item and self.endpoint.items and not fault.what.answers:
            result = await self._spoilt(call, fault.which.item, self.endpoint.items, after=fault.what.after)
        else:
            result = await self.endpoint.handler(call)
        if fault and fault.what.answers:
            return self._fail(request, record, fault.what)
        if self.endpoint.old_style:
            result = {"errcode": 0, "errmsg": "ok", **result}
        if self.endpoint.path.startswith("/topapi/"):
            result["request_id"] = record.request_id
        return self._reply(record, 200, result)

    async def _spoilt(self, call: Call, bad: ItemFault, items: Items, *, after: bool) -> JsonObject:
        """The real answer with one item failed: without touching that one, or, `after`, in spite of the work."""
        asked = items.asked(call.body)
        kept = asked if after else [one for one in asked if one != bad.dentry_id]
        result: JsonObject = {"resultItems": []}
        if kept:
            result = await self.endpoint.handler(replace(call, body={**call.body, items.given: kept}))
        worked = iter(result["resultItems"])
        if after:
            worked = (item for item in worked if item[items.named] != bad.dentry_id)
        failed = items.failed(call, bad.dentry_id, bad.error_code)
        return {**result, "resultItems": [failed if one == bad.dentry_id else next(worked) for one in asked]}

    async def _delay(self, fault: Fault[CallEffect] | None) -> None:
        delay_ms = self.world.limits.latency_ms + (fault.what.delay_ms if fault else 0)
        if delay_ms:
            await asyncio.sleep(delay_ms / 1000)

    def _reply(self, record: CallRecord, status: int, body: JsonObject) -> web.Response:
        record.status, record.response = status, body
        return web.json_response(
            body,
            status=status,
            headers={"x-acs-request-id": record.request_id},
            dumps=lambda value: json.dumps(value, ensure_ascii=False),
        )

    def _fail(self, request: web.Request, record: CallRecord, fault: CallEffect) -> web.StreamResponse:
        if fault.reset:
            record.response = "connection reset"
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.body is None:
            return self._reply(record, *self._fault_body(fault, record.request_id))
        text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body, ensure_ascii=False)
        record.status, record.response = fault.status or 200, fault.body
        return web.Response(
            text=text, status=record.status, content_type=fault.content_type or "application/json"
        )

    def _fault_body(self, fault: CallEffect, request_id: str) -> tuple[int, JsonObject]:
        if self.endpoint.old_style:
            code = int(fault.code) if fault.code.lstrip("-").isdigit() else -1
            return fault.status or 200, OldApiError(code, fault.message or fault.code).body(request_id)
        error = ApiError(fault.status or 500, fault.code or "systemError", fault.message or fault.code)
        return error.status, error.body(request_id)

    # Admission

    def _token_of(self, request: web.Request, body: JsonObject) -> str:
        if not self.endpoint.old_style:
            return request.headers.get(TOKEN_HEADER, "")
        return request.query.get("access_token") or str(body.pop("access_token", ""))

    def _admit(self, access_token: str, record: CallRecord) -> App:
        if not self.endpoint.token:
            return NOBODY
        app = self._token(access_token).app
        record.client_id = app.client_id
        self._check_scope(app)
        if self.world.meter.too_fast(app.client_id, self.endpoint.route):
            raise self._error(403, TOO_FAST, 90018, TOO_FAST_TEXT)
        if self.endpoint.counted:
            if not self.world.meter.spend_call(self.endpoint.route):
                raise self._error(403, NO_QUOTA, 90020, "您的企业本月API调用量已超过限制")
            record.counted = True
        return app

    def _token(self, access_token: str) -> Token:
        token = self.world.tokens.find(access_token)
        if token is None:
            raise self._error(400, "InvalidAuthentication", 40014, "不合法的access_token")
        if self.world.tokens.expired(token):
            old = "access_token超时" if self.endpoint.old_style else "不合法的access_token"
            raise self._error(400, "InvalidAuthentication", 42001, old)
        return token

    def _check_scope(self, app: App) -> None:
        granted, scope = self.world.apps[app.client_id].scopes, self.endpoint.scope
        if scope is None or granted is None or scope in granted:
            return
        link = APPLY_URL.format(app.client_id, scope)
        text = f"应用尚未开通所需的权限：[{scope}]，点击链接申请并开通即可：{link}"
        raise self._error(403, NO_SCOPE, 60011, text, accessdenieddetail={"requiredScopes": [scope]})

    def _error(self, status: int, code: str, errcode: int, text: str, **extra: Any) -> ApiError | OldApiError:
        """The same refusal in the style of this interface."""
        if self.endpoint.old_style:
            return OldApiError(errcode, text)
        return ApiError(status, code, text, **extra)


async def read_body(request: web.Request) -> Body:
    """What was sent, as JSON object, as form, or as multipart form with files."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    if request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        return {k: v for k, v in form.items() if isinstance(v, str)}, {}
    try:
        value = json.loads(await request.text() or "{}")
    except ValueError:
        value = {}
    return (value if isinstance(value, dict) else {}), {}


async def _read_multipart(request: web.Request) -> Body:
    fields: JsonObject = {}
    files: dict[str, Upload] = {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[key] = Upload(value.filename, len(value.file.read()))
        else:
            fields[key] = value
    return fields, files
