"""Every event that the program logs, read out of its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit import papers

PACKAGES = ("bot", "handlers", "cards")
METHODS = ("debug", "info", "warning", "error", "critical", "exception", "log")
BOUND = frozenset({"exc_info"})


@dataclass
class Event:
    """All calls of one event taken together."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def events() -> dict[str, Event]:
    """By name. Raises ValueError for a log call whose event cannot be read."""
    found: dict[str, Event] = {}
    for package in PACKAGES:
        for file in sorted((papers.ROOT / package).rglob("*.py")):
            for name, levels, fields in _calls(file):
                event = found.setdefault(name, Event())
                event.levels |= levels
                event.fields |= fields
    return found


def _calls(file: Path) -> Iterator[tuple[str, set[str], set[str]]]:
    tree = ast.parse(file.read_text("utf-8"))
    loggers = dict(_loggers(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=logger), attr=method)) if logger in loggers:
                if method in METHODS:
                    name, levels, fields = _read(file, node, method)
                    yield name, levels, fields | loggers[logger]


def _loggers(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The names that loggers have, each with what is bound to it."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)],
                value=ast.Call(func=ast.Attribute(attr="get_logger" | "bind"), keywords=bound),
            ):
                yield name, {each.arg for each in bound if each.arg}


def _read(file: Path, call: ast.Call, method: str) -> tuple[str, set[str], set[str]]:
    arguments = list(call.args)
    levels = {"error" if method == "exception" else method}
    if method == "log":  # log.log(logging.INFO if … else logging.DEBUG, "event")
        chosen = arguments.pop(0)
        levels = {
            each.attr.lower()
            for each in ast.walk(chosen)
            if isinstance(each, ast.Attribute) and each.attr.isupper()
        }
    name = arguments[0] if arguments else None
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str) and len(arguments) == 1):
        raise ValueError(f"{file}:{call.lineno}: the event of a log call is one literal name")
    fields = {keyword.arg for keyword in call.keywords if keyword.arg} - BOUND
    return name.value, levels, fields
