"""What is left of the story: the trail of one request, and what all of it has cost."""

from __future__ import annotations

from collections import Counter

from bot.demo.asked import Asked
from bot.demo.director import Director
from bot.store import Store


async def the_trail(director: Director, asked: Asked, database_url: str) -> None:
    """The records of the first request against what was seen to happen."""
    director.stage.scene("The trail")
    director.stage.tell(
        f"What `dingsweep audit {asked.request_id}` prints about the first request. Every record carries the hash of "
        "the one before, so that none can be changed or taken out unseen; `dingsweep audit verify` proves it."
    )
    async with Store(database_url) as store:
        records = [record async for record in store.audit.records(asked.request_id)]
        proof = await store.audit.verify()
    director.stage.trail(records)
    refused = Counter(record.actor for record in records if record.event == "decision.refused")
    director.check(
        "the three refused presses are in it", refused == Counter(("zhao", "sun", "wang")), refused
    )
    approved = [record.actor for record in records if record.event == "request.approved"]
    director.check("so is who approved it", approved == [asked.approver], approved)
    director.check(f"the chain of all {proof.records} records holds", proof.is_sound, proof.broken)


async def all_in_all(director: Director) -> None:
    director.stage.scene("All in all")
    meter = await director.box.state("meter")
    director.stage.tell(
        f"The story cost {meter['counted']} counted API calls, of 5,000 a month in DingTalk's standard edition, "
        f"and {meter['pushes']} messages pushed or sent by webhook, of 3,000. The calls since the files came back:"
    )
    await director.show_calls()
    names = {person.union_id: person.name for person in director.people.values()}
    director.stage.bin(await director.box.binned(), names)
    violations = await director.box.state("violations")
    director.check(
        "the robot broke none of DingTalk's rules that the sandbox watches", not violations, violations
    )
    failed = [call for call in await director.box.calls() if call.status >= 400]  # noqa: PLR2004
    director.check("no call was refused", not failed, failed)
