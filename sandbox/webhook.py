"""Custom robots: webhooks that belong to a group, and how they are kept from being misused.

https://open.dingtalk.com/document/dingstart/customize-robot-security-settings
"""

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.paper import from_json

KEYWORDS_MAX = 10
SIGNED_WITHIN_MS = 3_600_000
MESSAGES_MAX = 20
MINUTE_MS = 60_000
BLOCKED_MS = 600_000
UUIDS_KEPT = 100


@dataclass(slots=True)
class Webhook:
    """A custom robot of one group. Of its security settings (`secret`, `keywords`, `ips`) all that are set must hold.

    `sent` are the times (ms) of its messages of the last minute, `blocked_until` is when it may send again, `uuids`
    are the newest msgUuids it has sent.
    """

    conversation_id: str
    name: str
    access_token: str
    secret: str = ""
    keywords: list[str] = field(default_factory=list)
    ips: list[str] = field(default_factory=list)
    stopped: bool = False
    sent: list[int] = field(default_factory=list)
    blocked_until: int = 0
    uuids: list[str] = field(default_factory=list)

    def objection(self, content: Any, query: dict[str, str], remote: str, now_ms: int) -> str:
        """Why its security settings do not let a message pass, in the documented words; empty when they do."""
        if self.keywords and not any(word in text for text in _texts(content) for word in self.keywords):
            return "keywords not in content"
        if self.secret and not _is_recent(query.get("timestamp", ""), now_ms):
            return "invalid timestamp"
        if self.secret and not hmac.compare_digest(
            query.get("sign", "").encode(), signature(self.secret, query["timestamp"]).encode()
        ):
            return "sign not match"
        if self.ips and not _is_within(remote, self.ips):
            return f"ip {remote} not in whitelist"
        return ""

    def may_send(self, now_ms: int) -> bool:
        """Whether one more message is no more than 20 in a minute; one too many stops it for 10 minutes."""
        self.sent = [at for at in self.sent if at > now_ms - MINUTE_MS]
        if now_ms < self.blocked_until:
            return False
        if len(self.sent) >= MESSAGES_MAX:
            self.blocked_until = now_ms + BLOCKED_MS
            return False
        return True

    def has_sent(self, now_ms: int, uuid: str) -> None:
        """Notes that a message went out."""
        self.sent.append(now_ms)
        if uuid:
            self.uuids = [*self.uuids, uuid][-UUIDS_KEPT:]


def read_webhook(raw: dict[str, Any]) -> Webhook:
    """A webhook out of its object. Raises ValueError when it makes no sense."""
    webhook = from_json(Webhook, raw)
    if len(webhook.keywords) > KEYWORDS_MAX:
        raise ValueError(f"{webhook.name} has more than {KEYWORDS_MAX} keywords")
    for allowed in webhook.ips:
        ipaddress.IPv4Network(allowed, strict=False)
    return webhook


def signature(secret: str, timestamp: str) -> str:
    """What `sign` must be: HMAC-SHA256 of timestamp, newline and secret, in base64."""
    digest = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


def _is_recent(timestamp: str, now_ms: int) -> bool:
    return timestamp.isdecimal() and abs(int(timestamp[:20]) - now_ms) <= SIGNED_WITHIN_MS


def _is_within(remote: str, allowed: list[str]) -> bool:
    try:
        address = ipaddress.IPv4Address(remote)
    except ValueError:
        return False
    return any(address in ipaddress.IPv4Network(each, strict=False) for each in allowed)


def _texts(content: Any) -> Iterator[str]:
    """All texts in a message, however deep."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for inner in content.values() if isinstance(content, dict) else content:
            yield from _texts(inner)
