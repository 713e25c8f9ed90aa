"""Undo against those who mean no good, and those who press again."""

from __future__ import annotations

from itertools import product

from bot.models import RestoreOutcome
from tests.integration.approvals import asked, tips
from tests.integration.deletions import delete, files, until
from tests.integration.office import MARKETING, Office
from tests.integration.proofs import words
from tests.integration.test_undo_who import APPROVED
from tests.integration.undoing import undo

NAME = "abcdefghij"
SPELLINGS = ["".join(letters) for letters in product(*zip(NAME, NAME.upper(), strict=True))]
"""Each of them means the one file."""


async def test_more_paths_than_anybody_means_are_refused(office: Office) -> None:
    """A condition for each of them is more than SQLite takes, and what it does not take was tried for ever."""
    async with office.robot() as app:
        told = await delete(office, app, *await files(office, NAME))
        said = await words(office, "wang", " ".join(["undo", told.request.id, *SPELLINGS[:800]]))
        assert "at most 100 paths" in said
        undone = await undo(office, app, told.request, *SPELLINGS[:100])
        assert undone.outcomes == {f"/{NAME}": RestoreOutcome.RESTORED}


async def test_whoever_came_too_late_may_press_again(office: Office) -> None:
    """What follows from a press is told; when the question of another one is withdrawn, a press asks anew."""
    async with office.robot(rules=APPROVED):
        await files(office, "a.txt")
        both = await asked(office, "rm /a.txt")
        await office.press("li", both.approval, "approve")
        result = await office.card("wang", MARKETING, "Moved", after=both.card["seq"])
        await office.press("wang", result, "undo")
        first = await office.card("wang", MARKETING, "Restore", after=result["seq"])
        assert both.request_id in tips(await office.press("li", result, "undo"))
        await until(lambda: office.calls("oToMessages"))  # that wang was faster
        await office.press("wang", first, "cancel")
        assert both.request_id in tips(await office.press("li", result, "undo"))
        second = await office.until(
            "li",
            MARKETING,
            first["seq"],
            lambda m: (
                m["kind"] == "card" and m["outTrackId"] not in {first["outTrackId"], result["outTrackId"]}
            ),
        )
        assert "李经理" in second["params"]["markdown"]
