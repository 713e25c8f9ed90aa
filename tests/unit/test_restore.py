"""What a restore makes of what it sees: the order of a bin, and whether an entry is one that was deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.deletion.restore import Bin, NewestFirst
from bot.deletion.whereabouts import likeness
from bot.dingtalk.dentry import DentryInfo
from bot.dingtalk.recycle import RecycleItem
from bot.models import Dentry, DentryType

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEFORE = Dentry(
    space_id="s",
    dentry_id="1",
    parent_id="0",
    type=DentryType.FILE,
    name="a.b.txt",
    path="/a.b.txt",
    size_bytes=10,
    modified_at=NOON,
    creator_id="u",
)


def item(minutes: int | None, **more: str) -> RecycleItem:
    time = None if minutes is None else NOON + minutes * MINUTE
    return RecycleItem.model_validate({"id": "1", "operator_time": None, **more}).model_copy(
        update={"operator_time": time}
    )


@pytest.mark.parametrize(
    ("pages", "is_past"),
    [
        ([[5, 4], [3, -1]], True),
        ([[5, 4], [3, 1]], False),
        ([[5, -1], [4, -2]], False),
        ([[None, -1]], False),
        ([[]], False),
        ([[2, 2], [-1, -1]], True),
    ],
)
def test_an_order_is_believed_as_long_as_it_holds(pages: list[list[int | None]], is_past: bool) -> None:
    order = NewestFirst()
    for page in pages:
        order.see([item(minutes) for minutes in page])
    assert order.is_past(NOON) is is_past


@pytest.mark.parametrize(
    ("minutes", "space", "by", "may"),
    [
        (0, "s", "u", True),
        (0, "other", "u", False),
        (-90, "s", "u", True),  # whose clock is wrong?
        (0, "s", "somebody", True),  # whom does DingTalk name?
        (90, "s", "somebody", False),
        (None, "s", "somebody", True),
    ],
)
def test_what_others_deleted_at_another_time_is_theirs(
    minutes: int | None, space: str, by: str, may: bool
) -> None:
    of = Bin("b", union_id="x", space_id="s", deleted_by="u", began=NOON - MINUTE, ended=NOON + MINUTE)
    assert of.may_have(item(minutes, space_id=space, operator_id=by)) is may


def info(**changed: object) -> DentryInfo:
    given = {
        "id": "2",
        "parent_id": "0",
        "type": "FILE",
        "name": "a.b.txt",
        "size": 10,
        "creator_id": "u",
        "create_time": None,
        "modified_time": NOON.isoformat(),
    }
    return DentryInfo.model_validate(given | changed)


@pytest.mark.parametrize(
    ("changed", "is_it"),
    [
        ({}, True),
        ({"name": "a.b(1).txt"}, True),
        ({"name": "a.b (12).txt"}, True),
        ({"name": "a.b1.txt"}, True),
        ({"name": "a.b.txt(1)"}, True),  # nobody says where the number goes
        ({"name": "a.bx.txt"}, False),
        ({"name": "b.txt"}, False),
        ({"size": 11}, False),
        ({"type": "FOLDER"}, False),
        ({"creator_id": "other"}, False),
        ({"modified_time": (NOON + MINUTE).isoformat()}, True),
        ({"modified_time": (NOON + MINUTE).isoformat(), "name": "a.b(1).txt"}, False),
        (
            {
                "modified_time": (NOON + MINUTE).isoformat(),
                "create_time": (NOON + MINUTE).isoformat(),
            },
            False,
        ),
    ],
)
def test_what_is_there_is_it_or_another_that_took_its_name(changed: dict[str, object], is_it: bool) -> None:
    assert bool(likeness(BEFORE, info(**changed))) is is_it
