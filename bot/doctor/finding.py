"""One thing looked at, and how it stands."""

from __future__ import annotations

from bot.dingtalk.errors import DingTalkError
from bot.doctor.words import SAID, Health
from bot.models import Model


class Finding(Model):
    """`check` is what was looked at, `id` the key in `SAID` of what is said; both stay the same in all versions."""

    check: str
    id: str
    health: Health
    said: str
    todo: str = ""


def found(key: str, check: str = "", /, **facts: object) -> Finding:
    """What `SAID` has under this key, with these facts; the check is its first word unless it is named."""
    words = SAID[key]
    return Finding(
        check=check or key.partition(".")[0],
        id=key,
        health=words.health,
        said=words.said.format(**facts),
        todo=words.todo.format(**facts),
    )


def skipped(check: str, because: Finding | str) -> Finding:
    """That this was not looked at, because that failed."""
    cause = because.check if isinstance(because, Finding) else because
    return found("skipped", check, cause=cause)


def short(exc: DingTalkError) -> str:
    """DingTalk's code and sentence; which call it was, the check says."""
    return f"{exc.code}: {exc.message}" if exc.message and exc.message != exc.code else exc.code
