"""Settings read anew while the robot runs: what can change at once, and what needs a restart."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

from bot.settings import PER_ORGANISATION, Settings, SettingsError, load

AT_ONCE = frozenset({*PER_ORGANISATION, "organisations", "texts"})
"""All others are how the process reaches its database, DingTalk and whoever watches over it."""
SETTLED_S = 0.1
"""A file that is the same after so long is not being written."""
LOOKS = 20


@dataclass
class InForce:
    """The settings a robot begins with, also when it begins anew; `asked` is set when they are to be read."""

    settings: Settings
    asked: asyncio.Event
    _had_text: bool = field(init=False)

    def __post_init__(self) -> None:
        self._had_text = bool(self._text().strip())

    def read(self) -> Settings:
        """The settings as they are now; blocks for a moment.

        Raises SettingsError, also for a file that is being written, or is gone: without it the built-in rules would be
        in force in place of one's own.
        """
        for _ in range(LOOKS):
            text = self._text()
            if self._had_text and not text.strip():
                raise SettingsError(
                    f"{self._file.name} is gone or empty: restart the robot to go on without it."
                )
            settings = load()
            time.sleep(SETTLED_S)
            if self._text() == text:
                self._had_text = bool(text.strip())
                return settings
        raise SettingsError(f"{self._file.name} is being written: try again.")

    @property
    def _file(self) -> Path:
        return Path.cwd() / self.settings.toml

    def _text(self) -> str:
        try:
            return self._file.read_text("utf-8", "replace")
        except OSError:
            return ""


def changes(old: Settings, new: Settings) -> tuple[list[str], list[str]]:
    """The settings that differ: those that can change at once, and those that need a restart."""
    differing = [name for name in Settings.model_fields if getattr(old, name) != getattr(new, name)]
    if old.serves_several != new.serves_several:  # another robot: a half of it would be neither
        return [], differing
    return [name for name in differing if name in AT_ONCE], [
        name for name in differing if name not in AT_ONCE
    ]


def changed(old: Settings, new: Settings, names: list[str]) -> Settings:
    """The old settings with these of the new ones."""
    return old.model_copy(update={name: getattr(new, name) for name in names})
