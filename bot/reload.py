"""Settings read anew while the robot runs: what can change at once, and what needs a restart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.settings import PER_ORGANISATION, Settings

AT_ONCE = frozenset({*PER_ORGANISATION, "organisations", "texts"})
"""All others are how the process reaches its database, DingTalk and whoever watches over it."""


@dataclass
class InForce:
    """The settings a robot begins with, also when it begins anew; `asked` is set when they are to be read."""

    settings: Settings
    asked: asyncio.Event


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
