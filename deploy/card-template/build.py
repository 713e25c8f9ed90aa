"""Writes template.json, a card template to import in the card builder, from variables.json: `python build.py`.

The form is that of the templates which DingTalk's own examples were exported to
(https://github.com/open-dingtalk/dingtalk-card-examples): a file with `editorData`, itself JSON as text, in which
`schema` is the tree of components and `variableList` the variables. What the builder fills in by itself is left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BUTTON = {"text": "string", "color": "string", "id": "string", "request": "boolean"}
"""The fields of a button."""

Json = dict[str, Any]


def text(content: str) -> Json:
    """A text in which `${name}` stands for a variable."""
    return {"type": "dynamicString", "content": content, "i18n": False}


def only_if(variable: str, op: str) -> Json:
    """Shown only while a true-or-false variable is as `op` has it."""
    condition = {
        "type": "variable",
        "variable": variable,
        "variableType": "global",
        "op": op,
        "value": "",
        "valueType": "fixed",
        "valueVariableType": "global",
    }
    return {
        "type": "dynamicVisible",
        "valueType": "condition",
        "value": True,
        "condition": {"op": "and", "conditions": [condition]},
    }


def component(number: int, name: str, title: str, children: list[Json] | None = None, **props: Any) -> Json:
    """A part of the card. Its number only has to differ from the others'."""
    return {
        "componentName": name,
        "id": f"node_dingsweep{number}",
        "title": title,
        "props": props,
        "hidden": False,
        "isLocked": False,
        "condition": True,
        "conditionGroup": "",
        "children": children or [],
    }


def button(number: int, shown: str, color: Json, param: Json, **props: Any) -> Json:
    """A button that asks the robot, with the parameter `id`."""
    return component(
        number,
        "SingleButton",
        "单个按钮",
        text=text(shown),
        color={"type": "dynamicSelect", **color},
        status={"type": "dynamicSelect", "valueType": "fixed", "value": "normal"},
        actionType="request",
        enableClickEvent=True,
        params=[{"id": "1", "name": "id", **param}],
        **props,
    )


def card() -> Json:
    """From the top: title, text, how far it is, the buttons for whoever is asked, one for the others, the last line."""
    own = button(
        6,
        "${loop.text}",
        {"valueType": "variable", "value": "blue", "variable": "msgButtons[0].color", "variableType": "loop"},
        {"type": "variable", "variable": "msgButtons[0].id", "variableType": "loop", "value": ""},
    )
    details = button(
        7,
        "明细 Details",
        {"valueType": "fixed", "value": "gray"},
        {"type": "fixed", "value": "details"},
        visible=only_if("decides", "isFalse"),
    )
    buttons = {"type": "variableValue", "variableType": "global", "variable": "msgButtons"}
    content = {
        "type": "dynamicMarkdown",
        "valueType": "variable",
        "variable": "markdown",
        "variableType": "global",
        "value": "",
    }
    return component(
        1,
        "Card",
        "卡片",
        [
            component(2, "BaseText", "基础文本", text=text("${title}"), bold=True),
            component(3, "Markdown", "Markdown 内容", content=content),
            component(4, "BaseText", "基础文本", text=text("${progress}")),
            component(
                5,
                "Loop",
                "循环渲染容器",
                [own],
                listData=buttons,
                direction="vertical",
                visible=only_if("decides", "isTrue"),
            ),
            details,
            component(8, "BaseText", "基础文本", text=text("${tips}"), size="small", color="gray"),
        ],
    )


def used(part: Json) -> set[str]:
    """The names of the components in a part."""
    return {part["componentName"]}.union(*(used(child) for child in part["children"]))


def variable(given: Json) -> Json:
    """An entry of the list of variables."""
    entry = {
        "id": given["name"],
        "name": given["name"],
        "type": given["type"],
        "private": given["private"],
        "description": given["zh"],
        "editorVarType": "variables",
    }
    if given["type"] == "loopArray":
        entry["schema"] = [
            {
                "id": f"{given['name']}[0].{field}",
                "name": field,
                "type": kind,
                "private": False,
                "editorVarType": "variables",
            }
            for field, kind in BUTTON.items()
        ]
    return entry


def template(given: list[Json]) -> Json:
    """The whole file."""
    tree = card()
    parts = [
        {
            "package": "@ali/dxComponent",
            "version": "1.0.0",
            "exportName": name,
            "main": "./src/index.tsx",
            "destructuring": False,
            "subName": "",
            "componentName": name,
        }
        for name in sorted(used(tree))
    ]
    schema = {"version": "1.0.0", "componentsMap": parts, "componentsTree": [tree], "i18n": {}}
    examples = {each["name"]: each["example"] for each in given}
    private = {each["name"]: each["example"] for each in given if each["private"]}
    editor = {
        "schemaVersion": "3.0.0",
        "schema": schema,
        "mockData": {"cardData": examples, "cardPrivateData": private, "localData": {}, "richTextData": {}},
        "editVersion": 0,
        "customWidgetInfo": "",
        "useCustomWidgetInfo": False,
        "variableList": [variable(each) for each in given],
        **{name: [] for name in ("formList", "expList", "localList", "hsfList", "lwpList")},
        "extension": {"extendType": "NORMAL", "fileTypeList": []},
    }
    return {
        "editorData": json.dumps(editor, ensure_ascii=False),
        "widgetInfo": "",
        "type": "im",
        "mode": "card",
    }


if __name__ == "__main__":
    written = template(json.loads((HERE / "variables.json").read_text("utf-8")))
    (HERE / "template.json").write_text(json.dumps(written, ensure_ascii=False) + "\n", "utf-8")
