"""deploy/card-template/: the variables told are those that our cards send, the file has the form of exported ones."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from typing import Any

import pytest

from bot.card_template import VARIABLES
from handlers.clicks import _DECISIONS
from tests.unit import papers

FOLDER = "deploy/card-template"
LISTED: list[dict[str, Any]] = json.loads(papers.read(f"{FOLDER}/variables.json"))
FILE: dict[str, Any] = json.loads(papers.read(f"{FOLDER}/template.json"))
EDITOR: dict[str, Any] = json.loads(FILE["editorData"])
TYPES = {"字符串": "string", "Markdown 内容": "markdown", "对象数组": "loopArray", "布尔值": "boolean"}
"""What the builder calls them: https://open.dingtalk.com/document/development/variable-type"""


def parts(tree: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for part in tree:
        yield part
        yield from parts(part["children"])


def test_the_list_is_what_the_cards_send() -> None:
    """That they do send just these is proved against the sandbox, in test_card_template.py."""
    told = [(each["name"], each["type"], each["needed"], each["private"]) for each in LISTED]
    assert told == [(each.name, each.kind, each.needed, each.private) for each in VARIABLES]


@pytest.mark.parametrize(("name", "yes"), [("README.md", "**yes**"), ("README.zh-CN.md", "**是**")])
def test_the_table_says_the_same(name: str, yes: str) -> None:
    paper = papers.read(f"{FOLDER}/{name}")
    rows = [
        (cell.strip("`"), TYPES[cells[0]], cells[1] == yes)
        for cell, cells in papers.rows(paper).items()
        if cells and cells[0] in TYPES
    ]
    assert rows == [(each["name"], each["type"], each["private"]) for each in LISTED]
    buttons = {button for decisions in _DECISIONS.values() for button in decisions} | {"details", "undo"}
    assert buttons <= set(re.findall(r"`(\w+)`", paper))


def test_the_file_is_what_the_script_makes_of_the_list() -> None:
    made = runpy.run_path(str(papers.ROOT / FOLDER / "build.py"))["template"](LISTED)
    assert made == FILE


def test_the_file_has_the_form_of_exported_templates() -> None:
    """As seen in https://github.com/open-dingtalk/dingtalk-card-examples"""
    assert FILE.keys() == {"editorData", "widgetInfo", "type", "mode"}
    assert {
        "schemaVersion",
        "schema",
        "mockData",
        "variableList",
        "expList",
        "localList",
        "extension",
    } <= EDITOR.keys()
    [root] = EDITOR["schema"]["componentsTree"]
    everything = list(parts([root]))
    assert root["componentName"] == "Card"
    assert len({part["id"] for part in everything}) == len(everything)
    mapped = {each["componentName"] for each in EDITOR["schema"]["componentsMap"]}
    assert mapped == {part["componentName"] for part in everything}
    assert mapped == {"Card", "BaseText", "Markdown", "Loop", "SingleButton"}


def test_every_variable_is_shown_somewhere_and_nothing_else_is() -> None:
    tree = json.dumps(EDITOR["schema"]["componentsTree"])
    named = set(re.findall(r"\$\{(\w+)\}", tree)) | set(re.findall(r'"variable": "(\w+)"', tree))
    assert named == {each["name"] for each in EDITOR["variableList"]} == {each["name"] for each in LISTED}
    fields = {each["id"] for variable in EDITOR["variableList"] for each in variable.get("schema", [])}
    assert set(re.findall(r'"variable": "(\w+\[0\]\.\w+)"', tree)) <= fields


def test_every_button_says_which_it_is() -> None:
    buttons = [
        part["props"] for part in parts(EDITOR["schema"]["componentsTree"]) if "params" in part["props"]
    ]
    assert len(buttons) == 2
    assert {(button["actionType"], button["params"][0]["name"]) for button in buttons} == {("request", "id")}
