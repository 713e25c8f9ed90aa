"""Who is told what happens: channels as the settings say them, and the lines they are told."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from yarl import URL

from bot.hours import Span
from bot.models import Language, Model

NoticeEvent = Literal[
    "requested", "approved", "rejected", "expired", "cancelled", "done", "failed", "restored"
]
EVENTS: tuple[NoticeEvent, ...] = (
    "requested",
    "approved",
    "rejected",
    "expired",
    "cancelled",
    "done",
    "failed",
    "restored",
)
ENDINGS: tuple[NoticeEvent, ...] = ("rejected", "expired", "done", "failed", "restored")
"""What a team wants to hear by default: once of each request, how it ended. What was asked is on the cards of
those concerned, and what was cancelled never happened."""

CUT_FIRST: tuple[NoticeEvent, ...] = (
    "requested",
    "cancelled",
    "approved",
    "expired",
    "restored",
    "done",
    "rejected",
    "failed",
)


class Notice(Model):
    """One line of what a channel is told, as it was when it happened.

    `dentries` and `size_bytes` are what was asked for, `deleted` the dentries that went; `actor` is the name of who
    made it so; `note` a reason that was given.
    """

    event: NoticeEvent
    request_id: str
    requester: str
    space: str
    dentries: int
    size_bytes: int
    deleted: int = 0
    permanent: bool = False
    actor: str = ""
    at: datetime
    note: str = ""


class Channel(Model):
    """A conversation, a person one-to-one, or the group of a custom robot, and what it is told when.

    `quiet_hours` of its own replace those of all; "" then means none. One that is not `is_global` is told only
    of requests whose rule names it.
    """

    name: str = Field(min_length=1, max_length=64)
    conversation: str = ""
    user: str = ""
    webhook: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    events: tuple[NoticeEvent, ...] = Field(default=ENDINGS, min_length=1)
    digest: Literal["each", "hourly", "daily"] = "each"
    at: time = time(9)
    quiet_hours: Span | None = None
    language: Language | None = None
    is_global: bool = Field(default=True, alias="global")

    @field_validator("webhook")
    @classmethod
    def _is_robot(cls, value: SecretStr) -> SecretStr:
        """The host is checked where it is called; here, whether all of the address was copied."""
        address = value.get_secret_value()
        if address and not _is_robot_address(address):
            raise ValueError("not the whole address of a custom robot")
        return value

    @field_validator("at", mode="before")
    @classmethod
    def _is_clock(cls, value: Any) -> Any:
        if isinstance(value, (str, time)):
            return value
        raise ValueError("no time of day")

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.at.tzinfo:
            raise ValueError("a time of day has no time zone of its own")
        places = [self.conversation, self.user, self.webhook.get_secret_value()]
        if sum(map(bool, places)) != 1:
            raise ValueError("it needs exactly one of conversation, user and webhook")
        if self.secret.get_secret_value() and not self.is_webhook:
            raise ValueError("a secret belongs to a webhook")
        return self

    @property
    def is_webhook(self) -> bool:
        return bool(self.webhook.get_secret_value())

    def wants(self, event: NoticeEvent, named: tuple[str, ...]) -> bool:
        """Whether it is told of this event, of a request whose rule names these channels."""
        return event in self.events and (self.is_global or self.name in named)


def _is_robot_address(address: str) -> bool:
    try:
        url = URL(address)
    except ValueError:
        return False
    return url.path == "/robot/send" and bool(url.query.get("access_token"))
