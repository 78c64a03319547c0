import pytest

from services.inventory.domain.book import Book
from services.inventory.domain.events import ReservationDisplaced, StockChanged, StockIssued
from services.inventory.domain.levels import Unit
from services.inventory.domain.movements import Bucket, Cause
from services.inventory.domain.refusals import DuplicateLine, LocationUnknown, UnitMismatch
from services.inventory.domain.reservations import Reservation, State
from tests.builders.stock import (
    HOUR,
    MONDAY,
    adjustment,
    at,
    carry_out,
    count_of,
    counted,
    line,
    order,
    pieces,
    places,
    receipt,
    reserve,
    sale,
    shipment,
)


@pytest.fixture
def book() -> Book:
    return Book(places(), at("W1", MILK=10, BREAD=10) + at("S1", MILK=5))


def ledger(book: Book) -> list[tuple[Bucket, Bucket, int, Cause]]:
    return [(it.from_bucket, it.to_bucket, it.quantity // 1000, it.cause) for it in book.movements]


def test_a_sale_moves_goods_to_the_customer(book):
    outcome = carry_out(book, sale(line("1", "MILK", 2)))
    assert ledger(book) == [(Bucket.ON_HAND, Bucket.CUSTOMER, 2, Cause.SALE)]
    assert book.level("MILK", "S1").on_hand == pieces(3)
    [event] = outcome.events
    assert isinstance(event, StockIssued)
    assert event.levels[0].on_hand == pieces(3)


def test_a_sale_of_more_than_the_ledger_knew_finds_the_rest_first(book):
    outcome = carry_out(book, sale(line("1", "MILK", 7)))
    assert ledger(book) == [
        (Bucket.DISCREPANCY, Bucket.ON_HAND, 2, Cause.UNEXPLAINED),
        (Bucket.ON_HAND, Bucket.CUSTOMER, 7, Cause.SALE),
    ]
    assert [(it.line_id, it.quantity) for it in outcome.answer.discrepancies] == [("1", pieces(2))]
    assert book.level("MILK", "S1").on_hand == 0


def test_a_sale_of_promised_goods_takes_back_the_newest_promises_whole(book):
    for number in (1, 2, 3):
        moment = MONDAY + number * HOUR
        carry_out(book, reserve(line("1", "MILK", 3), order_id=order(number)), now=moment)
    outcome = carry_out(book, sale(line("1", "MILK", 5), location_id="W1"))
    level = book.level("MILK", "W1")
    assert (level.on_hand, level.reserved) == (pieces(5), pieces(3))
    assert [(it.order_id, it.quantity, it.state) for it in outcome.answer.displaced] == [
        (order(3), pieces(3), State.DISPLACED),
        (order(2), pieces(3), State.DISPLACED),
    ]
    displaced = outcome.events[1:]
    assert all(isinstance(event, ReservationDisplaced) for event in displaced)
    assert [event.order_id for event in displaced] == [order(3), order(2)]
    assert displaced[0].levels[0].reserved == pieces(3)


def test_a_shipment_fulfils_the_promises_of_its_order(book):
    outcome = carry_out(
        book,
        reserve(line("1", "MILK", 2), line("2", "BREAD", 1)),
        shipment(line("1", "MILK", 2), line("2", "BREAD", 1)),
    )
    assert {it.state for it in book.of_order(order())} == {State.CONSUMED}
    assert book.level("MILK", "W1").reserved == 0
    assert outcome.answer.displaced == ()


def test_a_partial_shipment_leaves_the_rest_promised(book):
    carry_out(book, reserve(line("1", "MILK", 5)), shipment(line("1", "MILK", 2)))
    [reservation] = book.of_order(order())
    assert (reservation.quantity, reservation.state) == (pieces(3), State.OPEN)
    assert book.level("MILK", "W1").reserved == pieces(3)


def test_a_shipment_from_elsewhere_is_a_fact_and_frees_the_promise(book):
    carry_out(book, reserve(line("1", "MILK", 2)), shipment(line("1", "MILK", 2), location_id="S1"))
    [reservation] = book.of_order(order())
    assert reservation.state is State.RELEASED
    assert (book.level("MILK", "W1").reserved, book.level("MILK", "W1").on_hand) == (0, pieces(10))
    assert book.level("MILK", "S1").on_hand == pieces(3)


def test_a_shipment_from_elsewhere_displaces_others_but_not_its_own_order(book):
    mine, other = (
        reserve(line("1", "MILK", 2)),
        reserve(line("1", "MILK", 5), order_id=order(2), excluded=frozenset(["W1"])),
    )
    outcome = carry_out(book, mine, other, shipment(line("1", "MILK", 2), location_id="S1"))
    assert [it.order_id for it in outcome.answer.displaced] == [order(2)]


def test_receipts_and_returns_come_from_supplier_and_customer(book):
    carry_out(book, receipt(line("1", "MILK", 2)), receipt(line("1", "BREAD", 1), cause=Cause.RETURN))
    assert ledger(book) == [
        (Bucket.SUPPLIER, Bucket.ON_HAND, 2, Cause.RECEIPT),
        (Bucket.CUSTOMER, Bucket.ON_HAND, 1, Cause.RETURN),
    ]


def test_a_write_off_goes_to_loss_and_may_displace(book):
    carry_out(book, reserve(line("1", "MILK", 10)))
    outcome = carry_out(book, adjustment("MILK", -1, reason="broken"))
    assert ledger(book) == [(Bucket.ON_HAND, Bucket.LOSS, 1, Cause.ADJUSTMENT)]
    assert book.movements[0].reason == "broken"
    assert [it.order_id for it in outcome.answer.displaced] == [order()]


def test_a_correction_upwards_was_a_discrepancy(book):
    outcome = carry_out(book, adjustment("MILK", 4))
    assert ledger(book) == [(Bucket.DISCREPANCY, Bucket.ON_HAND, 4, Cause.ADJUSTMENT)]
    assert isinstance(outcome.events[0], StockChanged)


@pytest.mark.parametrize(
    "fact",
    [
        sale(line("1", "MILK"), location_id="MARS"),
        receipt(line("1", "MILK"), location_id="MARS"),
        adjustment("MILK", 1, "MARS"),
        count_of(counted("MILK", 1, "MARS")),
    ],
)
def test_an_unknown_location_is_refused(book, fact):
    with pytest.raises(LocationUnknown) as refused:
        carry_out(book, fact)
    assert refused.value.metadata == {"location_id": "MARS"}
    assert book.movements == []


@pytest.mark.parametrize(
    "fact",
    [
        sale(line("1", "MILK", unit=Unit.LITRE)),
        receipt(line("1", "MILK", unit=Unit.LITRE)),
        adjustment("MILK", 1, unit=Unit.LITRE),
        count_of(counted("MILK", 1)._replace(unit=Unit.LITRE)),
    ],
)
def test_another_unit_is_refused(book, fact):
    with pytest.raises(UnitMismatch):
        carry_out(book, fact)
    assert book.movements == []


@pytest.mark.parametrize(
    "fact",
    [
        sale(line("1", "MILK"), line("1", "BREAD")),
        receipt(line("1", "MILK"), line("1", "BREAD")),
        count_of(counted("MILK", 1), counted("MILK", 2)),
    ],
)
def test_a_line_that_stands_twice_is_refused(book, fact):
    with pytest.raises(DuplicateLine):
        carry_out(book, fact)
    assert book.movements == []


def test_a_promise_that_was_read_twice_is_one_promise():
    def read() -> Reservation:
        return Reservation(order(), "1", "MILK", "W1", pieces(2), State.OPEN, MONDAY)

    [level] = at("W1", MILK=2)
    level.reserved = pieces(2)
    book = Book(places(), [level], [read(), read()])
    carry_out(book, shipment(line("1", "MILK", 1)), sale(line("1", "MILK", 1), location_id="W1"))
    assert (level.on_hand, level.reserved) == (0, 0)
