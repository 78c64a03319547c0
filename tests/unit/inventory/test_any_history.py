"""Whatever is commanded in whatever order, stock stays true."""

import copy
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.refusals import Refusal
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Command, Line, Reinstate
from services.inventory.domain.decide import decide
from services.inventory.domain.levels import Level, Unit
from services.inventory.domain.movements import Cause
from services.inventory.domain.outcome import Outcome
from tests.builders.stock import (
    HOUR,
    MONDAY,
    adjustment,
    count_of,
    counted,
    expiry,
    on_hand_by_ledger,
    order,
    places,
    receipt,
    release,
    reserve,
    sale,
    shipment,
    store,
    warehouse,
)

SKUS = "MILK", "BREAD"
LOCATIONS = "W1", "S1", "S2"
NETWORK = places(warehouse("W1"), store("S1"), store("S2", "WEST"))

skus = st.sampled_from(SKUS)
locations = st.sampled_from((*LOCATIONS, "MARS"))
orders = st.integers(1, 3).map(order)
moments = st.integers(-3, 3).map(lambda hours: MONDAY + hours * HOUR)
quantities = st.integers(1, 9).map(lambda count: count * 500)
# Now and then a line id or a unit that will be refused.
units = st.sampled_from([Unit.PIECE] * 9 + [Unit.LITRE])
lines = st.lists(st.builds(Line, st.sampled_from("123"), skus, quantities, units), min_size=1, max_size=3)
causes = st.sampled_from([Cause.RETURN, Cause.RECEIPT])

commands = st.one_of(
    st.builds(
        lambda those, order_id, excluded, replace: reserve(
            *those, order_id=order_id, excluded=frozenset(excluded), replace=replace
        ),
        lines,
        orders,
        st.sets(locations, max_size=2),
        st.booleans(),
    ),
    st.builds(release, orders),
    st.builds(lambda it, place: release(it, location_id=place), orders, locations),
    st.builds(expiry, orders),
    st.builds(
        lambda those, at, when: sale(*those, location_id=at, occurred_at=when), lines, locations, moments
    ),
    st.builds(
        lambda those, at, order_id, when: shipment(
            *those, location_id=at, order_id=order_id, occurred_at=when
        ),
        lines,
        locations,
        orders,
        moments,
    ),
    st.builds(
        lambda those, at, cause, when: receipt(*those, location_id=at, cause=cause, occurred_at=when),
        lines,
        locations,
        causes,
        moments,
    ),
    st.builds(
        lambda sku, at, count, when: adjustment(sku, count, at, occurred_at=when),
        skus,
        locations,
        st.integers(-5, 5).filter(bool),
        moments,
    ),
    st.builds(
        lambda sku, at, count, when: count_of(counted(sku, count, at, safety=count % 3), counted_at=when),
        skus,
        locations,
        st.integers(0, 9),
        moments,
    ),
)
histories = st.lists(commands, min_size=1, max_size=30)


def empty_book() -> Book:
    return Book(NETWORK, [Level(sku, at, Unit.PIECE) for sku in SKUS for at in LOCATIONS])


def carried_out(book: Book, history: list[Command]) -> list[Outcome | Refusal]:
    """With the record of each order that lost its promise arriving at last."""
    outcomes: list[Outcome | Refusal] = []
    for number, command in enumerate(history):
        now = MONDAY + timedelta(minutes=number)
        before = fingerprint(book)
        [outcome] = decide([command], book, now)
        if isinstance(outcome, Refusal):
            assert fingerprint(book) == before, f"{command} was refused and left a trace"
        outcomes.append(outcome)
        assert_true(book)
    wanted = tuple(book.allocation_of(it) for it in book.reservations.values())
    outcomes += decide([Reinstate(order(number), wanted) for number in (1, 2, 3)], book, MONDAY)
    assert_true(book)
    return outcomes


def assert_true(book: Book) -> None:
    for there in book.stock.values():
        for level in there.values():
            assert 0 <= level.reserved <= level.on_hand
            assert level.on_hand == on_hand_by_ledger(book, level.sku, level.location_id)
            assert level.reserved == sum(it.quantity for it in book.newest_open_at(level.key))


def fingerprint(book: Book) -> object:
    levels = [level.state() for there in book.stock.values() for level in there.values()]
    promises = [(it.key, it.quantity, it.state) for it in book.reservations.values()]
    return levels, promises, list(book.movements), dict(book.holds), set(book.changed)


@given(histories)
@settings(max_examples=300, deadline=None)
def test_stock_is_never_oversold_and_always_the_sum_of_its_ledger(history):
    carried_out(empty_book(), history)


@given(histories)
@settings(max_examples=100, deadline=None)
def test_the_levels_of_events_have_versions_that_only_grow(history):
    latest: dict[tuple[str, str], int] = {}
    for outcome in carried_out(empty_book(), history):
        if isinstance(outcome, Refusal):
            continue
        told = {level for event in outcome.events for level in event.levels}
        for level in told:
            assert level.version == latest.get((level.sku, level.location_id), 0) + 1
        latest |= {(level.sku, level.location_id): level.version for level in told}


@given(histories)
@settings(max_examples=100, deadline=None)
def test_the_same_history_comes_to_the_same_decisions(history):
    again = copy.deepcopy(history)
    first, second = carried_out(empty_book(), history), carried_out(empty_book(), again)
    assert [comparable(it) for it in first] == [comparable(it) for it in second]


def comparable(outcome: Outcome | Refusal) -> object:
    return outcome.events if isinstance(outcome, Outcome) else repr(outcome)


@given(st.lists(st.tuples(lines, orders), min_size=1, max_size=30), st.integers(0, 20))
@settings(max_examples=200, deadline=None)
def test_what_is_promised_and_what_is_short_make_up_what_was_wanted(wanted, stock):
    book = Book(NETWORK, [Level(sku, at, Unit.PIECE, stock * 1000) for sku in SKUS for at in LOCATIONS])
    for those, order_id in wanted:
        [outcome] = decide([reserve(*those, order_id=order_id)], book, MONDAY)
        if isinstance(outcome, Refusal):
            continue
        answer = outcome.answer
        for line in those:
            parts = [it.quantity for it in answer.allocations if it.line_id == line.line_id]
            parts += [it.quantity for it in answer.shortages if it.line_id == line.line_id]
            assert sum(parts) == line.quantity
