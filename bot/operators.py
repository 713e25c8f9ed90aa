"""Who somebody is: from the userId of a message or click to an operator with a unionId."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import structlog

from bot.dingtalk import DingTalk
from bot.dingtalk.errors import DingTalkError
from bot.models import Operator

log = structlog.get_logger()

CACHE_S = 600.0


class Operators:
    """Looks people up in the contacts. Free of quota, but kept for ten minutes: a click has 2 s."""

    def __init__(self, dingtalk: DingTalk, clock: Callable[[], float] = time.monotonic) -> None:
        self._dingtalk = dingtalk
        self._clock = clock
        self._known: dict[tuple[str, str], tuple[float, Operator]] = {}

    async def get(self, corp_id: str, user_id: str) -> Operator:
        """The operator behind a userId of our organisation.

        Raises NotFound for a userId that is not there (any more), DingTalkError when it cannot be told.
        """
        key = (corp_id, user_id)
        if (found := self._known.get(key)) and self._clock() - found[0] < CACHE_S:
            return found[1]
        user = await self._dingtalk.contact.user(user_id)
        operator = Operator(corp_id=corp_id, user_id=user_id, union_id=user.unionid, name=user.name)
        self._known[key] = (self._clock(), operator)
        return operator

    async def names(self, corp_id: str, union_ids: Iterable[str]) -> dict[str, str]:
        """The names behind these unionIds, as far as they can be told: nothing depends on them."""
        found: dict[str, str] = {}
        for union_id in union_ids:
            try:
                user_id = await self._dingtalk.contact.user_id(union_id)
                found[union_id] = (await self.get(corp_id, user_id)).name
            except DingTalkError as exc:
                log.info("operator.name_unknown", error=exc.code)
        return found
