"""Which occasion a fault befalls, and when: matching, dice, counts and time, and that all of it can be saved."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.clock import Clock
from sandbox.faults.effects import CallEffect
from sandbox.faults.faults import Fault, Faults, ItemFault, Occasion
from sandbox.faults.form import fault_fields, fault_json, read_fault
from sandbox.seed import dump, load, new_world, reseed

ROUTE = "GET /v1.0/storage/spaces/{spaceId}"
CALL = Occasion(
    ROUTE,
    "GET",
    "/v1.0/storage/spaces/7",
    "app",
    people=frozenset({"wang"}),
    spaces=frozenset({"7"}),
    items=("1", "2"),
)
Json = dict[str, Any]


def picked(faults: Faults, occasion: Occasion = CALL) -> str | None:
    """The id of the fault that befalls an occasion."""
    fault = faults.pick(occasion, CallEffect)
    return fault.id if fault else None


def fate(faults: Faults, times: int) -> list[bool]:
    """Of so many occasions one after the other, which are befallen."""
    return [picked(faults) is not None for _ in range(times)]


@pytest.mark.parametrize(
    ("which", "fits"),
    [
        ({"route": ROUTE}, True),
        ({"route": ""}, True),
        ({"route": "/v1.0/storage/"}, True),
        ({"route": "GET /v1.0/"}, True),
        ({"route": "POST /v1.0/"}, False),
        ({"route": "/topapi/"}, False),
        ({"person": "wang"}, True),
        ({"person": "li"}, False),
        ({"space_id": "7"}, True),
        ({"space_id": "8"}, False),
        ({"client_id": "app"}, True),
        ({"client_id": "suite"}, False),
        ({"item": ItemFault("2", "systemError")}, True),
        ({"item": ItemFault("3", "systemError")}, False),
        ({"route": ROUTE, "person": "wang", "space_id": "8"}, False),
    ],
)
def test_everything_an_order_names_must_fit(which: Json, fits: bool) -> None:
    faults = Faults(Clock())
    faults.order(status=500, **which)
    assert (picked(faults) is not None) is fits


def test_the_oldest_that_strikes_is_the_one() -> None:
    faults = Faults(Clock())
    first, second = faults.order(status=500, count=1), faults.order(status=503)
    assert [picked(faults) for _ in range(3)] == [first.id, second.id, second.id]
    assert (first.when.struck, second.when.struck, second.when.seen) == (1, 2, 2)


def test_an_effect_that_is_not_possible_here_is_passed_over() -> None:
    faults = Faults(Clock())
    early, late = faults.order(status=500, early=True), faults.order(status=503)
    fault = faults.pick(CALL, CallEffect, lambda what: not what.early)
    assert fault is late
    assert (early.when.seen, early.when.struck) == (0, 0)


def test_a_seed_is_drawn_and_told() -> None:
    faults = Faults(Clock())
    drawn = {faults.order(status=500).when.seed for _ in range(20)}
    assert len(drawn) == 20
    assert all(fault_json(f)["seed"] == f.when.seed for f in faults.ordered.values())


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32),
    probability=st.floats(0, 1),
    count=st.none() | st.integers(0, 20),
    times=st.integers(0, 40),
)
def test_the_same_seed_strikes_the_same_and_never_more_than_count(
    seed: int, probability: float, count: int | None, times: int
) -> None:
    fates = []
    for _ in range(2):
        faults = Faults(Clock())
        fault = faults.order(status=500, seed=seed, probability=probability, count=count)
        fates.append(fate(faults, times))
        assert fault.when.struck == sum(fates[-1]) <= (times if count is None else count)
    assert fates[0] == fates[1]


@settings(deadline=None)
@given(seed=st.integers(0, 2**32), before=st.integers(0, 20), count=st.none() | st.integers(0, 20))
def test_a_saved_fault_goes_on_as_it_would_have(seed: int, before: int, count: int | None) -> None:
    faults, loaded = Faults(Clock()), Faults(Clock())
    faults.order(status=500, seed=seed, probability=0.5, count=count, seconds=1000)
    fate(faults, before)
    loaded.replace([read_fault(fault_json(f)) for f in faults.ordered.values()])
    assert fate(loaded, 20) == fate(faults, 20)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_a_probability_is_one(seed: int) -> None:
    faults = Faults(Clock())
    faults.order(status=500, seed=seed, probability=0.25)
    assert 130 <= sum(fate(faults, 1000)) <= 390


def test_it_ends_so_many_seconds_after_it_first_struck() -> None:
    clock = Clock()
    faults = Faults(clock)
    fault = faults.order(ROUTE, status=500, seconds=300)
    clock.advance(1000)
    assert fault.when.ends_at is None
    assert fate(faults, 1) == [True]
    clock.advance(299)
    assert fate(faults, 1) == [True]
    clock.advance(2)
    assert fate(faults, 2) == [False, False]
    assert (fault.when.struck, fault.when.seen) == (2, 2)


def test_a_strike_taken_back_counts_as_none() -> None:
    faults = Faults(Clock())
    fault = faults.order(ROUTE, status=500, count=1, seconds=5)
    assert picked(faults) == fault.id
    faults.take_back(fault)
    assert (fault.when.struck, fault.when.seen, fault.when.ends_at) == (0, 1, None)
    assert picked(faults) == fault.id
    assert picked(faults) is None


def test_a_state_holds_its_faults_with_their_past() -> None:
    world, other = new_world(), new_world()
    item = ItemFault("1", "systemError")
    world.faults.order(ROUTE, status=500, seed=3, probability=0.5, count=9, item=item)
    world.faults.order("/v1.0/storage/", truncate=3, seconds=60)
    fate(world.faults, 5)
    state = dump(world)
    load(other, {"faults": state["faults"]})
    assert dump(other)["faults"] == state["faults"]
    assert fate(other.faults, 30) == fate(world.faults, 30)
    assert other.faults.order(ROUTE, status=500).id == "f3"
    reseed(other)
    assert not other.faults.ordered


ORDERS: list[Json] = [
    {},
    {"route": "", "status": 503, "code": "a", "message": "b", "count": 2, "probability": 0.5},
    {"person": "wang", "spaceId": "7", "clientId": "a", "item": {"dentryId": "1", "errorCode": "x"}},
    {"task": {"failed": 0.5, "message": "m"}, "seconds": 2, "seed": 7},
    {"delayMs": 1, "firstByteMs": 2, "truncate": 3, "contentType": "text/html", "deliver": "no"},
    {"body": {"status": 1111}, "early": True},
    {"reset": True, "after": True},
]


@pytest.mark.parametrize("raw", ORDERS)
def test_an_order_is_read_and_written_whole(raw: Json) -> None:
    fault: Fault[Any] = Faults(Clock()).order(**fault_fields(raw))
    written = fault_json(fault)
    for name, value in raw.items():
        assert written[name] == value
    assert fault_json(read_fault(written)) == written


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"what": 1}, "a fault has no what"),
        ({"struck": 1}, "a fault has no struck"),
        ({"route": 7}, "route is no text"),
        ({"count": 1.5}, "count is not a whole number"),
        ({"count": -1}, "count is below 0"),
        ({"count": True}, "count is not a whole number"),
        ({"probability": 2}, "probability is not between 0 and 1"),
        ({"probability": "often"}, "probability is not a number"),
        ({"seconds": 0}, "seconds must be above 0"),
        ({"status": 99}, "status is no HTTP status"),
        ({"delayMs": -1}, "not below 0"),
        ({"item": {"dentryId": "1"}}, "ItemFault needs errorCode"),
        ({"item": {"dentryId": 1, "errorCode": "x"}}, "item: dentryId of ItemFault should be a valid string"),
        ({"item": "1"}, "ItemFault is no object"),
        ({"task": {"failed": "some"}}, "task.failed is"),
        ({"task": {"failed": 1.5}}, "task.failed is"),
        ({"early": True}, "early needs an answer"),
        ({"early": True, "after": True, "status": 500}, "early and after exclude each other"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(raw: Json, why: str) -> None:
    faults = Faults(Clock())
    with pytest.raises(ValueError, match=why):
        faults.order(**fault_fields(raw))
    assert not faults.ordered


def test_null_is_what_a_field_is_by_itself() -> None:
    assert fault_fields({"count": None, "message": None, "probability": 0.5}) == {"probability": 0.5}
