"""What a storage call was given, checked: operator, ids, page tokens, options."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from sandbox.drive.conflict import STRATEGIES
from sandbox.drive.refusals import refusal
from sandbox.drive.rights import Operator
from sandbox.people import Person
from sandbox.wire import Call
from sandbox.world import World

DOC = "https://open.dingtalk.com/document/development/"
PAGE_LIMIT = 50
_LONGEST_ID = 19
"""Digits: ids are 64-bit numbers as text."""


def operator(call: Call, name: str = "unionId") -> Operator:
    """The person the query parameter `name` (a unionId) stands for; paramError when nobody does."""
    return operator_of(call.world, text(call.query, name), name)


def operator_of(world: World, union_id: str, name: str = "unionId") -> Operator:
    """The person with this unionId and every member key under which a grant may name them; paramError.

    Being in a conversation of another organisation gives no rights to its files.
    """
    person = world.member_by_union(union_id)
    if person is None:
        raise refusal("paramError", f"{name} is nobody's")
    inside = (c for c in world.conversations.values() if c.corp_id == person.corp_id)
    groups = (c.conversation_id for c in inside if person.user_id in c.members)
    members = {
        f"USER:{union_id}",
        f"ORG:{person.corp_id}",
        *(f"DEPT:{dept_id}" for dept_id in _departments(world, person)),
        *(f"CONVERSATION:{conversation_id}" for conversation_id in groups),
    }
    return Operator(union_id, person.corp_id, frozenset(members))


def _departments(world: World, person: Person) -> set[int]:
    """The person's departments and all those above them."""
    found: set[int] = set()
    waiting = list(person.departments)
    while waiting:
        department = world.departments.get(waiting.pop())
        if department is not None and department.dept_id not in found:
            found.add(department.dept_id)
            waiting.append(department.parent_id)
    return found


def text(given: Mapping[str, Any], name: str, code: str = "paramError") -> str:
    """A required text that is not empty."""
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise refusal(code, f"{name} is required")
    return value


def number_id(value: object, name: str, code: str = "paramError") -> str:
    """An id of a space or a dentry: digits, a 64-bit number above 0."""
    digits = isinstance(value, str) and value.isascii() and value.isdigit() and not value.startswith("0")
    if not isinstance(value, str) or not digits or len(value) > _LONGEST_ID:
        raise refusal(code, f"{name}: {str(value)[:40]!r} is no id")
    return value


def folder_id(value: object, name: str, code: str = "paramError") -> str:
    """The id of a folder, or `0` for the top."""
    return "0" if value == "0" else number_id(value, name, code)


def id_list(given: Mapping[str, Any], name: str, limit: int, code: str) -> list[str]:
    """A list of 1 to `limit` ids."""
    values = given.get(name)
    if not isinstance(values, list) or not values:
        raise refusal(code, f"{name} is required")
    if len(values) > limit:
        raise refusal(code, f"{name} holds {len(values)}, at most {limit} are allowed")
    return [number_id(value, name, code) for value in values]


def text_list(given: Mapping[str, Any], name: str, code: str = "paramError") -> frozenset[str]:
    """An optional list of texts, empty unless given."""
    values = given.get(name) or []
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise refusal(code, f"{name} is no list of texts")
    return frozenset(values)


def option(call: Call) -> Mapping[str, Any]:
    """The body's optional `option` object."""
    value = call.body.get("option")
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refusal("paramError", "option is no object")
    return value


def flag(given: Mapping[str, Any], name: str) -> bool:
    """An optional boolean (in a query: `true` or `false`), false unless given."""
    value = given.get(name)
    known = {None: False, "": False, "true": True, "false": False, True: True, False: False}
    if not isinstance(value, bool | str | None) or value not in known:
        raise refusal("paramError", f"{name} is no boolean")
    return known[value]


def choice(
    given: Mapping[str, Any], name: str, allowed: frozenset[str], default: str, code: str = "paramError"
) -> str:
    """One of the allowed words, or the default."""
    value = given.get(name)
    if value is None or value == "":
        return default
    if not isinstance(value, str) or value not in allowed:
        raise refusal(code, f"{name} is none of {', '.join(sorted(allowed))}")
    return value


def strategy(call: Call) -> str:
    """option.conflictStrategy, AUTO_RENAME unless given."""
    return choice(option(call), "conflictStrategy", STRATEGIES, "AUTO_RENAME", "paramError.conflictStrategy")


def page_size(given: Mapping[str, Any], code: str = "paramError", limit: int = PAGE_LIMIT) -> int:
    """maxResults: 1 to `limit`, which is also the default."""
    value = given.get("maxResults")
    if value is None or value == "":
        return limit
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= limit:
        raise refusal(code, f"maxResults must be 1 to {limit}")
    return value


def write_token(key: tuple[Any, int] | None) -> str:
    """A page token for a sort key: opaque to the caller. Empty when there is no more."""
    if key is None:
        return ""
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")


def read_token(given: Mapping[str, Any], kind: type[str] | type[int] = int) -> tuple[Any, int] | None:
    """The sort key (its value of this kind) behind `nextToken`; None on the first page; paramError."""
    token = given.get("nextToken")
    if token is None or token == "":
        return None
    try:
        value, number = json.loads(base64.urlsafe_b64decode(str(token) + "==="))
    except (ValueError, TypeError, binascii.Error) as exc:
        raise refusal("paramError", "nextToken is unknown") from exc
    if type(value) is not kind or type(number) is not int:
        raise refusal("paramError", "nextToken belongs to another order")
    return value, number


def read_offset(given: Mapping[str, Any]) -> int:
    """The number behind a `nextToken` that only counts, 0 on the first page; paramError."""
    token = str(given.get("nextToken") or "0")
    if not token.isascii() or not token.isdigit():
        raise refusal("paramError", "nextToken is unknown")
    return int(token[:9])
