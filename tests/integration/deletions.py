"""A deletion from the command to its result card, and what is to be known about it afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.app import App
from bot.models import Outcome, Request
from bot.store import Store
from tests.integration.office import MARKETING, MARKETING_SPACE, PATIENCE_S, REMOVE, Json, Message, Office

QUERY = "POST /v1.0/storage/spaces/{spaceId}/dentries/query"
TASK = "GET /v1.0/storage/tasks/{taskId}"

Said = tuple[Outcome, str]
"""An outcome and its cause."""
DELETED: Said = (Outcome.DELETED, "")


@dataclass(frozen=True)
class Account:
    """What came of one deletion: by path the outcome, the card that told it, and the calls since the click."""

    request: Request
    results: dict[str, Said]
    card: Message
    calls: list[Json]

    @property
    def said(self) -> set[Said]:
        """All outcomes there were."""
        return set(self.results.values())

    @property
    def text(self) -> str:
        """What the result card says."""
        return f"{self.card['params']['title']}\n{self.card['params']['markdown']}"

    def made(self, route: str) -> list[Json]:
        """The calls of one route since the click."""
        return [call for call in self.calls if call["route"] == route]

    @property
    def sizes(self) -> list[int]:
        """How many dentries each delete call named."""
        return [len(call["request"]["dentryIds"]) for call in self.made(REMOVE)]


class Clock:
    """The robot's time, moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, **by: float) -> None:
        self.ahead += timedelta(**by)


async def files(office: Office, *names: str, space_id: str = MARKETING_SPACE) -> list[str]:
    """New files of wang's in the root of a space; their ids."""
    given = [{"path": f"/{name}", "size": 10, "creator": "wangUnionId"} for name in names]
    entries = await office.control.create(space_id, *given)
    return [entries[f"/{name}"]["id"] for name in names]


async def ask(office: Office, *targets: str, where: str = MARKETING, who: str = "wang") -> Message:
    """Say the command; the card that asks for the decision."""
    card = await office.say(who, " ".join(["rm", *targets]), where)
    assert card["kind"] == "card", card
    return card


async def agree(
    office: Office, app: App, card: Message, *, where: str = MARKETING, who: str = "wang"
) -> Account:
    """Confirm, and wait until the result is shown and the request's card is closed."""
    before = await last_call(office)
    pressed = await office.press(who, card, "confirm")
    assert pressed["ok"], pressed
    return await account(office, app.store, card, where=where, who=who, after_call=before)


async def delete(
    office: Office, app: App, *targets: str, where: str = MARKETING, who: str = "wang"
) -> Account:
    """The whole deletion of these targets."""
    return await agree(office, app, await ask(office, *targets, where=where, who=who), where=where, who=who)


async def account(
    office: Office,
    store: Store,
    card: Message,
    *,
    where: str = MARKETING,
    who: str = "wang",
    after_call: int = 0,
) -> Account:
    """What came of the request of this card, once everybody has been told."""
    result_id = card["outTrackId"].replace("dingsweep.request.", "dingsweep.result.")
    result = await office.until(who, where, card["seq"], lambda m: m.get("outTrackId") == result_id)
    await office.until(
        who, where, result["seq"], lambda m: m.get("outTrackId") == card["outTrackId"] and not m["buttons"]
    )
    request = await store.requests.by_card(card["outTrackId"])
    assert request
    assert request.state.is_final
    results = {r.entry.dentry.path: (r.outcome, r.cause) for r in await store.requests.results(request.id)}
    assert len(results) == request.totals.targets, "every target has an outcome"
    calls = (await office.control.ask("GET", "calls", after=after_call))["calls"]
    assert all(
        call["request"]["option"] == {"toRecycleBin": True} for call in calls if call["route"] == REMOVE
    )
    return Account(request, results, result, calls)


async def faulty(office: Office, app: App, *ids: str, **fault: Any) -> Account:
    """A deletion that meets this fault."""
    card = await ask(office, *ids)
    await office.control.ask("POST", "faults", {"route": REMOVE, **fault})
    told = await agree(office, app, card)
    await office.control.ask("DELETE", "faults")
    return told


def failed(cause: str) -> Said:
    return Outcome.FAILED, cause


async def last_call(office: Office) -> int:
    """The number of the latest call."""
    calls = (await office.control.ask("GET", "calls"))["calls"]
    return max((call["seq"] for call in calls), default=0)


async def removals(office: Office) -> list[list[str]]:
    """The ids named by each delete call so far; none of them was ever for ever."""
    calls = await office.calls(REMOVE)
    assert all(call["request"]["option"] == {"toRecycleBin": True} for call in calls)
    return [call["request"]["dentryIds"] for call in calls]


async def struck(office: Office, fault_id: str, times: int = 1) -> None:
    """Wait until a fault has happened so often: it is counted as a call comes in, before it is answered."""
    await until(lambda: _has_struck(office, fault_id, times))


async def _has_struck(office: Office, fault_id: str, times: int) -> bool:
    faults = (await office.control.ask("GET", "faults"))["faults"]
    return any(fault["id"] == fault_id and fault["struck"] >= times for fault in faults)


async def until(holds: Callable[[], Any]) -> None:
    """Wait until an asynchronous condition holds; each look is a call to the sandbox or the store."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110  it lies behind HTTP, where no event reaches us
            await asyncio.sleep(0.01)
