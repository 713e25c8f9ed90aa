"""What handlers work with: the core's services, put together in one place and passed down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from bot.deletion.consent import Consents
from bot.deletion.decisions import Decisions
from bot.deletion.lifecycle import Lifecycle
from bot.deletion.receipts import Receipts
from bot.deletion.spaces import SpaceFinder
from bot.deletion.undo import Undo
from bot.dingtalk import DingTalk
from bot.engine import Workflows
from bot.messenger import Messenger
from bot.models import Language, Operator
from bot.operators import Operators
from bot.policy import Policy
from bot.store import Store
from cards.texts import Texts
from handlers.announce import CardAnnouncer
from handlers.inbound import IncomingMessage


@dataclass(frozen=True)
class Services:
    """Everything a handler may use. `corp_id` is empty when any organisation of the robot's app is welcome."""

    dingtalk: DingTalk
    store: Store
    engine: Workflows
    consents: Consents
    lifecycle: Lifecycle
    decisions: Decisions
    receipts: Receipts
    undo: Undo
    spaces: SpaceFinder
    operators: Operators
    messenger: Messenger
    announcer: CardAnnouncer
    policy: Policy
    clock: Callable[[], datetime]
    zone: tzinfo
    robot_code: str
    corp_id: str = ""
    language: Literal["auto", "zh", "en"] = "auto"

    def speaking(self, typed: Language) -> Language:
        """The language to answer in: the one of the command, unless settings fix another."""
        return typed if self.language == "auto" else self.language


@dataclass(frozen=True)
class Context:
    """One command being handled: who said what where, and in which language to answer."""

    services: Services
    message: IncomingMessage
    operator: Operator
    t: Texts
