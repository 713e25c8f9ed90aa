"""From tables to rules: every mistake is named with its rule and its key, and says what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.policy.rule import Rule

KEYS = tuple(field.alias or name for name, field in Rule.model_fields.items())
NAME_CHARACTERS = 60

_IDS = 'write a list of IDs, for example ["{}"]'
_PEOPLE = 'write a list of "manager", "heads", "admins", "user:USERID", "role:ROLEID"'
_TRUE_FALSE = "write true or false"
_REMEDIES = {
    "name": f"give the rule a name of at most {NAME_CHARACTERS} characters",
    "answer": 'write "refuse", "run", "confirm" or "approve"',
    "conversations": _IDS.format("cidXXXX=="),
    "spaces": _IDS.format("24010001"),
    "paths": 'write a list of paths, for example ["/2023/drafts"]',
    "users": _IDS.format("manager4220"),
    "departments": _IDS.format("1102"),
    "roles": _IDS.format("1507113578"),
    "items_over": "write a whole number of at least 0",
    "items_up_to": "write a whole number of at least 0",
    "folders": _TRUE_FALSE,
    "owner": 'write "own" or "others"',
    "permanent": _TRUE_FALSE,
    "sentence": 'write a "text" or { zh = "…", en = "…" }',
    "max_items": "write a whole number of at least 1",
    "notify": 'write a list of names, for example ["security"]',
    "approvals": "write a whole number of at least 1",
    "from": _PEOPLE,
    "fallback": _PEOPLE,
    "self_approval": _TRUE_FALSE,
    "remind_after": 'write a duration, for example "4 hours", or false for no reminder',
    "escalate_to": _PEOPLE,
    "run_as": 'write "requester" or "approver"',
    "ask_in": 'write "one_to_one" or "conversation"',
}
_NO_TABLES = (
    'write each rule as a table under [[rules]], with two brackets; as JSON: [{"name": "…", "answer": "…"}]'
)
_NO_RULE = "without any rule every deletion is refused: write one, or leave rules out for the built-in policy"
_NO_KEY = "rules have no such key (a setting of the robot stands above the first [[rules]])"


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a rule. `number` counts from 1; 0 stands for all rules. `name` may be empty."""

    number: int
    name: str
    key: str
    said: str

    def __str__(self) -> str:
        """One line, whatever a name or a key holds."""
        if not self.number:
            return f"rules: {self.said}"
        name = f' ("{self.name}")' if self.name else ""
        key = f", {self.key}" if self.key else ""
        line = f"rule {self.number}{name}{key}: {self.said}"
        return "".join(character if character.isprintable() else "□" for character in line)

    @property
    def place(self) -> tuple[str | int, ...]:
        """The keys that lead to it in the file."""
        parts = ("rules", self.number - 1, self.key) if self.number else ("rules",)
        return tuple(part for part in parts if part != "")


class RulesError(ValueError):
    """Rules that cannot be in force; `mistakes` has all that is wrong, at least one."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(str(mistakes[0]))
        self.mistakes = tuple(mistakes)


def read_rules(tables: object) -> tuple[Rule, ...]:
    """Raises RulesError with every mistake found."""
    if not isinstance(tables, list | tuple):
        raise RulesError([Mistake(0, "", "", _NO_TABLES)])
    if not tables:
        raise RulesError([Mistake(0, "", "", _NO_RULE)])
    mistakes = [m for number, table in enumerate(tables, 1) for m in _mistakes(number, table)]
    mistakes += _same_names(tables)
    if mistakes:
        raise RulesError(sorted(mistakes, key=lambda mistake: mistake.number))
    return tuple(Rule.model_validate(table) for table in tables)


def _mistakes(number: int, table: object) -> Iterator[Mistake]:
    if not isinstance(table, dict):
        yield Mistake(number, "", "", "write a table of keys and values")
        return
    wrong = dict(_wrong_values(table))
    # What goes ill together is only found among values that are right each by itself.
    sound = {"name": "x"} | {key: value for key, value in table.items() if key not in wrong}
    together = {key: said for key, said in _wrong_together(sound) if key not in wrong}
    for key, said in (wrong | together).items():
        yield Mistake(number, _name(table), key, said)


def _wrong_values(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for error in _errors(table):
        if error["type"] != "nonsense":
            yield str(error["loc"][0]), _said(error, table)


def _wrong_together(table: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for error in _errors(table):
        if error["type"] == "nonsense":
            yield from error["ctx"]["found"]


def _errors(table: dict[str, Any]) -> list[ErrorDetails]:
    try:
        Rule.model_validate(table)
    except ValidationError as exc:
        # The first of each key: pydantic names every member of a union.
        return list({error["loc"][:1]: error for error in reversed(exc.errors())}.values())[::-1]
    return []


def _said(error: ErrorDetails, table: dict[str, Any]) -> str:
    key = str(error["loc"][0])
    if error["type"] == "extra_forbidden" and len(error["loc"]) == 1:
        near = get_close_matches(key, [one for one in KEYS if one not in table], n=1)
        return f"there is no such key, did you mean {near[0]}?" if near else _NO_KEY
    if error["type"] == "missing":
        return f"is missing: {_REMEDIES[key]}"
    if error["type"] == "value_error" and key not in {"name", "remind_after"}:
        return error["msg"].removeprefix("Value error, ")
    return _REMEDIES.get(key, error["msg"])


def _same_names(tables: Sequence[object]) -> Iterator[Mistake]:
    first: dict[str, int] = {}
    for number, table in enumerate(tables, 1):
        name = _name(table)
        if name and first.setdefault(name, number) != number:
            yield Mistake(number, name, "name", f"rule {first[name]} has this name, too")


def _name(table: object) -> str:
    """What to call it by, though it may be a wrong name."""
    name = table.get("name") if isinstance(table, dict) else None
    return name.strip()[:NAME_CHARACTERS] if isinstance(name, str) else ""
