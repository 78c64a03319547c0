"""From webhook to order service: disorder, repeats, crashes and outages."""

import asyncio
from datetime import timedelta

import pytest

from libs.refusals import Unavailable
from services.channel_gateway.application.ports import Patience
from tests.builders.polling import poll_until
from tests.builders.shopify import LATER, LATEST, a_parcel, a_refund, an_order

SHIPPED = an_order(updated_at=LATER, fulfillments=[a_parcel()])
PAID_BACK = an_order(updated_at=LATEST, fulfillments=[a_parcel()], refunds=[a_refund()])


async def test_the_life_of_an_order_is_handed_over_in_order(send, start_worker, settled, orders):
    await start_worker()
    await send("orders/create", an_order())
    await send("orders/updated", SHIPPED)
    await send("refunds/create", a_refund())
    await send("orders/updated", PAID_BACK)
    assert {state for _, state, _ in await settled()} == {"applied"}
    assert [command[0] for command in orders.told] == ["place", "update", "ship", "give back", "update"]


async def test_any_order_of_arrival_ends_the_same(send, start_worker, settled, orders):
    await start_worker()
    await send("refunds/create", a_refund())
    await send("orders/updated", PAID_BACK)
    await settled(waiting=2)
    await send("orders/updated", SHIPPED)
    await settled(waiting=3)
    await send("orders/create", an_order())
    assert await settled() == [
        ("refunds/create", "ignored", "already_recorded"),
        ("orders/updated", "applied", ""),
        ("orders/updated", "ignored", "stale"),
        ("orders/create", "applied", ""),
    ]
    kinds = [command[0] for command in orders.told]
    assert (kinds.count("place"), kinds.count("ship"), kinds.count("give back")) == (1, 1, 1)
    assert kinds.index("ship") < kinds.index("give back")


async def test_a_second_event_about_a_placed_order_places_nothing(send, start_worker, settled, orders):
    await start_worker()
    await send("orders/create", an_order(), event="e1")
    await send("orders/create", an_order(), event="e2")
    assert sorted(reason for _, _, reason in await settled()) == ["", "already_placed"]
    assert len(orders.placed) == 1


async def test_what_was_stored_before_a_crash_is_applied_after_it(send, start_worker, settled, orders):
    await send("orders/create", an_order())
    await send("orders/updated", SHIPPED)
    await start_worker()
    assert [state for _, state, _ in await settled()] == ["applied", "applied"]
    assert [command[0] for command in orders.told] == ["place", "update", "ship"]


async def test_an_order_service_that_is_away_delays_and_loses_nothing(
    send, start_worker, settled, orders, rows
):
    orders.refusals["place"] = Unavailable("away", whole="yes")
    await start_worker()
    for number in range(5001, 5006):
        assert (await send("orders/create", an_order(number)))[0] == 200

    async def was_tried():
        return (await rows("select count(*) as n from raw_messages where reason <> ''"))[0]["n"] == 5

    await poll_until(was_tried)
    orders.refusals.clear()
    assert {state for _, state, _ in await settled()} == {"applied"}
    assert {row["attempts"] for row in await rows()} == {1}


async def test_a_worker_that_dies_between_call_and_record_repeats_the_call(
    send, start_worker, settled, orders, rows
):
    """The call had its effect and its record was lost: the same commands go out once more."""
    await start_worker()
    await send("orders/create", an_order())
    await settled()
    first = list(orders.told)
    await rows("delete from storefront_order")
    await rows("update raw_messages set state = 'received', attempts = 0, order_id = '', settled_at = null")
    await rows("select pg_notify('raw_messages', '')")
    await settled()
    assert orders.told == [*first, ("place", "5001")]
    assert len(orders.placed) == 1


async def test_many_orders_go_out_in_few_calls(send, start_worker, settled, orders):
    await asyncio.gather(*(send("orders/create", an_order(6000 + n)) for n in range(60)))
    await start_worker()
    await settled()
    assert sum(orders.batches) == 60
    assert len(orders.batches) < 10


class TestWithoutPatience:
    @pytest.fixture
    def patience(self):
        return Patience(for_order=timedelta(), for_parcels=timedelta(), for_state=timedelta())

    async def test_an_update_places_an_order_that_never_came(self, send, start_worker, settled, orders):
        await start_worker()
        await send("orders/updated", SHIPPED)
        assert await settled() == [("orders/updated", "applied", "")]
        assert [command[0] for command in orders.told] == ["place", "ship"]

    async def test_a_refund_goes_without_its_order(self, send, start_worker, settled, orders, rows):
        await start_worker()
        await send("refunds/create", a_refund())
        assert await settled() == [("refunds/create", "applied", "")]
        assert [command[-1] for command in orders.told] == [False]
