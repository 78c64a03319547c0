from dataclasses import replace
from datetime import timedelta

import pytest

from libs.refusals import InvalidField
from services.order.domain.cancelling import cancel
from services.order.domain.holding import hand_over, hold
from services.order.domain.kinds import HoldReason, OrderKind, OrderState
from services.order.domain.refusals import LocationMissing, ProductUnknown, QuantityExceeded, StaleUpdate
from services.order.domain.returns import ReturnedLine, take_back, take_back_without_order
from services.order.domain.shipments import ShippedLine, ship
from services.order.domain.sourcing import gain, held_by_inventory, lose, seek, with_everything_short
from services.order.domain.stock import (
    Allocation,
    Article,
    Goods,
    Issue,
    Promise,
    Receipt,
    Release,
    Reservation,
    Source,
)
from services.order.domain.updating import Update, take_over
from tests.builders.recorded_orders import (
    KILOGRAM,
    NOON,
    PIECE,
    a_recorded_order,
    an_order_line,
    given_back,
    sent,
)

SOURCE = Source(Reservation("r1", "o1", "shop", "", ()), "stock came in")


def promise(*found):
    return Promise(
        tuple(Allocation(line_id, "MILK", place, milli, PIECE) for line_id, place, milli in found), (), b"why"
    )


def test_a_shipment_consumes_the_promise_of_the_place_that_sent_first():
    order = a_recorded_order(an_order_line(ordered=5000, promised={"S001": 2000, "W001": 3000}))
    shipped, [issue] = ship(order, sent(("1", 3000), location_id="W001"))
    assert shipped.lines[0].promised == {"S001": 2000}
    assert (issue.location_id, issue.goods) == ("W001", (Goods("1", "MILK", 3000, PIECE),))


def test_a_shipment_from_elsewhere_consumes_promises_in_the_order_of_places():
    order = a_recorded_order(an_order_line(ordered=5000, promised={"W001": 3000, "S001": 2000}))
    shipped, _ = ship(order, sent(("1", 3000), location_id="S009"))
    assert shipped.lines[0].promised == {"W001": 2000}
    assert shipped.shipped_from == {"S009"}


def test_the_same_shipment_gives_inventory_the_same_instruction():
    order = a_recorded_order()
    assert ship(order, sent(("1", 1000)))[1] == ship(order, sent(("1", 1000)))[1]


def test_goods_nobody_promised_leave_from_where_the_rest_of_the_order_is():
    waiting = an_order_line("1", promised={}, short=1000)
    order = a_recorded_order(
        waiting, an_order_line("2", promised={"S001": 1000}), state=OrderState.BACKORDERED
    )
    _, [issue] = ship(order, sent(("1", 1000)))
    assert issue.location_id == "S001"
    with pytest.raises(LocationMissing):
        ship(a_recorded_order(waiting, state=OrderState.BACKORDERED), sent(("1", 1000)))


def test_a_line_without_stock_is_sent_without_a_word_to_inventory():
    order = a_recorded_order(an_order_line(stocked=False, promised={}))
    shipped, instructions = ship(order, sent(("1", 1000)))
    assert (shipped.state, instructions) == (OrderState.COMPLETED, [])


def test_postage_is_not_waited_for():
    order = a_recorded_order(an_order_line("1"), an_order_line("2", stocked=False, promised={}))
    assert ship(order, sent(("1", 1000)))[0].state == OrderState.COMPLETED


def test_a_gift_card_may_follow_when_the_goods_are_sent_already():
    order = a_recorded_order(an_order_line("1"), an_order_line("2", stocked=False, promised={}))
    completed, _ = ship(order, sent(("1", 1000)))
    after, instructions = ship(completed, sent(("2", 1000)))
    assert (after.state, after.line("2").outstanding, instructions) == (OrderState.COMPLETED, 0, [])
    with pytest.raises(QuantityExceeded):
        ship(after, sent(("2", 1000)))


def test_another_unit_is_neither_sent_nor_taken_back():
    with pytest.raises(InvalidField):
        ship(a_recorded_order(), replace(sent(), lines=(ShippedLine("1", 1, KILOGRAM),)))
    with pytest.raises(InvalidField):
        take_back(
            a_recorded_order(), replace(given_back(), lines=(ReturnedLine("1", "", 1, KILOGRAM, True),))
        )


def test_a_return_of_sent_and_unsent_goods_takes_back_the_one_and_calls_off_the_other():
    line = an_order_line(ordered=3000, shipped=1000, promised={"W001": 2000})
    order = a_recorded_order(line, state=OrderState.PARTIALLY_SHIPPED)
    after, instructions = take_back(order, given_back(("1", 3000), amount=1))
    assert (after.lines[0].returned, after.lines[0].cancelled) == (1000, 2000)
    assert after.state == OrderState.COMPLETED
    receipt, release = instructions
    assert isinstance(receipt, Receipt)
    assert receipt.goods == (Goods("1", "MILK", 1000, PIECE),)
    assert isinstance(release, Release)
    assert release.line_ids == ("1",)


def test_what_is_left_of_a_line_called_off_in_part_is_sought_anew_after_it_was_given_up():
    order = a_recorded_order(an_order_line(ordered=3000))
    after, [release, source] = take_back(order, given_back(("1", 1000)))
    assert (after.state, after.lines[0].short) == (OrderState.BACKORDERED, 2000)
    assert isinstance(release, Release)
    assert source.reservation.goods == (Goods("1", "MILK", 2000, PIECE),)


def test_goods_of_no_known_product_are_restocked_only_with_their_order():
    line = ReturnedLine("", "MILK", 1000, PIECE, True)
    returned = replace(given_back(), lines=(line,))
    assert take_back_without_order(returned, {"MILK": Article(PIECE, True)})
    with pytest.raises(ProductUnknown):
        take_back_without_order(returned, {"MILK": Article(KILOGRAM, True)})
    assert take_back_without_order(returned, {"MILK": Article(PIECE, False)}) == []


def test_cancelling_also_gives_back_what_the_order_does_not_know_of():
    cancelled, instructions = cancel(a_recorded_order(an_order_line(promised={}, short=1000)))
    assert cancelled.state == OrderState.CANCELLED
    assert [type(it) for it in instructions] == [Release]


def test_a_promise_confirms_an_order_that_waited():
    order = a_recorded_order(an_order_line(promised={}, short=1000), state=OrderState.BACKORDERED)
    gained, releases = gain(order, SOURCE, promise(("1", "S001", 1000)))
    assert (gained.state, gained.sourcing, gained.version, releases) == (OrderState.CONFIRMED, b"why", 2, [])


def test_a_promise_for_an_order_that_was_called_off_is_given_back():
    order = a_recorded_order(an_order_line(promised={}, cancelled=1000), state=OrderState.CANCELLED)
    gained, [release] = gain(order, SOURCE, promise(("1", "S001", 1000)))
    assert gained is None
    assert (release.line_ids, release.location_id) == (("1",), "S001")


def test_a_promise_of_nothing_changes_nothing():
    order = a_recorded_order(an_order_line(promised={}, short=1000), state=OrderState.BACKORDERED)
    assert gain(order, SOURCE, promise()) == (None, [])


def test_a_loss_that_is_heard_of_twice_counts_once():
    lost = [Allocation("1", "MILK", "W001", 1000, PIECE)]
    order = lose(a_recorded_order(), lost)
    assert (order.state, order.lines[0].short) == (OrderState.BACKORDERED, 1000)
    assert lose(order, lost) is None


def test_an_order_that_has_been_sent_loses_nothing():
    order = a_recorded_order(an_order_line(promised={}, shipped=1000), state=OrderState.COMPLETED)
    assert lose(order, [Allocation("1", "MILK", "W001", 1000, PIECE)]) is None


def test_a_held_order_loses_promises_and_stays_held_until_somebody_releases_it():
    order = hold(a_recorded_order())
    order = lose(order, [Allocation("1", "MILK", "W001", 1000, PIECE)])
    assert (order.state, order.lines[0].short) == (OrderState.HELD, 1000)
    assert seek(order, "because", "1") == []


def test_goods_that_inventory_does_not_move_hold_an_order_once():
    held = held_by_inventory(a_recorded_order())
    assert (held.state, held.hold_reasons) == (OrderState.HELD, (HoldReason.STOCK_REFUSED,))
    assert held_by_inventory(held) is None


def test_two_attempts_at_sourcing_have_different_names_and_one_repeated_has_the_same():
    order = with_everything_short(a_recorded_order(an_order_line(promised={})))
    first, again, second = seek(order, "x", "a"), seek(order, "y", "a"), seek(order, "x", "b")
    assert first[0].request_id == again[0].request_id != second[0].request_id


def test_a_sale_hands_over_only_what_has_not_left_and_is_known():
    lines = [
        an_order_line("1", promised={}, shipped=1000),
        an_order_line("2", promised={}),
        an_order_line("3", promised={}, stocked=False),
    ]
    sale = a_recorded_order(*lines, kind=OrderKind.TILL_SALE, state=OrderState.HELD, location_id="S001")
    after, [issue] = hand_over(sale, NOON)
    assert isinstance(issue, Issue)
    assert (issue.goods, issue.is_sale) == ((Goods("2", "MILK", 1000, PIECE),), True)
    assert [line.shipped for line in after.lines] == [1000, 1000, 0]


def test_a_payment_counts_in_full_and_an_older_word_does_not_count():
    order = a_recorded_order(paid=False, paid_amount=0, hold_reasons=(HoldReason.PAYMENT_PENDING,))
    paid = take_over(order, Update(NOON + timedelta(hours=1), True, b""))
    assert (paid.paid_amount, paid.hold_reasons) == (order.total, ())
    with pytest.raises(StaleUpdate):
        take_over(paid, Update(NOON, True, b""))
