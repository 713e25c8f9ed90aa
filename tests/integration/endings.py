"""What holds at the end of a deletion, however often the robot was stopped on the way."""

from __future__ import annotations

from collections import Counter

from bot.store import Store
from tests.integration.deletions import DELETED, Account, account
from tests.integration.office import MARKETING, MARKETING_SPACE, Message, Office


async def told(office: Office, card: Message, **changed: str) -> Account:
    """The end of the request of this card, with the proof that everything happened once."""
    async with Store(office.settings(**changed).database_url) as store:
        found = await account(office, store, card)
    everything = (await office.control.ask("GET", f"drive/{MARKETING_SPACE}", deleted=1))["dentries"]
    binned = Counter(entry["path"] for entry in everything if entry["deleted"])
    assert all(binned[path] == 1 for path, said in found.results.items() if said == DELETED)
    assert await results_shown(office, card) == 1
    return found


async def results_shown(office: Office, card: Message) -> int:
    """How many different messages of the conversation are the result of this card's request."""
    result_id = card["outTrackId"].replace("dingsweep.request.", "dingsweep.result.")
    seen = await office.control.read("wang", MARKETING, card["seq"])
    return len({message["id"] for message in seen if message.get("outTrackId") == result_id})


async def fault(office: Office, route: str, **fields: object) -> str:
    fault_id: str = (await office.control.ask("POST", "faults", {"route": route, **fields}))["id"]
    return fault_id


async def heal(office: Office) -> None:
    await office.control.ask("DELETE", "faults")
