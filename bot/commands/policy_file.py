"""A file with rules, examined as a whole: every mistake with its line, and what is hardly meant."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.policy import Policy, RulesError, read_rules
from bot.policy.doubts import doubts
from bot.policy.lines import Place, line_of, line_of_error, positions
from bot.settings import MARKED, PREFIX, Settings, SettingsError, load_policy, rules_place, unknown

_NAMED = re.compile(rf"{PREFIX}([A-Z_]+)")


@dataclass(frozen=True)
class Remark:
    """Something said about a line of a file; 0 where no line is to be told."""

    line: int
    said: str


@dataclass(frozen=True)
class Examined:
    """`policy` is what would be in force; None when there are mistakes. `source` tells where its rules are from:
    the file's name, DINGSWEEP_RULES, or "" for the built-in ones."""

    mistakes: tuple[Remark, ...] = ()
    warnings: tuple[Remark, ...] = ()
    policy: Policy | None = None
    source: str = ""


def examine(file: Path) -> Examined:
    """Raises OSError when the file cannot be read. One that is not there is as good as an empty one."""
    try:
        text = file.read_bytes().decode(MARKED) if file.exists() else ""
        tables = tomllib.loads(text)
        lines = positions(text)
    except UnicodeDecodeError as exc:
        line = exc.object.count(b"\n", 0, exc.start) + 1
        return Examined(mistakes=(Remark(line, "is not UTF-8: save the file in that encoding"),))
    except tomllib.TOMLDecodeError as exc:
        return Examined(mistakes=(Remark(line_of_error(exc, text), f"is not valid TOML: {exc}"),))
    except (ValueError, RecursionError):  # a number of thousands of digits, brackets in brackets without end
        return Examined(mistakes=(Remark(0, "is no settings file: a number or a nesting in it has no end"),))
    mistakes = [*_unknown_names(tables, file.name, lines), *_wrong_rules(tables, lines)]
    return _refused(mistakes) if mistakes else _in_force(file, tables, lines)


def rule_lines(file: Path) -> list[int]:
    """The lines, from 1, on which the rules of a sound file begin."""
    lines = positions(file.read_text(MARKED))
    numbers = range(len([place for place in lines if len(place) == 2 and place[0] == "rules"]))  # noqa: PLR2004
    return [lines["rules", number] for number in numbers]


def _unknown_names(tables: dict[str, Any], file: str, lines: dict[Place, int]) -> Iterator[Remark]:
    for name in tables.keys() - Settings.model_fields.keys():
        yield Remark(lines[name,], unknown(name, Settings.model_fields, file))


def _wrong_rules(tables: dict[str, Any], lines: dict[Place, int]) -> Iterator[Remark]:
    try:
        read_rules(tables.get("rules", [{"name": "x", "answer": "confirm"}]))
    except RulesError as exc:
        for mistake in exc.mistakes:
            yield Remark(line_of(mistake.place, lines) or 0, str(mistake))


def _in_force(file: Path, tables: dict[str, Any], lines: dict[Place, int]) -> Examined:
    # What the file says is examined, also where the environment wins over it.
    given = {"rules": tables["rules"]} if "rules" in tables else {}
    try:
        policy = load_policy(file, **given).policy
    except SettingsError as exc:
        named = _NAMED.search(str(exc))
        line = lines.get((named[1].lower(),), 0) if named else 0
        return _refused([Remark(line, str(exc))])
    source = rules_place(file.parent, file.name)
    found: list[Remark] = []
    if source == file.name:
        found = [Remark(line_of(doubt.place, lines) or 0, str(doubt)) for doubt in doubts(policy)]
    elif source and given:
        found = [
            Remark(0, f"{source} is set: while it is, its rules are in force and not those of this file")
        ]
    return Examined(warnings=tuple(found), policy=policy, source=file.name if given else source)


def _refused(mistakes: list[Remark]) -> Examined:
    return Examined(mistakes=tuple(sorted(mistakes, key=lambda remark: remark.line)))
