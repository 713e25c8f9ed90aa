"""The policy that is in force where nobody has written one."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from bot.policy.reading import read_rules
from bot.policy.rule import Rule

BUILTIN = Path(__file__).with_suffix(".toml")


@cache
def builtin_text() -> str:
    """The file as it is written out, with its comments."""
    return BUILTIN.read_text("utf-8")


@cache
def builtin_rules() -> tuple[Rule, ...]:
    return read_rules(tomllib.loads(builtin_text())["rules"])
