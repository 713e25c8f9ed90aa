"""Interactive cards: what each one shows, and to whom.

https://open.dingtalk.com/document/development/create-and-deliver-cards
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox.errors import ApiError
from sandbox.newest import Newest

KEY_BYTES = 100
VALUE_BYTES = 1024
CARD_BYTES = 100 * 1024
TRACK_BYTES = 100
CARDS_KEPT = 5000
BUTTONS_KEY = "sys_full_json_obj"
SEND_MESSAGE = "dtmd://dingtalkclient/sendMessage"

Params = dict[str, str]


@dataclass(slots=True)
class Template:
    """A card template. `private_keys` None: every variable may differ from person to person. `variables` None: nobody
    is told their names."""

    template_id: str
    published: bool = True
    private_keys: list[str] | None = None
    variables: list[str] | None = None


@dataclass(slots=True)
class Button:
    """A button as the client draws it; pressing one with `request` calls the application back."""

    id: str
    text: str
    color: str = ""
    request: bool = False
    url: str = ""

    @property
    def sends(self) -> str | None:
        """The text that pressing it says in the presser's name, for a `dtmd://…/sendMessage` link."""
        if not self.url.startswith(SEND_MESSAGE):
            return None
        return parse_qs(urlsplit(self.url).query).get("content", [""])[0]


@dataclass(slots=True)
class Card:
    """One card instance. `private` holds each person's own variables by userId; `spaces` the space types it may
    be delivered to; `revision` counts changes, `open_callbacks` the clicks not answered yet. `sources` are its
    `dynamicDataSourceConfigs`, `dynamic` by userId what they brought: it lies over all other variables."""

    out_track_id: str
    template_id: str
    client_id: str
    callback_type: str = ""
    user_id_type: int = 1
    params: Params = field(default_factory=dict)
    private: dict[str, Params] = field(default_factory=dict)
    spaces: list[str] = field(default_factory=list)
    revision: int = 1
    open_callbacks: int = 0
    sources: list[dict[str, Any]] = field(default_factory=list)
    dynamic: dict[str, Params] = field(default_factory=dict)

    def update(self, params: Params | None, *, by_key: bool) -> None:
        """Changes the variables everybody sees; without `by_key` they are replaced as a whole."""
        if params is not None:
            self.params = {**self.params, **params} if by_key else dict(params)

    def update_private(self, user_id: str, params: Params | None, *, by_key: bool) -> None:
        """Changes the variables one person sees."""
        if params is not None:
            mine = self.private.get(user_id, {})
            self.private[user_id] = {**mine, **params} if by_key else dict(params)


@dataclass
class Cards:
    """All cards and templates."""

    cards: Newest[str, Card] = field(default_factory=lambda: Newest(CARDS_KEPT))
    """By outTrackId."""
    templates: dict[str, Template] = field(default_factory=dict)

    def seen_by(self, card: Card, user_id: str | None) -> Params:
        """The card's variables as this person sees them (None: the public ones)."""
        mine = card.private.get(user_id or "", {})
        template = self.templates.get(card.template_id)
        allowed = template.private_keys if template else None
        mine = {k: v for k, v in mine.items() if allowed is None or k in allowed}
        return {**card.params, **mine, **card.dynamic.get(user_id or "", {})}


def buttons_of(params: Params) -> list[Button]:
    """The buttons in `sys_full_json_obj`; none when it is missing or no JSON."""
    try:
        listed = json.loads(params.get(BUTTONS_KEY, "{}"))["msgButtons"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    if not isinstance(listed, list):
        return []
    return [_button(b, n) for n, b in enumerate(listed) if isinstance(b, dict)]


def _button(raw: dict[str, Any], number: int) -> Button:
    return Button(
        id=str(raw.get("id", number)),
        text=str(raw.get("text", "")),
        color=str(raw.get("color", "")),
        request=raw.get("request") is True,
        url=str(raw.get("url") or raw.get("iosUrl") or ""),
    )


def checked_params(data: Any) -> Params | None:
    """The `cardParamMap` of a `cardData`-like object; None when there is none.

    Raises ApiError `param.invalid` for a key over 100 bytes, a value that is no string or over 1 KB.
    https://open.dingtalk.com/document/development/instructions-for-filling-in-api-card-data
    """
    if data is None:
        return None
    params = data.get("cardParamMap", {}) if isinstance(data, dict) else data
    if not isinstance(params, dict):
        raise invalid("cardParamMap is not an object")
    for key, value in params.items():
        if len(key.encode()) > KEY_BYTES:
            raise invalid(f"key longer than {KEY_BYTES} bytes: {key[:40]}")
        if not isinstance(value, str):
            raise invalid(f"value of {key} is not a string")
        if len(value.encode()) > VALUE_BYTES:
            raise invalid(f"value of {key} has {len(value.encode())} bytes, allowed are {VALUE_BYTES}")
    return params


def check_size(card: Card) -> None:
    """Raises ApiError `param.invalid` when the card holds more than 100 KB."""
    size = len(json.dumps([card.params, card.private], ensure_ascii=False).encode())
    if size > CARD_BYTES:
        raise invalid(f"the card has {size} bytes, allowed are {CARD_BYTES}")


def invalid(why: str) -> ApiError:
    """The error for a parameter that breaks a rule without a code of its own."""
    return ApiError(400, "param.invalid", f"param.invalid: {why}")
