"""What the notices need words for; whoever makes texts implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.channels import Notice
from bot.models import Language


class Wording(Protocol):
    """Says several notices in one message."""

    def notice(self, notices: Sequence[Notice], language: Language) -> tuple[str, str]:
        """Title and Markdown, at most MARKDOWN_BYTES; the oldest comes first in `notices`."""
        ...


MARKDOWN_BYTES = 12_000
"""A robot's message has 15 000 bytes with its title, and JSON makes two of a line end or a quote."""
