"""A restore from the wish to its result card, and what is to be known about it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.app import App
from bot.models import Request, RestoreOutcome, RestoreResult
from bot.store import Store
from tests.integration.deletions import last_call
from tests.integration.office import MARKETING, MARKETING_SPACE, Json, Message, Office

BINS = "/v1.0/storage/recycleBins"
RESTORE = f"POST {BINS}/{{recycleBinId}}/recycleItems/batchRestore"
LIST = f"GET {BINS}/{{recycleBinId}}/recycleItems"
ITEM = f"GET {BINS}/{{recycleBinId}}/recycleItems/{{recycleItemId}}"
BIN = f"GET {BINS}"


@dataclass(frozen=True)
class Undoing:
    """What came of one restore: by old path what became of it, the card that told it, the calls since the click."""

    request: Request
    results: dict[str, RestoreResult]
    card: Message
    calls: list[Json]

    @property
    def outcomes(self) -> dict[str, RestoreOutcome]:
        return {path: result.outcome for path, result in self.results.items()}

    @property
    def text(self) -> str:
        """What the result card says."""
        return f"{self.card['params']['title']}\n{self.card['params']['markdown']}"

    def made(self, route: str) -> list[Json]:
        """The calls of one route since the click."""
        return [call for call in self.calls if call["route"] == route]

    @property
    def counted(self) -> dict[str, int]:
        """How many counted calls of each route."""
        routes = [call["route"] for call in self.calls if "/oauth2/" not in call["route"]]
        return {route: routes.count(route) for route in dict.fromkeys(routes)}


async def question(
    office: Office, deletion: Request, *paths: str, who: str = "wang", where: str = MARKETING
) -> Message:
    """Say the command; the card that asks."""
    quoted = [f'"{path}"' for path in paths]
    card = await office.say(who, " ".join(["undo", deletion.id, *quoted]), where)
    assert card["kind"] == "card", card
    return card


async def confirm(office: Office, app: App, card: Message, *, who: str = "wang") -> Undoing:
    """Press the button, and wait for the result."""
    before = await last_call(office)
    pressed = await office.press(who, card, "confirm")
    assert pressed["ok"], pressed
    return await outcome(office, app.store, card, who=who, after_call=before)


async def undo(office: Office, app: App, deletion: Request, *paths: str, who: str = "wang") -> Undoing:
    """The whole restore of these paths, or of everything."""
    return await confirm(office, app, await question(office, deletion, *paths, who=who), who=who)


async def outcome(
    office: Office,
    store: Store,
    card: Message,
    *,
    who: str = "wang",
    where: str = MARKETING,
    after_call: int = 0,
) -> Undoing:
    """What came of the restore of this card, once everybody has been told; it is true on the drive."""
    track_id = card["outTrackId"]
    result_id = track_id.replace("dingsweep.request.", "dingsweep.result.")
    result = await office.until(who, where, card["seq"], lambda m: m.get("outTrackId") == result_id)
    await office.until(
        who, where, result["seq"], lambda m: m.get("outTrackId") == track_id and not m["buttons"]
    )
    request = await store.requests.by_card(track_id)
    assert request
    assert request.state.is_final
    results = {r.entry.dentry.path: r for r in await store.restores.results(request.id)}
    assert len(results) == request.totals.targets, "every target has an outcome"
    calls = (await office.control.ask("GET", "calls", after=after_call))["calls"]
    sent = [call["request"]["option"] for call in calls if call["route"] == RESTORE]
    assert all(option == {"conflictStrategy": "AUTO_RENAME"} for option in sent), "nothing is overwritten"
    await true_on_the_drive(office, results)
    return Undoing(request, results, result, calls)


async def true_on_the_drive(office: Office, results: dict[str, RestoreResult]) -> None:
    """Each result against what is there: what is said to be back is where it is said to be, once."""
    there = await office.control.entries(MARKETING_SPACE)
    for path, result in results.items():
        match result.outcome:
            case RestoreOutcome.PURGED:
                assert not await in_bin(office, path), path
            case RestoreOutcome.DENIED | RestoreOutcome.FAILED:
                assert await in_bin(office, path), path
            case RestoreOutcome.UNKNOWN:
                pass
            case _:
                assert there[result.new_path]["id"] == result.new_dentry_id, path
                assert result.new_path == path or result.outcome is not RestoreOutcome.RESTORED


async def in_bin(office: Office, path: str) -> list[Json]:
    """The recycle items that lay at this path."""
    items = (await office.control.ask("GET", "bin", spaceId=MARKETING_SPACE))["items"]
    return [item for item in items if item["originalPath"] == path]


async def purge(office: Office, *paths: str) -> None:
    """Somebody clears these out of the bin."""
    items = [item for path in paths for item in await in_bin(office, path)]
    bin_id = items[0]["recycleBinId"]
    for start in range(0, len(items), 50):
        body = {"recycleItemIds": [item["id"] for item in items[start : start + 50]]}
        await office.control.api(
            "POST", f"{BINS}/{bin_id}/recycleItems/batchRemove", body, unionId="wangUnionId"
        )


async def by_hand(office: Office, path: str) -> Any:
    """Somebody brings this back in the client."""
    (item,) = await in_bin(office, path)
    bin_path = f"{BINS}/{item['recycleBinId']}/recycleItems/{item['id']}/restore"
    return await office.control.api("POST", bin_path, {}, unionId="wangUnionId")
