"""What every call goes through: log, token, scope, limits, locks, faults, and the shape of the answer.

https://open.dingtalk.com/document/development/call-frequency-limit
https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
https://open.dingtalk.com/document/development/add-api-permission
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from aiohttp import web

from sandbox import ids
from sandbox.drive.failing import failing
from sandbox.drive.refusals import refusal
from sandbox.errors import ApiError, OldApiError
from sandbox.faults import throttle
from sandbox.faults.answering import HTTP_OK, Answer, made_up, refused, send
from sandbox.faults.effects import CallEffect
from sandbox.faults.faults import Fault, ItemFault
from sandbox.faults.occasions import call_occasion
from sandbox.locks import LOCKED
from sandbox.notes import note_of
from sandbox.people import App
from sandbox.record import CallRecord
from sandbox.tokens import Token
from sandbox.wire import NOBODY, Call, Endpoint, Items, JsonObject, Upload
from sandbox.world import World

TOKEN_HEADER = "x-acs-dingtalk-access-token"  # noqa: S105  a header's name
APPLY_URL = "https://open-dev.dingtalk.com/appscope/apply?content={}%23{}"

Body = tuple[JsonObject, dict[str, Upload]]
Struck = Fault[CallEffect] | None
NOTHING = CallEffect()


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
        body = await read_body(request)
        record.request = body[0]
        access_token = self._token_of(request, body[0])
        token = self.world.tokens.find(access_token)
        record.client_id = token.app.client_id if token else ""
        fault = self._pick(request, record, early=True)
        if fault is not None:
            await self._pause(fault.what)
            return await send(request, record, self._made_up(fault.what, record), fault.what)
        try:
            app = self._admit(token, record)
        except (ApiError, OldApiError) as exc:
            return await send(request, record, refused(exc, record.request_id), NOTHING)
        return await self._work(request, record, app, body)

    async def _work(
        self, request: web.Request, record: CallRecord, app: App, body: Body
    ) -> web.StreamResponse:
        """Does what is asked, unless another write holds the place; with a fault, if one befalls it."""
        base_url = f"{request.scheme}://{request.host}"
        given = (dict(request.match_info), dict(request.query), *body)
        call = Call(self.world, app, *given, base_url=base_url, remote=request.remote or "")
        try:
            with self.world.locks.writing(call, self.endpoint.writes):
                fault = self._pick(request, record, early=False)
                what = fault.what if fault else NOTHING
                await self._pause(what)
                answer = await self._done(call, fault, record)
                return await send(request, record, answer, what)
        except ApiError as exc:
            await self._pause(NOTHING)
            self._explain(record, exc)
            return await send(request, record, refused(exc, record.request_id), NOTHING)

    async def _pause(self, what: CallEffect) -> None:
        delay_ms = self.world.limits.latency_ms + what.delay_ms
        if delay_ms:
            await asyncio.sleep(delay_ms / 1000)

    def _explain(self, record: CallRecord, exc: ApiError) -> None:
        if exc.code == LOCKED:
            held = f"write lock ({self.world.limits.write_lock}): {exc.message}"
            record.note = f"{record.note}; {held}" if record.note else held

    # Faults

    def _pick(self, request: web.Request, record: CallRecord, *, early: bool) -> Struck:
        """The fault that befalls the call before it is admitted (`early`), or after."""
        if not self.world.faults.ordered:
            return None
        occasion = call_occasion(self.world, self.endpoint, record, request.match_info)
        fault = self.world.faults.pick(occasion, CallEffect, lambda what: self._possible(what, early))
        if fault is not None:
            record.fault_id, record.note = fault.id, note_of(fault)
        return fault

    def _possible(self, what: CallEffect, early: bool) -> bool:
        return (
            what.early is early
            and (self.endpoint.counted or not what.counted_only)
            and (self.endpoint.tasks or what.task is None)
            and (self.endpoint.delivers or not what.deliver)
        )

    def _made_up(self, what: CallEffect, record: CallRecord) -> Answer:
        return made_up(what, record.request_id, old_style=self.endpoint.old_style)

    async def _done(self, call: Call, fault: Struck, record: CallRecord) -> Answer:
        """The answer to a call, after the work or without it."""
        what = fault.what if fault else NOTHING
        if what.answers and not what.after:
            return self._made_up(what, record)
        try:
            with self._failing(fault, record):
                result = await self._result(replace(call, undelivered=what.deliver), fault)
            answer = Answer(HTTP_OK, self._dressed(result, record))
        except (ApiError, OldApiError) as exc:
            if isinstance(exc, ApiError):
                self._explain(record, exc)
            answer = refused(exc, record.request_id)
        return self._made_up(what, record) if what.answers else answer

    async def _result(self, call: Call, fault: Struck) -> JsonObject:
        item = fault.which.item if fault else None
        if fault is None or item is None or fault.what.answers:
            return await self.endpoint.handler(call)
        if self.endpoint.items:
            return await self._spoilt(call, item, self.endpoint.items, after=fault.what.after)
        if fault.what.after:
            await self.endpoint.handler(call)
        raise _item_error(item.error_code)

    async def _spoilt(self, call: Call, bad: ItemFault, items: Items, *, after: bool) -> JsonObject:
        """The real answer with one item failed: without touching that one, or, `after`, in spite of the work."""
        asked = items.asked(call.body)
        bad_id = bad.dentry_id or asked[0]
        kept = asked if after else [one for one in asked if one != bad_id]
        result: JsonObject = {"resultItems": []}
        if kept:
            result = await self.endpoint.handler(replace(call, body={**call.body, items.given: kept}))
        worked = iter(result["resultItems"])
        if after:
            worked = (item for item in worked if item[items.named] != bad_id)
        failed = items.failed(call, bad_id, bad.error_code)
        return {**result, "resultItems": [failed if one == bad_id else next(worked) for one in asked]}

    @contextmanager
    def _failing(self, fault: Struck, record: CallRecord) -> Iterator[None]:
        """Lets tasks fail as ordered; where none was started, the fault has not struck."""
        with failing(fault.what.task if fault else None) as spoilt:
            try:
                yield
            finally:
                if fault and spoilt and not spoilt.struck and fault.what == CallEffect(task=spoilt.fault):
                    self.world.faults.take_back(fault)
                    record.fault_id = record.note = ""

    def _dressed(self, result: JsonObject, record: CallRecord) -> JsonObject:
        """A result with what this style of interface puts around it."""
        if self.endpoint.old_style:
            result = {"errcode": 0, "errmsg": "ok", **result}
        if self.endpoint.path.startswith("/topapi/"):
            result["request_id"] = record.request_id
        return result

    # Admission

    def _token_of(self, request: web.Request, body: JsonObject) -> str:
        if not self.endpoint.token:
            return ""  # what it is given may be called so, but is no application's
        if not self.endpoint.old_style:
            return request.headers.get(TOKEN_HEADER, "")
        return request.query.get("access_token") or str(body.pop("access_token", ""))

    def _admit(self, token: Token | None, record: CallRecord) -> App:
        if not self.endpoint.token:
            return NOBODY
        app = self._checked(token, record).app
        self._check_scope(app, record)
        limits = self.world.limits
        if self.world.meter.too_fast(app.client_id, self.endpoint.route):
            too_fast = throttle.SUITE_QPS if self.world.apps[app.client_id].suite else throttle.APP_QPS
            note = f"more than {limits.calls_per_second} calls of this interface within a second"
            raise self._refused(too_fast, record, note)
        if self.endpoint.counted:
            if not self.world.meter.spend_call(self.endpoint.route):
                note = f"the {limits.monthly_quota} calls of this month are used up"
                raise self._refused(throttle.NO_QUOTA, record, note)
            record.counted = True
        return app

    def _checked(self, token: Token | None, record: CallRecord) -> Token:
        if token is None:
            raise self._refused(throttle.NO_TOKEN, record, "no access token, or an unknown one")
        if self.world.tokens.expired(token):
            gone = throttle.OLD_TOKEN if self.endpoint.old_style else throttle.NO_TOKEN
            raise self._refused(gone, record, "the access token has expired")
        return token

    def _check_scope(self, app: App, record: CallRecord) -> None:
        granted, scope = self.world.apps[app.client_id].scopes, self.endpoint.scope
        if scope is None or granted is None or scope in granted:
            return
        link = APPLY_URL.format(app.client_id, scope)
        raise self._refused(
            throttle.NO_SCOPE,
            record,
            f"the application lacks the permission {scope}",
            text=f"应用尚未开通所需的权限：[{scope}]，点击链接申请并开通即可：{link}",
            accessdenieddetail={"requiredScopes": [scope]},
        )

    def _refused(
        self, why: throttle.Refused, record: CallRecord, note: str, **more: Any
    ) -> ApiError | OldApiError:
        """The refusal in the style of this interface; the record says why."""
        record.note = note
        return why.error(old_style=self.endpoint.old_style, **more)


def _item_error(code: str) -> ApiError:
    try:
        return refusal(code)
    except KeyError:
        return ApiError(500, code, code)


async def read_body(request: web.Request) -> Body:
    """What was sent, as JSON object, as form, or as multipart form with files."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    if request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        return {k: v for k, v in form.items() if isinstance(v, str)}, {}
    try:
        value = json.loads(await request.text() or "{}")
    except (ValueError, RecursionError):
        value = {}
    return (value if isinstance(value, dict) else {}), {}


async def _read_multipart(request: web.Request) -> Body:
    fields: JsonObject = {}
    files: dict[str, Upload] = {}
    for key, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[key] = Upload(value.filename, value.file.read())
        else:
            fields[key] = value
    return fields, files
