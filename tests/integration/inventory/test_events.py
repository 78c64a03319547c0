"""Each change is told once, with the levels after it."""

import pytest

from retailmesh.inventory.v1 import inventory_events_pb2 as events_pb2
from retailmesh.inventory.v1 import stock_pb2
from tests.builders.inventory_requests import (
    MONDAY,
    a_count,
    a_line,
    a_receipt,
    a_release,
    a_reservation,
    adjust,
    an_adjustment,
    an_issue,
    counted,
    issue,
    opening_stock,
    order_id,
    pieces,
    receive,
    release,
    reserve,
)


@pytest.fixture
def told(rows):
    """``await told()``: the events recorded so far as (fact, key, message)."""

    async def read():
        seen = []
        for subject, key, kind, payload in await rows(
            "select subject, key, type, payload from outbox order by position"
        ):
            retail, domain, version, noun, fact, _ = subject.split(".")
            assert (retail, domain, version, noun) == ("retail", "inventory", "v1", "stock")
            seen.append((fact, key, getattr(events_pb2, kind.rpartition(".")[2]).FromString(payload)))
        return seen

    return read


async def test_each_kind_of_change_is_told_under_its_key(worker, told):
    await opening_stock(worker, W1_MILK=5, S1_MILK=1)
    await reserve(worker, a_reservation(a_line("MILK", 2)))
    await release(worker, a_release())
    await issue(worker, an_issue(a_line("MILK", 2)))
    await receive(worker, a_receipt(a_line("MILK", 2)))
    await adjust(worker, an_adjustment(-9))
    seen = await told()
    assert [(fact, key) for fact, key, _ in seen] == [
        ("changed", "count-1"),
        ("reserved", order_id()),
        ("released", order_id()),
        ("issued", "receipt-1"),
        ("changed", "delivery-1"),
        ("changed", "audit-1"),
    ]
    counted_, reserved, released, issued, received, adjusted = [message for *_, message in seen]
    assert counted_.cause == stock_pb2.MOVEMENT_CAUSE_COUNT
    assert {it.location_id: it.on_hand for it in counted_.levels} == {"W1": pieces(5), "S1": pieces(1)}
    assert [(it.reserved, it.available, it.version) for it in reserved.levels] == [(pieces(2), pieces(3), 2)]
    assert released.state == stock_pb2.RESERVATION_STATE_RELEASED
    assert [(it.reserved, it.version) for it in released.levels] == [(pieces(0), 3)]
    assert [(it.line_id, it.quantity) for it in issued.discrepancies] == [("1", pieces(1))]
    assert issued.occurred_at.ToDatetime(MONDAY.tzinfo) == MONDAY
    assert [it.on_hand for it in received.levels] == [pieces(7)]
    assert [it.quantity for it in adjusted.discrepancies] == [pieces(2)]


async def test_an_order_that_lost_its_goods_is_told_with_the_document_that_took_them(worker, told):
    await opening_stock(worker, S1_MILK=3)
    await reserve(worker, a_reservation(a_line("MILK", 3)))
    await issue(worker, an_issue(a_line("MILK", 1)))
    fact, key, displaced = (await told())[-1]
    assert (fact, key) == ("displaced", order_id())
    assert displaced.source_reference == "receipt-1"
    assert [(it.line_id, it.quantity, it.state) for it in displaced.reservations] == [
        ("1", pieces(3), stock_pb2.RESERVATION_STATE_DISPLACED)
    ]
    assert [(it.on_hand, it.reserved) for it in displaced.levels] == [(pieces(2), pieces(0))]


async def test_what_changes_nothing_and_what_is_repeated_is_not_told(worker, told):
    await opening_stock(worker, W1_MILK=5)
    reservation, sale = a_reservation(), an_issue(a_line("MILK"), location_id="W1")
    await reserve(worker, reservation)
    await issue(worker, sale)
    before = await told()
    await reserve(worker, reservation, a_reservation(a_line("NEVER-KEPT"), order_id=order_id(2)))
    await issue(worker, sale, an_issue(location_id="MARS"))
    await release(worker, a_release(order_id=order_id(9)))
    await worker.CountStock(a_count(counted("MILK", "W1", 4), counted_at=MONDAY))
    assert await told() == before
