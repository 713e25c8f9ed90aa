"""The proof of a chain: a whole one is sound, and whatever is done to one record is found and named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store.chain import START, Break, Chain, Flaw, Link, Proof, Record, chain_hash
from tests.unit.audit_given import chained

Rows = list[dict[str, Any]]
quick = settings(deadline=None, max_examples=60)
LENGTHS = st.integers(min_value=1, max_value=12)
LIES: dict[str, Any] = {
    "corp_id": "other",
    "request_id": "ZZZZ",
    "actor": "li",
    "event": "test.never_happened",
    "details": {"n": 0},
    "previous_hash": "f" * 64,
    "hash": "e" * 64,
}


async def _each(rows: Iterable[Record]) -> AsyncIterator[Record]:
    for row in rows:
        yield row


def link(row: Record) -> Link:
    return Link(row["seq"], row["hash"])


async def prove(rows: Rows, head: Link | None, start: Link | None = START, **noted: str) -> Proof:
    chain = Chain(start, head, {int(seq.removeprefix("at")): hash_ for seq, hash_ in noted.items()})
    return await chain.prove(_each(rows))


def numbered(rows: Rows, first: int = 1) -> Rows:
    """The rows with numbers without a gap, as a database would show them after somebody made them so."""
    return [row | {"seq": seq} for seq, row in enumerate(rows, first)]


@quick
@given(LENGTHS)
async def test_a_whole_chain_is_sound(length: int) -> None:
    rows = chained(length)
    for head in (link(rows[-1]), None):
        for start in (START, None):
            proof = await prove(rows, head, start)
            assert proof == Proof(START, link(rows[-1]), length)
    assert (await prove([], START)).is_sound


@quick
@given(LENGTHS, st.data())
async def test_a_change_is_found_where_it_is(length: int, data: st.DataObject) -> None:
    rows = chained(length)
    at = data.draw(st.integers(min_value=0, max_value=length - 1))
    later = {"at": rows[at]["at"] + timedelta(microseconds=1)}
    name, value = data.draw(st.sampled_from(sorted((LIES | later).items(), key=lambda lie: lie[0])))
    rows[at] = rows[at] | {name: value}
    proof = await prove(rows, link(chained(length)[-1]))
    assert proof.broken == Break(at + 1, Flaw.CHANGED)


@quick
@given(LENGTHS, st.data())
async def test_a_change_with_a_hash_made_anew_is_found_where_it_is(length: int, data: st.DataObject) -> None:
    rows = chained(length)
    at = data.draw(st.integers(min_value=0, max_value=length - 1))
    rows[at] = rows[at] | {"actor": "li"}
    rows[at]["hash"] = chain_hash(rows[at])
    assert (await prove(rows, link(chained(length)[-1]))).broken == Break(at + 1, Flaw.CHANGED)


@quick
@given(LENGTHS, st.data(), st.booleans())
async def test_what_is_missing_is_named(length: int, data: st.DataObject, renumbered: bool) -> None:
    rows = chained(length)
    head = link(rows[-1])
    at = data.draw(st.integers(min_value=0, max_value=length - 1))
    del rows[at]
    flaw = Flaw.MISSING if at else Flaw.CUT_AT_THE_BEGINNING
    if at == length - 1:
        flaw = Flaw.CUT_AT_THE_END
    broken = (await prove(numbered(rows) if renumbered else rows, head)).broken
    assert broken == Break(at + 1, flaw)


@quick
@given(LENGTHS, st.data(), st.booleans())
async def test_what_was_put_in_is_named(length: int, data: st.DataObject, fitting: bool) -> None:
    rows = chained(length)
    head = link(rows[-1])
    at = data.draw(st.integers(min_value=0, max_value=length))
    previous = rows[at - 1]["hash"] if at else START.hash
    [forged] = chained(1, at, previous if fitting else "d" * 64, actor="li")
    rows.insert(at, forged)
    for lying in (rows, numbered(rows)):  # two with one number in a file, all in order in a database
        assert (await prove(lying, head)).broken == Break(at + 1, Flaw.INSERTED)


@quick
@given(st.integers(min_value=2, max_value=12), st.data(), st.booleans())
async def test_two_that_changed_places_are_named(length: int, data: st.DataObject, renumbered: bool) -> None:
    rows = chained(length)
    head = link(rows[-1])
    one = data.draw(st.integers(min_value=0, max_value=length - 2))
    two = data.draw(st.integers(min_value=one + 1, max_value=length - 1))
    rows[one], rows[two] = rows[two], rows[one]
    broken = (await prove(numbered(rows) if renumbered else rows, head)).broken
    assert broken == Break(one + 1, Flaw.REORDERED)


@quick
@given(st.integers(min_value=2, max_value=12), st.data())
async def test_a_number_that_was_changed_is_found(length: int, data: st.DataObject) -> None:
    rows = chained(length)
    head = link(rows[-1])
    at = data.draw(st.integers(min_value=0, max_value=length - 1))
    rows[at] = rows[at] | {"seq": length + data.draw(st.integers(min_value=1, max_value=10**6))}
    broken = (await prove(sorted(rows, key=lambda row: row["seq"]), head)).broken
    assert broken
    assert broken.seq == at + 1
    assert broken.flaw in {Flaw.REORDERED, Flaw.CHANGED}


@pytest.mark.parametrize("at", [1, 3, 5])
async def test_what_cannot_be_read_is_a_change(at: int) -> None:
    whole = chained(5)
    mine = whole[at - 1]
    lies: Rows = [
        {},
        {"seq": None},
        {"seq": at},
        mine | {"at": "yesterday"},
        mine | {"details": object()},
    ]
    for lie in lies:
        rows = [*whole[: at - 1], lie, *whole[at:]]
        assert (await prove(rows, link(whole[-1]))).broken == Break(at, Flaw.CHANGED)


async def test_who_makes_all_hashes_anew_is_found_by_a_noted_link() -> None:
    rows = chained(6)
    forged = rows[:2] + chained(4, 2, rows[1]["hash"], actor="li")
    head = link(forged[-1])
    assert (await prove(forged, head)).is_sound
    assert (await prove(forged, head, at2=rows[1]["hash"])).is_sound
    assert (await prove(forged, head, at4=rows[3]["hash"])).broken == Break(4, Flaw.REWRITTEN)


async def test_who_cuts_the_end_off_and_moves_the_head_is_found_by_a_noted_link() -> None:
    rows = chained(6)
    cut = rows[:3]
    assert (await prove(cut, link(cut[-1]))).is_sound
    assert (await prove(cut, link(cut[-1]), at5=rows[4]["hash"])).broken == Break(4, Flaw.CUT_AT_THE_END)
    assert (await prove([], START, at5=rows[4]["hash"])).broken == Break(1, Flaw.CUT_AT_THE_END)


async def test_a_cut_by_retention_is_one_only_where_the_chain_says_so() -> None:
    rows = chained(6)
    anchor = link(rows[1])
    said = {"through_seq": anchor.seq, "through_hash": anchor.hash}
    pruned = chained(1, 6, rows[-1]["hash"], event="audit.pruned", details=said)
    kept = rows[2:] + pruned
    head = link(kept[-1])
    for start in (anchor, None):
        assert await prove(kept, head, start) == Proof(anchor, head, 5)
    assert (await prove(kept, head, anchor, at2=anchor.hash)).is_sound
    assert (await prove(kept, head, anchor, at2="0" * 64)).broken == Break(2, Flaw.REWRITTEN)
    assert (await prove(kept, head, anchor, at1=rows[0]["hash"])).broken == Break(1, Flaw.OUT_OF_REACH)
    for more in (1, 2):  # somebody takes more away, and moves the anchor, too
        less, moved = kept[more:], link(kept[more - 1])
        assert (await prove(less, head, moved)).broken == Break(moved.seq, Flaw.CUT_AT_THE_BEGINNING)
        assert (await prove(less, head, None)).broken == Break(moved.seq, Flaw.CUT_AT_THE_BEGINNING)
    assert (await prove(kept, head, START)).broken == Break(1, Flaw.CUT_AT_THE_BEGINNING)
    uncut = rows[2:]
    assert (await prove(uncut, None, None)).broken == Break(2, Flaw.CUT_AT_THE_BEGINNING)
