"""The words: manifests are frozen and sum up, receipts account for every target."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.models import OPEN_STATES, Dentry, Entry, ItemResult, Manifest, Outcome, RequestState
from tests.unit.cards_given import accounted
from tests.unit.store_given import NOW, SPACE, dentry, manifest, request

GONE = {Outcome.DELETED, Outcome.ALREADY_GONE}


def test_a_manifest_counts_targets_and_everything_in_them() -> None:
    frozen = manifest(files=2, inside=3)
    assert (frozen.totals.targets, frozen.totals.dentries, frozen.totals.folders) == (3, 6, 1)
    assert frozen.totals.size_bytes == sum(entry.dentry.size_bytes for entry in frozen.entries)
    assert [entry.dentry.dentry_id for entry in frozen.targets] == ["d99", "d1", "d2"]
    top, *held = list(frozen.entries)[:4]
    assert top.size_bytes == top.contents_bytes == sum(e.dentry.size_bytes for e in held)


@pytest.mark.parametrize(
    "change",
    [
        {"dentry_id": "other"},
        {"space_id": "other"},
        {"path": "/elsewhere"},
        {"type": "FOLDER"},
        {"size_bytes": 7},
        {"version": 8},
        {"modified_at": NOW + timedelta(minutes=1)},
        {"modified_at": None},
    ],
)
def test_a_digest_changes_with_whatever_matters(change: dict[str, Any]) -> None:
    before = manifest(files=2)
    changed = Dentry.model_validate(dentry(2).model_dump() | change)
    after = Manifest.freeze(SPACE, [next(iter(before.entries)), Entry(dentry=changed)])
    assert after.digest != before.digest


def test_a_digest_knows_order_and_belonging_and_nothing_else() -> None:
    one, two = (Entry(dentry=dentry(n)) for n in (1, 2))
    digest = Manifest.freeze(SPACE, [one, two]).digest
    assert Manifest.freeze(SPACE, [one, two]).digest == digest
    assert Manifest.freeze(SPACE, [two, one]).digest != digest
    inside = two.model_copy(update={"target_id": "d1"})
    assert Manifest.freeze(SPACE, [one, inside]).digest != digest
    by_other = Entry(dentry=dentry(2).model_copy(update={"creator_id": "x"}))
    assert Manifest.freeze(SPACE, [one, by_other]).digest == digest
    assert len(digest) == 64


def test_the_same_moment_in_another_time_zone_is_the_same_to_a_reader() -> None:
    at = datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
    assert dentry(1).model_copy(update={"modified_at": at}).modified_at == at


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([Outcome.DELETED], RequestState.DONE),
        ([Outcome.DELETED, Outcome.ALREADY_GONE], RequestState.DONE),
        ([Outcome.ALREADY_GONE], RequestState.DONE),
        ([Outcome.DELETED, Outcome.DENIED], RequestState.PARTLY_DONE),
        ([Outcome.DELETED, Outcome.UNKNOWN], RequestState.PARTLY_DONE),
        ([Outcome.ALREADY_GONE, Outcome.DENIED], RequestState.FAILED),
        ([Outcome.UNKNOWN], RequestState.FAILED),
        ([Outcome.FAILED, Outcome.CHANGED, Outcome.NOT_RECYCLABLE], RequestState.FAILED),
    ],
)
def test_a_receipt_says_how_a_request_ends(outcomes: list[Outcome], state: RequestState) -> None:
    frozen = manifest(files=len(outcomes))
    results = tuple(
        ItemResult(entry=entry, outcome=outcome)
        for entry, outcome in zip(frozen.entries, outcomes, strict=True)
    )
    receipt = accounted(request(frozen, id="AB12"), results)
    assert receipt.state is state
    assert receipt.state.is_final
    not_gone = sum(share.targets for share in receipt.not_gone)
    assert not_gone == sum(outcome not in GONE for outcome in outcomes)


def test_a_receipt_counts_the_contents_of_folders() -> None:
    frozen = manifest(files=1, inside=4)
    folder, file = frozen.targets
    results = (
        ItemResult(entry=folder, outcome=Outcome.DELETED),
        ItemResult(entry=file, outcome=Outcome.ALREADY_GONE),
    )
    receipt = accounted(request(frozen, id="AB12"), results)
    assert receipt.deleted_dentries == 5
    assert receipt.deleted_bytes == folder.contents_bytes


def test_every_state_is_open_or_final_or_at_work() -> None:
    at_work = {RequestState.APPROVED, RequestState.RUNNING}
    for state in RequestState:
        assert [state.is_open, state.is_final, state in at_work].count(True) == 1
    assert {state for state in RequestState if state.is_open} == OPEN_STATES


def test_words_cannot_be_changed_or_misspelt() -> None:
    frozen = manifest()
    with pytest.raises(ValidationError):
        frozen.totals.dentries = 0  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Dentry.model_validate(dentry(1).model_dump() | {"sise": 1})
