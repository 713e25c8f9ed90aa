"""Access tokens for internal and third-party apps, new and old interfaces.

https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app
https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-authorized-enterprise-1
"""

import base64
import hashlib
import hmac
from typing import Any

from sandbox.errors import ApiError, OldApiError
from sandbox.people import App, Application
from sandbox.tokens import TOKEN_SECONDS
from sandbox.wire import Call, Endpoint, JsonObject
from sandbox.world import World

DOC = "https://open.dingtalk.com/document/development/"
SIGNATURE_MS = 60_000


async def access_token(call: Call) -> JsonObject:
    """An internal app's token; the same one while it lives."""
    app = credentials(call.world, call.body.get("appKey"), call.body.get("appSecret"))
    if app is None or app.suite:
        raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
    value = call.world.tokens.same_or_new(App(app.client_id, app.corp_id))
    return {"accessToken": value, "expireIn": TOKEN_SECONDS}


async def corp_access_token(call: Call) -> JsonObject:
    """A third-party app's token for one organisation; a new one at every call."""
    suite = credentials(call.world, call.body.get("suiteKey"), call.body.get("suiteSecret"))
    if suite is None or not suite.suite:
        raise ApiError(400, "invalidSuiteKey", "suitekey不合法")
    if not call.world.tokens.good_ticket(suite.client_id, str(call.body.get("suiteTicket", ""))):
        raise ApiError(400, "invalidSuiteTicket", "suiteTicket无效")
    corp_id = str(call.body.get("authCorpId", ""))
    if corp_id not in suite.corp_ids:
        raise ApiError(400, "invalidAuthInfo", "授权关系不存在")
    value = call.world.tokens.new(App(suite.client_id, corp_id))
    return {"accessToken": value, "expireIn": TOKEN_SECONDS}


async def token(call: Call) -> JsonObject:
    """The unified token interface, for apps of either kind."""
    if call.body.get("grant_type") != "client_credentials":
        raise ApiError(400, "unsupported.grant.type", "unsupported.grant.type")
    app = credentials(call.world, call.body.get("client_id"), call.body.get("client_secret"))
    if app is None:
        raise ApiError(400, "invalid.client", "invalid.client")
    corp_id = call.path["corpId"]
    if corp_id not in app.corp_ids:
        raise ApiError(401, "unauthorized.client", "unauthorized.client")
    value = call.world.tokens.same_or_new(App(app.client_id, corp_id))
    return {"access_token": value, "expires_in": TOKEN_SECONDS}


async def gettoken(call: Call) -> JsonObject:
    """The old interface for internal apps."""
    app = credentials(call.world, call.query.get("appkey"), call.query.get("appsecret"))
    if app is None or app.suite:
        raise OldApiError(40089, "不合法的corpid或corpsecret")
    value = call.world.tokens.same_or_new(App(app.client_id, app.corp_id))
    return {"access_token": value, "expires_in": TOKEN_SECONDS}


async def get_corp_token(call: Call) -> JsonObject:
    """The old interface for third-party apps: signed with the suite's secret, or with the secret itself."""
    given = {**call.body, **call.query}
    suite = call.world.apps.get(str(given.get("accessKey", "")))
    if suite is None or not suite.suite:
        raise OldApiError(853003, "accessKey参数不合法，必须是钉钉开放平台存在的appId")
    ticket = str(given.get("suiteTicket", ""))
    if not call.world.tokens.good_ticket(suite.client_id, ticket):
        raise OldApiError(40085, "不存在的suiteticket")
    if given.get("accessSecret") != suite.client_secret:
        _check_signature(call, suite, ticket)
    corp_id = str(given.get("auth_corpid", ""))
    if corp_id not in suite.corp_ids:
        raise OldApiError(40079, "不存在的授权信息")
    value = call.world.tokens.new(App(suite.client_id, corp_id))
    return {"access_token": value, "expires_in": TOKEN_SECONDS}


def _check_signature(call: Call, suite: Application, ticket: str) -> None:
    timestamp = call.query.get("timestamp", "")
    if not timestamp.isdigit():
        raise OldApiError(853001, "timestamp参数格式不正确，必须是当前时间的毫秒数")
    if abs(int(timestamp) - call.world.clock.now_ms()) > SIGNATURE_MS:
        raise OldApiError(853002, "timestamp参数不合法，该参数值与钉钉服务器当前时间相差超过1分钟")
    expected = signature(suite.client_secret, timestamp, ticket)
    if not hmac.compare_digest(expected.encode(), call.query.get("signature", "").encode()):
        raise OldApiError(853004, "signature参数不正确，与钉钉服务端计算出来的签名不一致")


def credentials(world: World, client_id: Any, secret: Any) -> Application | None:
    """The application with this id, if the secret is right."""
    app = world.apps.get(client_id) if isinstance(client_id, str) else None
    return app if app is not None and app.client_secret == secret else None


def signature(secret: str, timestamp: str, ticket: str) -> str:
    """HmacSHA256 over timestamp and ticket, Base64.

    https://open.dingtalk.com/document/development/the-signature-calculation-method-of-the-third-party-access-interface
    """
    digest = hmac.new(secret.encode(), f"{timestamp}\n{ticket}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _endpoint(method: str, path: str, handler: Any, page: str) -> Endpoint:
    return Endpoint(method, path, handler, counted=False, token=False, doc=DOC + page)


ENDPOINTS = (
    _endpoint("POST", "/v1.0/oauth2/accessToken", access_token, "obtain-the-access-token-of-an-internal-app"),
    _endpoint(
        "POST",
        "/v1.0/oauth2/corpAccessToken",
        corp_access_token,
        "obtain-the-access-token-of-the-authorized-enterprise-1",
    ),
    _endpoint("POST", "/v1.0/oauth2/{corpId}/token", token, "api-gettoken"),
    _endpoint("GET", "/gettoken", gettoken, "obtain-orgapp-token"),
    _endpoint("POST", "/service/get_corp_token", get_corp_token, "obtain-isvapp-token"),
)
