"""Pages for whoever watches over the process: whether it lives, whether it can work, and what it counts."""

from bot.health.health import Health, HealthError
from bot.health.part import Part

__all__ = ["Health", "HealthError", "Part"]
