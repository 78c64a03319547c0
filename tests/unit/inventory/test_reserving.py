from datetime import timedelta

import pytest

from services.inventory.domain.book import Book
from services.inventory.domain.commands import Reinstate
from services.inventory.domain.events import ReservationDisplaced, StockReleased, StockReserved
from services.inventory.domain.levels import Unit
from services.inventory.domain.refusals import DuplicateLine, UnitMismatch
from services.inventory.domain.reservations import State
from tests.builders.stock import (
    HOUR,
    MONDAY,
    at,
    carry_out,
    expiry,
    line,
    order,
    pieces,
    places,
    release,
    reserve,
    sale,
    shipment,
)


@pytest.fixture
def book() -> Book:
    return Book(places(), at("W1", MILK=10, BREAD=10) + at("S1", MILK=10))


def states(book: Book, order_id: str = order()) -> dict[tuple[str, str], tuple[int, State]]:
    return {(it.line_id, it.location_id): (it.quantity // 1000, it.state) for it in book.of_order(order_id)}


def test_what_is_promised_is_no_longer_available_to_others(book):
    first = carry_out(book, reserve(line("1", "MILK", 10)))
    second = carry_out(book, reserve(line("1", "MILK", 11), order_id=order(2)))
    assert [(it.location_id, it.quantity) for it in first.answer.allocations] == [("W1", pieces(10))]
    assert [(it.location_id, it.quantity) for it in second.answer.allocations] == [("S1", pieces(10))]
    assert [it.quantity for it in second.answer.shortages] == [pieces(1)]


def test_a_promise_lapses_after_the_time_asked_for(book):
    outcome = carry_out(book, reserve(line("1", "MILK"), hold_for=HOUR))
    assert outcome.answer.expires_at == MONDAY + HOUR
    assert book.holds == {order(): MONDAY + HOUR}


def test_an_order_that_gets_nothing_is_answered_and_changes_nothing(book):
    outcome = carry_out(book, reserve(line("1", "CAVIAR")))
    assert outcome.answer.expires_at is None
    assert outcome.events == ()
    assert (book.changed, book.holds, book.reservations) == ({}, {}, {})


def test_the_event_tells_the_levels_after_it_with_their_next_version(book):
    carry_out(book, reserve(line("1", "MILK", 2)))
    outcome = carry_out(book, reserve(line("1", "MILK", 3), line("2", "MILK", 1), order_id=order(2)))
    [event] = outcome.events
    assert isinstance(event, StockReserved)
    [level] = event.levels
    assert (level.on_hand, level.reserved, level.version) == (pieces(10), pieces(6), 2)


def test_the_same_line_twice_is_refused(book):
    with pytest.raises(DuplicateLine) as refused:
        carry_out(book, reserve(line("1", "MILK"), line("1", "BREAD")))
    assert refused.value.metadata == {"line_id": "1"}


def test_another_unit_than_the_stock_is_refused_before_anything_changes(book):
    lines = line("1", "BREAD"), line("2", "MILK", unit=Unit.LITRE)
    with pytest.raises(UnitMismatch) as refused:
        carry_out(book, reserve(*lines))
    assert refused.value.metadata == {"sku": "MILK", "unit": "PIECE"}
    assert book.changed == {}


def test_a_second_promise_to_a_line_from_the_same_location_adds_up(book):
    carry_out(book, reserve(line("1", "MILK", 2)), reserve(line("1", "MILK", 3)))
    assert states(book) == {("1", "W1"): (5, State.OPEN)}


def test_a_reroute_gives_back_and_promises_elsewhere_in_one_step(book):
    carry_out(book, reserve(line("1", "MILK", 2), line("2", "BREAD", 1)))
    outcome = carry_out(book, reserve(line("1", "MILK", 2), excluded=frozenset(["W1"]), replace=True))
    assert states(book) == {
        ("1", "W1"): (2, State.RELEASED),
        ("1", "S1"): (2, State.OPEN),
        ("2", "W1"): (1, State.OPEN),
    }
    assert book.level("MILK", "W1").reserved == 0
    assert {level.location_id for level in outcome.events[0].levels} == {"W1", "S1"}


def test_releasing_gives_back_what_is_promised_and_a_second_time_nothing(book):
    carry_out(book, reserve(line("1", "MILK", 2), line("2", "BREAD", 1)))
    first = carry_out(book, release())
    second = carry_out(book, release())
    assert [(it.line_id, it.quantity) for it in first.answer.allocations] == [
        ("1", pieces(2)),
        ("2", pieces(1)),
    ]
    assert second.answer.allocations == ()
    assert second.events == ()
    assert book.level("MILK", "W1").reserved == 0


def test_releasing_a_line_leaves_the_others_alone(book):
    carry_out(book, reserve(line("1", "MILK", 2), line("2", "BREAD", 1)), release(order(), "2"))
    assert states(book) == {("1", "W1"): (2, State.OPEN), ("2", "W1"): (1, State.RELEASED)}


def test_releasing_at_a_location_leaves_other_locations_alone(book):
    carry_out(book, reserve(line("1", "MILK", 12)), release(location_id="S1"))
    assert states(book) == {("1", "W1"): (10, State.OPEN), ("1", "S1"): (2, State.RELEASED)}


def test_an_expired_promise_is_given_back(book):
    outcome = carry_out(book, reserve(line("1", "MILK", 2)), expiry())
    [event] = outcome.events
    assert isinstance(event, StockReleased)
    assert event.state is State.EXPIRED
    assert book.level("MILK", "W1").reserved == 0


def test_an_order_recorded_too_late_gets_its_promise_again_where_the_goods_still_are(book):
    promised = carry_out(book, reserve(line("1", "MILK", 2))).answer.allocations
    outcome = carry_out(book, expiry(), Reinstate(order(), promised))
    assert [type(event) for event in outcome.events] == [StockReserved]
    assert states(book) == {("1", "W1"): (2, State.OPEN)}
    assert book.level("MILK", "W1").reserved == pieces(2)


def test_an_order_recorded_too_late_learns_of_goods_that_are_gone(book):
    promised = carry_out(book, reserve(line("1", "MILK", 2), line("2", "BREAD", 1))).answer.allocations
    carry_out(book, expiry(), sale(line("9", "MILK", 9), location_id="W1"))
    outcome = carry_out(book, Reinstate(order(), promised))
    displaced = outcome.events[1]
    assert isinstance(displaced, ReservationDisplaced)
    assert [(it.line_id, it.state) for it in displaced.reservations] == [("1", State.DISPLACED)]
    assert states(book) == {("1", "W1"): (2, State.DISPLACED), ("2", "W1"): (1, State.OPEN)}


@pytest.mark.parametrize("settled", [release(), shipment(line("1", "MILK", 2))])
def test_what_was_released_or_shipped_after_expiry_is_not_promised_again(book, settled):
    promised = carry_out(book, reserve(line("1", "MILK", 2))).answer.allocations
    outcome = carry_out(book, expiry(), settled, Reinstate(order(), promised))
    assert outcome.events == ()
    assert book.level("MILK", "W1").reserved == 0


def test_promises_of_one_order_lapse_together_with_the_latest(book):
    carry_out(book, reserve(line("1", "MILK"), hold_for=2 * HOUR), reserve(line("2", "MILK"), hold_for=HOUR))
    assert book.holds == {order(): MONDAY + timedelta(hours=2)}
