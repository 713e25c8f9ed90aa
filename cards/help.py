"""What the robot understands, told by example."""

from __future__ import annotations

from collections.abc import Sequence

from cards.escape import Markdown
from cards.fit import paragraphs
from cards.texts import Texts

COMMANDS = (
    "delete",
    "ls",
    "status",
    "details",
    "history",
    "approve",
    "reject",
    "cancel",
    "resume",
    "undo",
    "whoami",
    "help",
    "ping",
)
"""The commands by their English names, in the order in which they are told."""


def help_text(t: Texts, commands: Sequence[str] = COMMANDS) -> Markdown:
    """A line for each command, and what deleting means here."""
    return paragraphs(
        (t("help.title"), *(_line(name, t) for name in commands), t("help.promise"), t("help.more"))
    )


def help_command(name: str, t: Texts) -> Markdown:
    """All there is to know about one of COMMANDS, or confirm. Raises KeyError for any other name."""
    return paragraphs((_line(name, t), t(f"help.{name}.more")))


def _line(name: str, t: Texts) -> Markdown:
    return t("help.line", usage=t(f"help.{name}.usage"), about=t(f"help.{name}.about"))
