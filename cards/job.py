"""A job while it runs: how far it is, that it rests, that it was told to stop, and what it will cost."""

from __future__ import annotations

import math

from bot.models import Progress, Request, RequestState
from cards.escape import Markdown
from cards.texts import Texts

MANY_CALLS = 100
"""From so many counted calls on, or from a tenth of what is left, a card says what its job will take."""
_TENTH = 10
_MINUTE_S, _HOUR_S = 60, 3600


def progress_line(request: Request, progress: Progress, t: Texts) -> Markdown:
    """12,000 of 50,000 items settled, about 3 minutes left; or why it does not go on."""
    total, done = progress.of_dentries, t.number(progress.dentries)
    if request.stop_asked:
        return t("job.stopping", n=total, done=done)
    if request.paused:
        return t("job.resting", n=total, done=done, id=request.id)
    if progress.left_s is None:
        return t("job.progress", n=total, done=done)
    return t("job.progress_left", n=total, done=done, left=t.duration(_about(progress.left_s)))


def _about(seconds: float) -> int:
    """As exact as an estimate is: to ten seconds, a minute, five minutes."""
    step = 10 if seconds < _MINUTE_S else _MINUTE_S if seconds < _HOUR_S else 5 * _MINUTE_S
    return max(math.ceil(seconds / step), 1) * step


def rests(request: Request, progress: Progress, t: Texts) -> Markdown:
    """Why a job rests, and how it goes on."""
    return t("job.rests", n=progress.of_dentries, done=t.number(progress.dentries), id=request.id)


def resumed(request: Request, t: Texts) -> Markdown:
    return t("job.resumed", id=request.id)


def not_resting(request: Request, t: Texts) -> Markdown:
    """There is nothing to go on with."""
    return t("job.not_resting" if request.state is RequestState.RUNNING else "job.over", id=request.id)


def stopping(request: Request, t: Texts) -> Markdown:
    """To whoever has told a running job to stop."""
    return t("job.stop_taken", id=request.id)


def cost_line(request: Request, calls_left: int | None, t: Texts) -> Markdown:
    """How many counted calls a job takes of those that are left; empty where that is nothing to think about."""
    planned = request.plan_calls
    is_open = request.state.is_open
    if calls_left is None or not is_open or planned < min(MANY_CALLS, max(calls_left // _TENTH, 1)):
        return Markdown()
    key = "job.cost" if planned <= calls_left else "job.cost_too_much"
    return t(key, n=planned, left=t.number(max(calls_left, 0)))
