"""Seed files: the built-in company, a state saved from `GET /sandbox/state`, or a few lines written by hand."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CORP_ID = "dingcorpsandbox"
COMPANY = ("departments", "roles", "conversations", "webhooks")
"""What belongs to people, and makes no sense with others."""
MEASURED = frozenset({"violations"})
"""What a saved state holds to be read only."""
LISTS = frozenset({"apps", "people", *COMPANY, "templates", "cards", "messages", "faults", "suggestions"})
OBJECTS = frozenset({"clock", "meter", "sessions", "media", "limits", "drive", "dice"})

JsonObject = dict[str, Any]


def read_seed(path: Path | None = None) -> JsonObject:
    """A seed; what the file leaves out is filled in, None is the built-in one.

    Parts it does not name come from the built-in seed; but one that names `people` has only the departments,
    roles, conversations, webhooks and spaces it names itself, and one that names `conversations` only its own
    webhooks. Raises OSError, or ValueError with a sentence.
    """
    built_in = _read(HERE / "seed.json")
    built_in["drive"] = _read(HERE / "seed_drive.json")
    if path is None:
        return built_in
    given = {name: part for name, part in _read(path).items() if name not in MEASURED}
    _check_shape(given)
    if "people" in given:
        built_in |= {name: [] for name in COMPANY} | {"drive": {}}
    if "conversations" in given:
        built_in["webhooks"] = []
    seed = built_in | given
    seed["people"] = [_person(raw) for raw in seed["people"]]
    seed["conversations"] = [{"corpId": CORP_ID, **raw} for raw in seed["conversations"]]
    spaces = [_space(raw, seed["people"]) for raw in seed["drive"].get("spaces", ())]
    seed["drive"] = {**seed["drive"], "spaces": spaces}
    _check_names(seed)
    return seed


def _read(path: Path) -> JsonObject:
    try:
        value = json.loads(path.read_text("utf-8"))
    except ValueError as exc:
        raise ValueError(f"it is no JSON in UTF-8: {exc}") from exc
    if not isinstance(value, dict):
        raise ValueError("it holds no JSON object")  # noqa: TRY004  a file's fault, not a type of ours
    return value


def _check_shape(given: JsonObject) -> None:
    unknown = given.keys() - LISTS - OBJECTS
    if unknown:
        raise ValueError(f"a seed has no {', '.join(sorted(unknown))}")
    for name, part in given.items():
        if name in OBJECTS and not isinstance(part, dict):
            raise ValueError(f"{name} is no object")
        if name in LISTS and not _is_list_of_objects(part):
            raise ValueError(f"{name} is no list of objects")
    if not _is_list_of_objects(given.get("drive", {}).get("spaces", [])):
        raise ValueError("drive.spaces is no list of objects")


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _person(raw: JsonObject) -> JsonObject:
    if not raw.get("userId"):
        raise ValueError("somebody in people has no userId")
    user_id = raw["userId"]
    return {"unionId": f"{user_id}UnionId", "name": user_id, "corpId": CORP_ID, **raw}


def _space(raw: JsonObject, people: list[JsonObject]) -> JsonObject:
    """The space; unless it says otherwise the first person made and owns it, and its group may edit."""
    creator = raw.get("creatorId") or next((p["unionId"] for p in people), "")
    group = raw.get("conversationId")
    grants = {f"USER:{creator}": "OWNER"} | ({f"CONVERSATION:{group}": "EDITOR"} if group else {})
    kind = "group" if group else "org"
    return {"corpId": CORP_ID, "kind": kind, "creatorId": creator, "grants": grants, **raw}


def _check_names(seed: Mapping[str, Any]) -> None:
    """Conversations must name people and spaces that are there, webhooks conversations."""
    people = {p["userId"] for p in seed["people"]}
    spaces = {s.get("id") for s in seed["drive"]["spaces"]}
    for conversation in seed["conversations"]:
        name = conversation.get("conversationId")
        strangers = [m for m in conversation.get("members", ()) if m not in people]
        if strangers:
            raise ValueError(
                f"{name} has members that are not among people: {', '.join(map(str, strangers))}"
            )
        if conversation.get("spaceId") and conversation["spaceId"] not in spaces:
            raise ValueError(f"{name} has the space {conversation['spaceId']}, which is not in drive.spaces")
    named = {c.get("conversationId") for c in seed["conversations"]}
    for webhook in seed["webhooks"]:
        if webhook.get("conversationId") not in named:
            raise ValueError(
                f"a webhook belongs to {webhook.get('conversationId')}, which is no conversation"
            )
