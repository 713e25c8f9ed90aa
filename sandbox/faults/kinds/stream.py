"""The kinds of faults that befall pushes and connections of the stream.

https://open.dingtalk.com/document/direction/stream-mode-protocol-access-description
"""

from typing import Any

from sandbox.faults.kinds.kind import OFTEN, Kind, Side, words
from sandbox.stream.frames import CARD_TOPIC, ROBOT_TOPIC

CALLBACK = f"PUSH {CARD_TOPIC}"
MESSAGE = f"PUSH {ROBOT_TOPIC}"
SOCKET = "SOCKET"


def _kind(
    name: str,
    route: str,
    title: dict[str, str],
    about: dict[str, str],
    takes: tuple[str, ...] = (),
    **defaults: Any,
) -> Kind:
    side: Side = "connection" if route == SOCKET else "push"
    who = ("clientId",) if route == SOCKET else ("route", "person", "clientId")
    return Kind(name, "stream", side, title, about, (*who, *takes, *OFTEN), {"route": route, **defaults})


STREAM_KINDS: tuple[Kind, ...] = (
    _kind(
        "callbackTwice",
        CALLBACK,
        words("卡片回调重复", "Card callback twice"),
        words(
            "同一次点击送达两次，messageId 各不相同；以先到的应答为准。",
            "One click is delivered twice, each time with its own messageId; the first answer counts.",
        ),
        ("copies", "other"),
        copies=2,
    ),
    _kind(
        "callbackOutOfOrder",
        CALLBACK,
        words("卡片回调乱序", "Card callback out of order"),
        words(
            "这次点击等后面的点击送达之后才送达，最迟 5 秒；点击的 2 秒照常计时。",
            "The click arrives after a later one, at the latest after 5 s; its 2 seconds run all the same.",
        ),
        ("hold",),
        hold=1,
    ),
    _kind(
        "callbackElsewhere",
        CALLBACK,
        words("卡片回调走另一连接", "Card callback elsewhere"),
        words(
            "从上一次推送所用以外的连接送达；只有一个连接时不生效。",
            "It comes through another connection than the push before; with one connection only it waits.",
        ),
        other=True,
    ),
    _kind(
        "callbackLost",
        CALLBACK,
        words("卡片回调丢失", "Card callback lost"),
        words(
            "点击没有送达，2 秒后客户端提示失败。",
            "The click never arrives; after 2 s the client shows a failure.",
        ),
        lose=True,
    ),
    _kind(
        "messageAgain",
        MESSAGE,
        words("消息重复投递", "Message again"),
        words(
            "虽已应答，16 秒和 60 秒后再次送达：messageId 是新的，msgId 不变。",
            "Although acknowledged it comes again after 16 s and 60 s: a new messageId, the same msgId.",
        ),
        again=True,
    ),
    _kind(
        "messageLost",
        MESSAGE,
        words("消息丢失", "Message lost"),
        words("消息没有送达，也不会重投。", "The message never arrives, and does not come later."),
        lose=True,
    ),
    _kind(
        "deafSocket",
        SOCKET,
        words("连接不应答 ping", "Pings unanswered"),
        words(
            "不应答应用发出的 websocket ping；推送照常。",
            "The websocket pings of the application get no pong; pushes go on.",
        ),
        deaf=True,
    ),
    _kind(
        "silentSocket",
        SOCKET,
        words("连接静默", "Silent connection"),
        words(
            "连接开着并应答 ping，但什么都不送达。",
            "The connection stays open and answers pings, but nothing is delivered.",
        ),
        ("deaf",),
        silent=True,
    ),
    _kind(
        "socketDisconnect",
        SOCKET,
        words("服务端断开通知", "Disconnect announced"),
        words(
            "收到 SYSTEM/disconnect，此后不再送达，10 秒后关闭。",
            "A SYSTEM/disconnect, nothing after it, closed 10 s later.",
        ),
        disconnect=True,
        count=1,
    ),
    _kind(
        "socketDrop",
        SOCKET,
        words("连接中断", "Connection cut"),
        words("连接不经通知就断开。", "The connection is cut without a word."),
        drop=True,
        count=1,
    ),
    _kind(
        "socketRefuse",
        SOCKET,
        words("拒绝连接", "Connection refused"),
        words("websocket 握手失败（HTTP 503）。", "The websocket handshake fails (HTTP 503)."),
        refuse=True,
    ),
    _kind(
        "socketHang",
        SOCKET,
        words("连接没有回应", "Handshake unanswered"),
        words(
            "能取到连接地址，但 websocket 握手一直没有回应。",
            "The address is given, but the websocket handshake gets no answer.",
        ),
        hang=True,
    ),
)
