"""Identifiers that look like DingTalk's."""

import base64
import hashlib
import secrets
import uuid


def opaque() -> str:
    """A random key: a token, a ticket, a processQueryKey."""
    return secrets.token_urlsafe(24)


def request_id() -> str:
    """An id as in `x-acs-request-id`."""
    return str(uuid.uuid4()).upper()


def message_id() -> str:
    """The id of one frame, for example `213d841d_972_1898bb26334_70a7`."""
    raw = secrets.token_hex(14)
    return f"{raw[:8]}_{raw[8:11]}_{raw[11:22]}_{raw[22:27]}"


def msg_id() -> str:
    """The id of one robot message, the same in all its deliveries."""
    return "msg" + base64.b64encode(secrets.token_bytes(16)).decode()


def encrypted(user_id: str) -> str:
    """The encrypted id of a person or a robot; the same person always has the same one."""
    digest = hashlib.sha256(user_id.encode()).digest()[:18]
    return "$:LWCP_v1:$" + base64.b64encode(digest).decode()
