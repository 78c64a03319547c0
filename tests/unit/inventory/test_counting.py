import pytest

from services.inventory.domain.book import Book
from services.inventory.domain.movements import Bucket, Cause
from tests.builders.stock import (
    HOUR,
    MONDAY,
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
)


@pytest.fixture
def book() -> Book:
    return Book(places(), at("W1", MILK=10, BREAD=10) + at("S1", MILK=5))


def test_a_count_sets_the_level_and_explains_the_difference(book):
    outcome = carry_out(book, count_of(counted("MILK", 12), counted("BREAD", 7), counted("MILK", 5, "S1")))
    assert (outcome.answer.changed, outcome.answer.unchanged) == (2, 1)
    assert [(it.from_bucket, it.to_bucket, it.quantity, it.cause) for it in book.movements] == [
        (Bucket.DISCREPANCY, Bucket.ON_HAND, pieces(2), Cause.COUNT),
        (Bucket.ON_HAND, Bucket.DISCREPANCY, pieces(3), Cause.COUNT),
    ]
    assert [level.on_hand for level in outcome.events[0].levels] == [pieces(12), pieces(7)]


def test_what_moved_after_the_count_comes_on_top_of_it():
    book = Book(places(), at("W1", MILK=10), moved_since={("MILK", "W1"): -pieces(3)})
    carry_out(book, count_of(counted("MILK", 20)))
    assert book.level("MILK", "W1").on_hand == pieces(17)


def test_more_sold_after_the_count_than_was_counted_leaves_nothing():
    book = Book(places(), at("W1", MILK=10), moved_since={("MILK", "W1"): -pieces(3)})
    carry_out(book, count_of(counted("MILK", 2)))
    assert book.level("MILK", "W1").on_hand == 0


def test_a_sale_that_arrives_late_was_seen_by_the_count(book):
    carry_out(book, count_of(counted("MILK", 4, "S1"), counted_at=MONDAY))
    outcome = carry_out(book, sale(line("1", "MILK", 9), occurred_at=MONDAY - HOUR))
    assert book.level("MILK", "S1").on_hand == pieces(4)
    assert outcome.answer.discrepancies == ()
    assert [it.cause for it in book.movements] == [Cause.COUNT, Cause.UNEXPLAINED, Cause.SALE]


def test_a_receipt_that_arrives_late_was_seen_by_the_count(book):
    carry_out(book, count_of(counted("MILK", 4), counted_at=MONDAY))
    carry_out(book, receipt(line("1", "MILK", 9), occurred_at=MONDAY))
    assert book.level("MILK", "W1").on_hand == pieces(4)


def test_what_happens_after_the_count_counts(book):
    carry_out(book, count_of(counted("MILK", 4, "S1"), counted_at=MONDAY))
    carry_out(book, sale(line("1", "MILK", 1), occurred_at=MONDAY + HOUR))
    assert book.level("MILK", "S1").on_hand == pieces(3)


def test_a_count_older_than_the_last_one_changes_nothing(book):
    carry_out(book, count_of(counted("MILK", 4), counted_at=MONDAY))
    outcome = carry_out(book, count_of(counted("MILK", 9, safety=2), counted_at=MONDAY - HOUR))
    assert (outcome.answer.changed, outcome.answer.unchanged) == (0, 1)
    assert book.level("MILK", "W1").on_hand == pieces(4)
    assert book.level("MILK", "W1").safety_stock == 0


def test_a_count_that_finds_less_than_is_promised_displaces_the_newest(book):
    carry_out(book, reserve(line("1", "MILK", 4)))
    carry_out(book, reserve(line("1", "MILK", 4), order_id=order(2)), now=MONDAY + HOUR)
    outcome = carry_out(book, count_of(counted("MILK", 5)))
    assert [it.order_id for it in outcome.answer.displaced] == [order(2)]
    assert book.level("MILK", "W1").reserved == pieces(4)


def test_safety_stock_alone_changes_a_level(book):
    outcome = carry_out(book, count_of(counted("MILK", 10, safety=3)))
    assert outcome.answer.changed == 1
    assert outcome.events[0].levels[0].safety_stock == pieces(3)
    assert book.movements == []


def test_a_count_without_safety_stock_leaves_it_as_it_is(book):
    carry_out(book, count_of(counted("MILK", 10, safety=3)), count_of(counted("MILK", 8)))
    assert book.level("MILK", "W1").safety_stock == pieces(3)


def test_a_count_of_a_whole_store_is_told_in_several_events():
    stock = at("W1", **{f"SKU{number}": 0 for number in range(1200)})
    book = Book(places(), stock)
    outcome = carry_out(book, count_of(*[counted(level.sku, 1) for level in stock]))
    assert [len(event.levels) for event in outcome.events] == [500, 500, 200]
