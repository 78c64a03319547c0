from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from libs.money import Money
from services.channel_gateway.adapters.shopify import read
from services.channel_gateway.domain.give_back import parts_of
from services.channel_gateway.domain.handed_over import (
    Cancel,
    GiveBack,
    HandedOver,
    Sent,
    Ship,
    Update,
    after,
    is_ambiguous,
    steps_to,
)
from services.channel_gateway.domain.storefront import Restock
from tests.builders.shopify import LATER, LATEST, a_parcel, a_refund, an_order, body_of

PLACED = datetime(2024, 4, 1, 14, 30, tzinfo=UTC)


def order(**fields):
    return read("shopify:demo", "orders/updated", body_of(an_order(**fields))).order


def refund(**fields):
    return read("shopify:demo", "refunds/create", body_of(a_refund(**fields))).refund


def known(**fields):
    given = {
        "channel": "shopify:demo",
        "channel_order_id": "5001",
        "order_id": "o-1",
        "version": PLACED,
        "paid": True,
    }
    return HandedOver(**given | fields)


def walk(state, told):
    steps = steps_to(told, state)
    for step in steps:
        state = after(step, state, "W01")
    return [type(step) for step in steps], state


def test_a_state_that_says_nothing_new_needs_no_step():
    assert steps_to(order(), known()) == []


def test_a_later_state_is_an_update():
    (step,) = steps_to(order(updated_at=LATER), known())
    assert isinstance(step, Update)
    assert step.paid


def test_parcels_and_refunds_are_told_in_the_order_in_which_they_happened():
    told = order(
        updated_at=LATEST,
        fulfillments=[a_parcel(82, created_at=LATEST), a_parcel(81)],
        refunds=[a_refund(91)],
        cancelled_at=LATEST,
    )
    steps, state = walk(known(), told)
    assert steps == [Update, Ship, Ship, GiveBack, Cancel]
    assert list(state.parcels) == ["81", "82"]
    assert (state.refunds, state.cancelled) == (frozenset({"91"}), True)


def test_what_was_told_is_not_told_again():
    told = order(updated_at=LATEST, fulfillments=[a_parcel()], refunds=[a_refund()], cancelled_at=LATEST)
    _, state = walk(known(), told)
    assert steps_to(told, state) == []


def test_nothing_is_shipped_for_an_order_that_the_mesh_does_not_deliver():
    told = order(fulfillments=[a_parcel()], refunds=[a_refund()])
    assert [type(step) for step in steps_to(told, known(refused=True))] == [GiveBack]


def test_a_payment_is_told_even_without_a_later_version():
    assert [type(step) for step in steps_to(order(), known(paid=False))] == [Update]


@pytest.mark.parametrize(
    ("restock", "sent", "ambiguous"),
    [
        ("return", 0, True),
        ("return", 2, False),
        ("no_restock", 0, True),
        ("no_restock", 1, False),
        ("cancel", 0, False),
    ],
)
def test_a_refund_of_goods_that_may_be_under_way_is_ambiguous(restock, sent, ambiguous):
    state = known(parcels={"81": Sent("W01", {"9001": sent})} if sent else {})
    assert is_ambiguous(refund(restock=restock), state) is ambiguous


def test_a_later_state_of_the_order_ends_the_doubt():
    told = refund()
    assert is_ambiguous(told, known(version=told.at - timedelta(seconds=1)))
    assert not is_ambiguous(told, known(version=told.at))


def test_returned_goods_go_back_to_where_they_came_from():
    state = known(parcels={"81": Sent("W01", {"9001": 2})})
    (part,) = parts_of(refund(), state, "W09")
    assert (part.return_id, part.location_id, part.amount.text()) == ("91", "W01", "13.25")


def test_without_a_known_origin_the_only_warehouse_takes_them():
    (part,) = parts_of(refund(), known(), "W09")
    assert part.location_id == "W09"
    (part,) = parts_of(refund(), None, "")
    assert part.location_id == ""


def test_goods_of_several_origins_come_back_in_parts_that_count_the_money_once():
    first = refund()
    lines = (
        first.lines[0],
        replace(first.lines[0], line_id="9002"),
        replace(first.lines[0], line_id="9003", restock=Restock.NOT_RESTOCKED),
    )
    state = known(parcels={"81": Sent("W02", {"9001": 1}), "82": Sent("W01", {"9002": 1, "9003": 1})})
    one, two = parts_of(replace(first, lines=lines), state, "")
    assert (one.return_id, one.location_id, [line.line_id for line in one.lines]) == (
        "91",
        "W01",
        ["9002", "9003"],
    )
    assert (two.return_id, two.location_id, [line.line_id for line in two.lines]) == (
        "91@W02",
        "W02",
        ["9001"],
    )
    assert one.amount + two.amount == first.amount
    assert two.amount == Money.zero("USD")
