"""A card that asks by itself how far its job is, for whoever has it before their eyes; answered within 2 s.

https://open.dingtalk.com/document/development/dynamic-data-source
"""

from __future__ import annotations

import json
from typing import Any

import structlog

from bot.card_template import PROGRESS
from bot.models import RequestState
from cards.job import progress_line
from cards.texts import texts
from handlers.inbound import CardPull, InvalidMessage
from handlers.services import Services

log = structlog.get_logger()

Response = dict[str, Any]


async def handle(services: Services, data: dict[str, Any]) -> Response:
    """How far it is, to people of the organisation whose card it is; nothing to others, and never an exception."""
    try:
        pull = CardPull.from_data(data)
    except InvalidMessage as exc:
        log.warning("pull.invalid", missing=exc.missing)
        return {}
    source = services.messenger.progress_source
    if not source or source not in pull.sources:
        return {}
    try:
        said = await _progress(services, pull)
    except Exception:
        log.exception("pull.failed", out_track_id=pull.out_track_id)
        return {}
    if said is None:
        return {}
    value = json.dumps({PROGRESS: said}, ensure_ascii=False)
    answer = {"dynamicDataSourceId": source, "dynamicDataValueType": "OBJECT", "data": value}
    return {"dataSourceQueryResponses": [answer]}


async def _progress(services: Services, pull: CardPull) -> str | None:
    """Empty while nothing runs; None for a card that is not ours, or not theirs."""
    found = await services.store.requests.pressed(pull.out_track_id)
    if found is None or found[0].requester.corp_id != pull.corp_id:
        log.warning("pull.not_theirs", out_track_id=pull.out_track_id, corp_id=pull.corp_id)
        return None
    request = found[0]
    structlog.contextvars.bind_contextvars(request_id=request.id, msg_id=request.msg_id)
    if request.state is not RequestState.RUNNING:
        return ""
    progress = await services.store.jobs.progress(request, at=services.clock())
    return progress_line(request, progress, texts(request.language))
