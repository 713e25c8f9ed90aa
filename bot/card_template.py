"""What our cards put into a card template, and whether a configured one takes it. Nothing is posted for that.

Types and privacy of variables are chosen in the card builder:
https://open.dingtalk.com/document/development/variable-type
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass

import stamina
import structlog

from bot.dingtalk.card import Cards, Template
from bot.dingtalk.errors import (
    BadCredentials,
    DingTalkError,
    QuotaUsedUp,
    Throttled,
    TransportError,
    UnknownOutcome,
)

log = structlog.get_logger()

BUTTONS, DECIDES, PROGRESS = "msgButtons", "decides", "progress"
PASSING = (TransportError, Throttled, UnknownOutcome, BadCredentials)
"""What says nothing of a template and may be over soon; the last, until a third-party app has got its ticket."""
ATTEMPTS, WITHIN_S, PAUSE_S = 20, 900.0, 60.0
"""How long it is tried while DingTalk is away: once a minute at last, for a quarter of an hour."""


@dataclass(frozen=True)
class Variable:
    """A variable that our cards fill in. `needed`: without it a card says less than it must."""

    name: str
    kind: str
    """as the builder calls it in an exported template"""
    needed: bool = True
    private: bool = False
    """whether cards give single people a value of their own"""


VARIABLES = (
    Variable("title", "string"),
    Variable("markdown", "markdown"),
    Variable("tips", "string", private=True),
    Variable(BUTTONS, "loopArray"),
    Variable(DECIDES, "boolean", needed=False, private=True),
    Variable(PROGRESS, "string", needed=False),
)
"""Of a template of one's own. The public one is filled by the first four, the buttons inside `sys_full_json_obj`."""

_REMEDY = {
    "param.templateNotExist": "copy its ID from open-dev.dingtalk.com/fe/card, with .schema at its end",
    "param.templateUnpublished": "publish it at open-dev.dingtalk.com/fe/card",
}


@dataclass(frozen=True)
class Checked:
    """What came of looking at a template.

    `error`: DingTalk's code when it does not take the template, with what to do. `has`: the names of its variables,
    None when DingTalk does not tell. `missing` and `shared`: of ours, which it lacks, and which it does not keep
    apart from person to person.
    """

    error: str = ""
    todo: str = ""
    has: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()


async def check(cards: Cards, template_id: str, *, asks_progress: bool) -> Checked:
    """Look at a template by two counted calls. Raises one of PASSING, or QuotaUsedUp: ask again later."""
    try:
        await cards.make(
            out_track_id=f"dingsweep.check.{secrets.token_hex(8)}",
            template_id=template_id,
            params={variable.name: "" for variable in VARIABLES if variable.kind != "loopArray"},
        )
    except (*PASSING, QuotaUsedUp):
        raise
    except DingTalkError as exc:
        return Checked(error=exc.code, todo=_REMEDY.get(exc.code, str(exc)))
    return compared(await _told(cards, template_id), asks_progress=asks_progress)


async def _told(cards: Cards, template_id: str) -> Template | None:
    try:
        return await cards.template(template_id)
    except DingTalkError as exc:
        log.info("card_template.not_told", error=exc)
        return None


def compared(template: Template | None, *, asks_progress: bool) -> Checked:
    """What it has of what our cards fill in."""
    if template is None or template.common_variable_list is None:
        return Checked()
    has = {variable.name: variable.private for variable in template.common_variable_list}
    needed = [each.name for each in VARIABLES if each.needed or (asks_progress and each.name == PROGRESS)]
    shared = [each.name for each in VARIABLES if each.private and has.get(each.name) is False]
    return Checked(
        has=tuple(has),
        missing=tuple(name for name in needed if name not in has),
        shared=tuple(shared),
    )


async def report(cards: Cards, template_id: str, *, asks_progress: bool, sends: Collection[str]) -> None:
    """Check a template and log what came of it, with the variables that our cards send.

    Raises nothing: whatever goes wrong here, the robot runs, and its cards fall back to plain messages.
    """
    heard = log.bind(template=template_id, sends=list(sends))
    try:
        async for attempt in stamina.retry_context(
            on=PASSING, attempts=ATTEMPTS, timeout=WITHIN_S, wait_max=PAUSE_S
        ):
            with attempt:
                found = await check(cards, template_id, asks_progress=asks_progress)
    except DingTalkError as exc:
        heard.warning("card_template.unchecked", error=exc)
        return
    except Exception:
        heard.exception("card_template.unchecked")
        return
    if found.error:
        heard.warning("card_template.unusable", error=found.error, todo=found.todo)
    elif found.missing or found.shared:
        has, missing, shared = found.has, list(found.missing), list(found.shared)
        heard.warning("card_template.incomplete", has=has, missing=missing, not_private=shared)
    else:
        heard.info("card_template.checked", has=found.has or "not told by DingTalk")
