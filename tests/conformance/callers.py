"""Three ways to make the same documented call: plain HTTP, the official SDK, and the official SDK's async half.

The SDK is given the documented request as it stands on the wire (`from_map`), so it is the SDK that decides what
goes out and how the answer is read.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any

import aiohttp
from alibabacloud_tea_openapi.models import Config
from alibabacloud_tea_util.models import RuntimeOptions
from Tea.exceptions import TeaException

from tests.conformance.control import HEADER, Control, Json
from tests.conformance.pages import Page, Request

HTTP_OK = 200


@dataclass(frozen=True)
class Reply:
    """What came back: HTTP status, the body, and for the SDK what it made of an error."""

    status: int
    body: Json
    raised: TeaException | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The error code, wherever this style of interface puts it."""
        return str(self.body.get("code", self.body.get("errcode", "")))

    @property
    def denied(self) -> Json:
        """The SDK's `accessDeniedDetail`; the exception it wraps the first one in has lost it."""
        assert self.raised is not None
        return getattr(self.raised, "inner_exception", self.raised).accessDeniedDetail


Caller = Callable[[Control, Page, Request, str], Awaitable[Reply]]


async def plain(sandbox: Control, page: Page, request: Request, token: str) -> Reply:
    """Plain HTTP, as the page shows it."""
    query = dict(request.query)
    headers = {} if page.old_style else {HEADER: token}
    if page.old_style:
        query.setdefault("access_token", token)
    async with sandbox.http.request(
        page.method,
        sandbox.url + page.url(request),
        params=query,
        headers=headers,
        json=None if request.body is None else request.json(),
        data=_form(request),
    ) as answer:
        return Reply(answer.status, await answer.json(), headers=dict(answer.headers))


def _form(request: Request) -> aiohttp.FormData | None:
    """What is sent as a form: of several parts when there is a file in it."""
    if request.form is None:
        return None
    form = aiohttp.FormData(dict(request.form))
    if request.upload:
        form.add_field("media", b"some bytes", filename=request.upload)
    return form


async def sdk(sandbox: Control, page: Page, request: Request, token: str) -> Reply:
    """The official SDK, blocking."""
    method, arguments = _sdk_call(sandbox.url, page, request, token, suffix="_with_options")
    try:
        return _read(method(*arguments))
    except TeaException as raised:
        return _refused(raised)


async def sdk_async(sandbox: Control, page: Page, request: Request, token: str) -> Reply:
    """The official SDK, asynchronous."""
    method, arguments = _sdk_call(sandbox.url, page, request, token, suffix="_with_options_async")
    try:
        return _read(await method(*arguments))
    except TeaException as raised:
        return _refused(raised)


CALLERS: dict[str, Caller] = {"http": plain, "sdk": sdk, "sdk-async": sdk_async}


@cache
def client(url: str, family: str) -> Any:
    """The SDK's client of one family, pointed at a sandbox."""
    config = Config(protocol="http", endpoint=url.removeprefix("http://"))
    return import_module(f"alibabacloud_dingtalk.{family}.client").Client(config)


def models(family: str) -> Any:
    """The SDK's request and header classes of one family."""
    return import_module(f"alibabacloud_dingtalk.{family}.models")


def _sdk_call(url: str, page: Page, request: Request, token: str, suffix: str) -> tuple[Any, list[Any]]:
    assert page.sdk is not None
    family, name = page.sdk.split(".")
    family_client = client(url, family)
    # One method of the robot family is spelt without the underscore before "with".
    method = getattr(family_client, name + suffix, None) or getattr(family_client, name + suffix[1:])
    camel = _camel(name)
    message = getattr(models(family), f"{camel}Request")().from_map(_typed(request))
    headers_class = getattr(models(family), f"{camel}Headers", None)
    headers = headers_class(x_acs_dingtalk_access_token=token) if headers_class else {}
    return method, [*request.path.values(), message, headers, RuntimeOptions(autoretry=False)]


def _typed(request: Request) -> dict[str, Json]:
    """Query and body in one map, as the SDK's requests are; a query's numbers become numbers again."""
    query = {key: int(value) if key == "maxResults" else value for key, value in request.query.items()}
    return {**query, **request.json()}


def _camel(name: str) -> str:
    words = "".join(word.capitalize() for word in name.split("_"))
    return words.replace("Otoquery", "OTOQuery").replace("Oto", "OTO")


def _read(answer: Any) -> Reply:
    """The answer as the SDK understood it; where the page shows no body it has none."""
    body = answer.body.to_map() if hasattr(answer, "body") else {}
    return Reply(answer.status_code, body, headers=dict(answer.headers))


def _refused(raised: TeaException) -> Reply:
    return Reply(raised.data["statusCode"], raised.data, raised=raised)
