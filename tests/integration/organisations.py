"""Two organisations with one third-party app: the sandbox's own, and a harbour company beside it."""

from __future__ import annotations

from typing import Any

from bot.app import App
from bot.organisation import Organisation
from tests.integration.deletions import until
from tests.integration.office import CONFIRMED, Office

SUITE = "suitesandbox"
HOME, HARBOUR = "dingcorpsandbox", "dingcorpHarbour"
PIER = "cidPier=="
SEVERAL: dict[str, Any] = {
    "client_id": SUITE,
    "client_secret": "suite-secret",
    "suite_key": SUITE,
    "suite_secret": "suite-secret",
    "rules": CONFIRMED,
}


async def build_harbour(office: Office) -> str:
    """People, a group and files of the second organisation, which has not authorised yet; the id of its space."""
    state = await office.control.ask("GET", "state")
    people = [
        {"userId": "chen", "unionId": "chenUnionId", "name": "Chen", "corpId": HARBOUR, "admin": True},
        {"userId": "lin", "unionId": "linUnionId", "name": "Lin", "corpId": HARBOUR, "managerUserId": "chen"},
    ]
    group = {"conversationId": PIER, "title": "Pier", "corpId": HARBOUR, "members": ["chen", "lin", "sun"]}
    await office.control.ask("PUT", "state", {"people": state["people"] + people})
    await office.control.ask("PUT", "state", {"conversations": [*state["conversations"], group]})
    files = [{"path": f"/{name}", "size": 10, "creator": "linUnionId"} for name in ("plan.pdf", "berth.txt")]
    space = {
        "name": "Pier files",
        "creator": "linUnionId",
        "kind": "group",
        "conversationId": PIER,
        "create": files,
        "grants": {"USER:linUnionId": "OWNER", f"CONVERSATION:{PIER}": "EDITOR"},
    }
    space_id: str = (await office.control.ask("POST", "drive", space))["spaceId"]
    return space_id


async def does(office: Office, corp_id: str, action: str, name: str = "") -> None:
    """An organisation authorises the app, or takes that back; returns when the robot has acknowledged it."""
    before = (await office.control.ask("GET", "frames"))["lastSeq"]
    body = {"corpId": corp_id, "action": action, "name": name}
    assert (await office.control.ask("POST", f"apps/{SUITE}/organisations", body))["told"]
    query: dict[str, Any] = {
        "after": before,
        "type": "EVENT",
        "direction": "out",
        "acked": "true",
        "wait": 10,
    }
    assert (await office.control.ask("GET", "frames", **query))["frames"]


async def served(app: App, corp_id: str) -> Organisation:
    """The organisation, as soon as the robot works for it."""
    found: list[Organisation] = []

    async def is_there() -> bool:
        found[:] = [each for each in app.organisations if each.corp_id == corp_id]
        return bool(found)

    await until(is_there)
    return found[0]
