"""A deletion as a person has it done: by a command, and a click on the card that answers it."""

from collections import Counter

from tests.bench.figures import Bill
from tests.bench.load import CREATE_CARD, UPDATE_CARD, click
from tests.bench.programs import BenchError
from tests.bench.stage import GROUP, PATIENCE_S, PERSON, Json, Stage


async def ask(stage: Stage, targets: str, *, within_s: int = PATIENCE_S) -> str:
    """Say what is to be deleted; the outTrackId of the card that asks whether it is meant."""
    await stage.skip_calls()
    await stage.control.say(PERSON, GROUP, f"delete {targets}")
    [card] = await stage.calls(CREATE_CARD, within_s=within_s)
    return str(card["request"]["outTrackId"])


async def confirm(stage: Stage, out_track_id: str, *, within_s: int = PATIENCE_S) -> None:
    """Press the button, and wait for the card with the result and for the other one to be closed."""
    await click(stage, out_track_id, "confirm")
    _, result = await stage.calls(CREATE_CARD, count=2, within_s=within_s)
    await stage.calls(UPDATE_CARD, after=result["seq"])


async def delete(stage: Stage, targets: str) -> None:
    """Both."""
    await confirm(stage, await ask(stage, targets))


async def bill(stage: Stage, files: int, *, space_known: bool, in_folder: bool = False) -> Bill:
    """The calls since the command of a deletion that is done; none of them may have failed but for its haste."""
    calls = [call for call in await stage.calls() if not too_fast(call)]
    if failed := [call for call in calls if call["status"] != 200]:
        raise BenchError(f"A call failed: {failed[0]['route']} {failed[0]['response']}")
    return Bill(
        files=files,
        space_known=space_known,
        in_folder=in_folder,
        counted=Counter(call["route"] for call in calls if call["counted"]),
        free=Counter(call["route"] for call in calls if not call["counted"]),
    )


def too_fast(call: Json) -> bool:
    """Whether this call was refused because there were too many in its second."""
    return call["status"] != 200 and "QpsLimit" in str(call["response"])
