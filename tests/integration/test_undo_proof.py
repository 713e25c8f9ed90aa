"""The proof: of a thousand that come back nothing is overwritten, and exactly what is gone for good is reported."""

from __future__ import annotations

import pytest

from bot.models import RequestState, RestoreOutcome
from tests.integration.deletions import DELETED, delete
from tests.integration.office import MARKETING_SPACE, Office
from tests.integration.undoing import ITEM, LIST, RESTORE, purge, undo

PURGED, IN_FOLDER = 10, 10


@pytest.mark.parametrize(
    ("targets", "reuse"), [(130, 20), pytest.param(1000, 100, marks=pytest.mark.soak)], ids=["short", "whole"]
)
async def test_names_are_taken_a_folder_is_gone_and_ten_are_purged(
    office: Office, targets: int, reuse: int
) -> None:
    """Newer files have the names, and the sizes and makers too: only when they were made tells them apart."""
    loose = [f"/{n:03}" for n in range(targets - IN_FOLDER)]
    inside = [f"/f/{n}" for n in range(IN_FOLDER)]
    reused, purged = loose[:reuse], loose[reuse - PURGED // 2 :][:PURGED]
    async with office.robot() as app:
        await _make(office, "/f/", *loose, *inside)
        told = await delete(office, app, *(path[1:] for path in loose), *inside)
        assert (len(told.results), told.said) == (targets, {DELETED})
        await office.control.ask("POST", f"drive/{MARKETING_SPACE}", {"remove": [{"path": "/f"}]})
        await purge(office, *purged)
        await office.control.advance(5)
        await _make(office, *reused)
        newer = {path: (await office.control.entries(MARKETING_SPACE))[path] for path in reused}

        undone = await undo(office, app, told.request)

        gone = {path for path, outcome in undone.outcomes.items() if outcome is RestoreOutcome.PURGED}
        assert gone == set(purged)
        renamed = {path for path, outcome in undone.outcomes.items() if outcome is RestoreOutcome.RENAMED}
        assert renamed == set(reused) - set(purged)
        back = {path for path, outcome in undone.outcomes.items() if outcome is RestoreOutcome.RESTORED}
        assert back == set(loose + inside) - gone - renamed
        there = await office.control.entries(MARKETING_SPACE)
        assert {path: there[path] for path in reused} == newer, "nothing was overwritten"
        assert undone.request.state is RequestState.PARTLY_DONE
        assert f"Restored: {targets - PURGED:,} of {targets:,}" in undone.card["params"]["title"]
        assert f"{PURGED} items not restored: they were removed from the recycle bin" in undone.text
        assert len(undone.made(RESTORE)) == -(-(targets - PURGED) // 30)
        assert len(undone.made(LIST)) <= -(-targets // 50) + 1
        assert undone.made(ITEM) == []


async def _make(office: Office, *paths: str) -> None:
    given = [{"path": path, "size": 10, "creator": "wangUnionId"} for path in paths]
    await office.control.create(MARKETING_SPACE, *given)
