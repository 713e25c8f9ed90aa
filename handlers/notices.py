"""The words of what channels are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from bot.channels import Notice
from bot.models import Language
from cards.notices import NoticeLine, notice_text
from cards.texts import texts
from handlers.titles import title_of


class NoticeWords:
    """The core's Wording."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def notice(self, notices: Sequence[Notice], language: Language) -> tuple[str, str]:
        lines = [NoticeLine.model_validate(notice.model_dump()) for notice in notices]
        markdown = notice_text(lines, texts(language), self._zone)
        return title_of(markdown), markdown
