"""The kinds of faults that befall calls.

https://open.dingtalk.com/document/development/how-to-process-api-throttling-on-the-dingtalk-server
https://open.dingtalk.com/document/development/server-api-error-codes-1
"""

from typing import Any

from sandbox.faults import throttle
from sandbox.faults.kinds.kind import OFTEN, Group, Kind, words

STORAGE = "/v1.0/storage/"
CARDS = "/v1.0/card/instances"

BAN_SECONDS = 300
BAN_PAGE = (
    "<!DOCTYPE html><html><head><title>403 Forbidden</title></head>"
    "<body><h1>Access denied</h1><p>Your IP has been blocked, punish=deny.</p></body></html>"
)
BAN_JSON = {
    "status": 1111,
    "wait": 5,
    "source": "x5",
    "punish": "deny",
    "uuid": "00000000000000000000000000000000",
}
GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

_WHO = ("route", "person", "spaceId", "clientId")


def _kind(
    name: str,
    group: Group,
    title: dict[str, str],
    about: dict[str, str],
    takes: tuple[str, ...],
    **defaults: Any,
) -> Kind:
    return Kind(name, group, "call", title, about, (*_WHO, *takes, *OFTEN), {"route": "", **defaults})


def _throttle(
    name: str, why: throttle.Refused, title: dict[str, str], about: dict[str, str], **more: Any
) -> Kind:
    refused = {"status": why.status, "code": why.code, "message": why.text, "early": True}
    return _kind(name, "throttle", title, about, (), **refused, **more)


CALL_KINDS: tuple[Kind, ...] = (
    _kind(
        "error",
        "error",
        words("报错", "Error"),
        words(
            "接口返回指定的错误，不做任何事。旧版接口以 HTTP 200 和 errcode 返回。",
            "The interface answers with this error and does nothing. Old interfaces: errcode under HTTP 200.",
        ),
        ("status", "code", "message"),
        status=500,
        code="systemError",
        message="系统错误",
    ),
    _throttle(
        "qps",
        throttle.APP_QPS,
        words("应用 QPS 限流", "Too many calls a second"),
        words(
            "本应用每秒调用该接口次数超限（旧版 90018），持续 1 秒。",
            "This app called the interface too often within a second (old style 90018); lasts 1 s.",
        ),
        seconds=1,
    ),
    _throttle(
        "qpm",
        throttle.APP_QPM,
        words("应用 QPM 限流", "Too many calls a minute"),
        words(
            "本应用每分钟调用该接口次数超限（旧版 90006），持续 60 秒。",
            "This app called the interface too often within a minute (old style 90006); lasts 60 s.",
        ),
        seconds=60,
    ),
    _throttle(
        "apiQps",
        throttle.API_QPS,
        words("接口全局限流", "Interface busy for everybody"),
        words(
            "全平台对该接口的调用超限（旧版 90002），持续 1 秒。",
            "All apps together call the interface too often (old style 90002); lasts 1 s.",
        ),
        seconds=1,
    ),
    _kind(
        "ipBan",
        "throttle",
        words("IP 封禁（网页）", "IP banned (page)"),
        words(
            "该 IP 的所有调用被拒 5 分钟，返回 HTML 页面，包括获取 token。",
            "Every call from this IP is refused for 5 minutes with an HTML page, those for a token too.",
        ),
        ("status", "body", "contentType"),
        status=403,
        body=BAN_PAGE,
        contentType="text/html",
        early=True,
        seconds=BAN_SECONDS,
    ),
    _kind(
        "ipBanJson",
        "throttle",
        words("IP 封禁（JSON）", "IP banned (JSON)"),
        words(
            "同上，但返回 status 1111 的 JSON。",
            "The same, answered with the JSON object of status 1111.",
        ),
        ("status", "body", "contentType"),
        status=200,
        body=BAN_JSON,
        early=True,
        seconds=BAN_SECONDS,
    ),
    _throttle(
        "quota",
        throttle.NO_QUOTA,
        words("月度调用量用尽", "Monthly quota used up"),
        words(
            "计入月度调用量的接口都被拒（旧版 90020）；免费接口照常。",
            "Every interface that counts is refused (old style 90020); those that are free go on.",
        ),
        countedOnly=True,
    ),
    _kind(
        "serverError",
        "network",
        words("网关错误", "Bad gateway"),
        words(
            "HTTP 502 和一个 HTML 页面，没有做任何事。",
            "HTTP 502 with an HTML page; nothing was done.",
        ),
        ("status", "body", "contentType", "after"),
        status=502,
        body=GATEWAY_PAGE,
        contentType="text/html",
    ),
    _kind(
        "resetBefore",
        "network",
        words("处理前断开", "Reset before the work"),
        words("连接被重置，没有做任何事。", "The connection is reset; nothing was done."),
        (),
        reset=True,
    ),
    _kind(
        "resetAfter",
        "network",
        words("处理后断开", "Reset after the work"),
        words("事情已经做完，连接才被重置。", "The work was done, then the connection is reset."),
        (),
        reset=True,
        after=True,
    ),
    _kind(
        "slow",
        "network",
        words("处理缓慢", "Slow"),
        words("等一会儿才开始处理，结果正常。", "A while passes before the work; then all is well."),
        ("delayMs",),
        delayMs=3000,
    ),
    _kind(
        "slowFirstByte",
        "network",
        words("首字节缓慢", "Slow first byte"),
        words("事情立即做完，但迟迟没有回应。", "The work is done at once, but the answer takes its time."),
        ("firstByteMs",),
        firstByteMs=3000,
    ),
    _kind(
        "truncated",
        "network",
        words("响应被截断", "Cut short"),
        words(
            "事情已做完；响应只到一部分，连接就关闭。",
            "The work was done; a part of the answer arrives, then the connection closes.",
        ),
        ("truncate",),
        truncate=20,
    ),
    _kind(
        "wrongContentType",
        "network",
        words("类型错误", "Wrong content type"),
        words("正常的 JSON，却标成 text/html。", "The real JSON answer, sent as text/html."),
        ("contentType",),
        contentType="text/html",
    ),
    _kind(
        "timeoutAfterWork",
        "error",
        words("超时但已处理", "Timeout after the work"),
        words(
            "事情已做完，却返回 503 operationTimeout。",
            "The work was done, the answer is 503 operationTimeout.",
        ),
        ("status", "code", "message"),
        status=503,
        code="operationTimeout",
        message="请求超时",
        after=True,
    ),
    _kind(
        "itemFails",
        "storage",
        words("单项失败", "One item fails"),
        words(
            "批量接口返回成功，但其中一项（不填 ID 则为第一项）失败。",
            "One item (the first, unless an ID is given) fails inside an answer that succeeds.",
        ),
        ("item", "after"),
        route=STORAGE,
        item={"dentryId": "", "errorCode": "systemError"},
    ),
    _kind(
        "taskFails",
        "storage",
        words("异步任务失败", "Task fails"),
        words(
            "调用启动的异步任务以 FAIL 结束，什么都没做。",
            "The task a call starts ends in FAIL; nothing was done.",
        ),
        ("task",),
        route=STORAGE,
        task={"failed": "all", "message": "systemError"},
    ),
    _kind(
        "taskFailsPartly",
        "storage",
        words("异步任务部分失败", "Task fails in part"),
        words(
            "调用启动的异步任务做了一部分，以 FAIL 结束。",
            "The task a call starts does a part of its work and ends in FAIL.",
        ),
        ("task",),
        route=STORAGE,
        task={"failed": 0.5, "message": "systemError"},
    ),
    _kind(
        "undelivered",
        "cards",
        words("卡片未投放", "Card not delivered"),
        words(
            "HTTP 200，但 deliverResults 中 success 为 false；卡片已创建。",
            "HTTP 200 with success: false in deliverResults; the card exists, nobody sees it.",
        ),
        ("deliver",),
        route=CARDS,
        deliver="system error",
    ),
)
