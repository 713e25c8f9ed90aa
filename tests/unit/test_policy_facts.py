"""What is not known of a dentry counts against whoever asks."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.models import Dentry
from bot.policy import Seen
from tests.unit.store_given import NOW, REQUESTER, dentry


def seen(*dentries: Dentry, union_id: str = REQUESTER.union_id) -> Seen:
    one = Seen(REQUESTER.model_copy(update={"union_id": union_id}))
    for dentry_ in dentries:
        one.add([dentry_])
    one.add([])
    return one


@pytest.mark.parametrize(
    ("ages", "newest"),
    [((NOW, NOW), NOW), ((NOW, None), None), ((None, None), None), ((), None)],
)
def test_one_file_of_unknown_age_makes_the_newest_unknown(
    ages: tuple[datetime | None, ...], newest: datetime | None
) -> None:
    files = [dentry(number).model_copy(update={"modified_at": age}) for number, age in enumerate(ages)]
    assert seen(dentry(99, folder=True), *files).newest == newest


@pytest.mark.parametrize("union_id", [REQUESTER.union_id, ""])
def test_what_nobody_is_known_to_have_made_is_somebody_else_s(union_id: str) -> None:
    assert seen(dentry(1).model_copy(update={"creator_id": ""}), union_id=union_id).others == 1
