"""What channels read: each event in both languages, and many in one message that fits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.channels import EVENTS, Notice, NoticeEvent
from bot.models import Language
from bot.notices import Wording
from bot.notices.wording import MARKDOWN_BYTES
from handlers.notices import NoticeWords

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)
WORDS: Wording = NoticeWords(ZoneInfo("Asia/Shanghai"))


def notice(event: NoticeEvent, number: int = 0, **more: object) -> Notice:
    given = {
        "event": event,
        "request_id": f"K{number}",
        "requester": "王小明",
        "space": "市场部",
        "dentries": 47,
        "size_bytes": 1_300_000_000,
        "deleted": 46,
        "actor": "李经理",
        "at": NOON + timedelta(seconds=number),
    }
    return Notice.model_validate(given | more)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("event", EVENTS)
def test_every_event_has_its_words(event: NoticeEvent, language: Language) -> None:
    title, markdown = WORDS.notice([notice(event)], language)
    for part in ("K0", "12:00", "王小明", "47", "市场部"):
        assert part in markdown
    assert title.split()[1] == "K0"
    assert "**" not in title
    digest = WORDS.notice([notice(event), notice(event, 1)], language)[1]
    assert "K0" in digest
    assert "K1" in digest


def test_a_hundred_requests_fit_in_one_message_with_hostile_names() -> None:
    hostile = "**](dtmd://x)\n# " + "王" * 200
    many = [notice(event, n, requester=hostile, note=hostile) for n in range(100) for event in EVENTS]
    title, markdown = WORDS.notice(many, "en")
    assert len(markdown.encode()) <= MARKDOWN_BYTES
    assert "100 requests" in title
    assert "](dtmd" not in markdown
