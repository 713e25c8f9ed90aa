"""What one request costs in calls, from the command to its closed card."""

from collections import Counter
from collections.abc import Sequence

from tests.bench.figures import Bill
from tests.bench.load import CREATE_CARD, UPDATE_CARD, click
from tests.bench.programs import BenchError
from tests.bench.stage import GROUP, PERSON, Stage


async def bill(stage: Stage, dentry_ids: Sequence[str], *, space_known: bool) -> Bill:
    """Delete these files by one command and one click, and list the calls it took."""
    await stage.skip_calls()
    await stage.control.say(PERSON, GROUP, f"delete {' '.join(dentry_ids)}")
    [card] = await stage.calls(CREATE_CARD)
    await click(stage, card["request"]["outTrackId"], "confirm")
    await stage.calls(UPDATE_CARD)
    calls = await stage.calls()
    if failed := [call for call in calls if call["status"] != 200]:
        raise BenchError(f"A call failed: {failed[0]['route']} {failed[0]['response']}")
    return Bill(
        files=len(dentry_ids),
        space_known=space_known,
        counted=Counter(call["route"] for call in calls if call["counted"]),
        free=Counter(call["route"] for call in calls if not call["counted"]),
    )
