"""A process can die at any line: whoever repeats the call finds the work done once."""

import pytest

from libs.refusals import Refusal
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import (
    ORDER_STATE_CANCELLED,
    ORDER_STATE_COMPLETED,
    ORDER_STATE_CONFIRMED,
)
from services.order.application.carry_out_instructions import carry_out_instructions
from services.order.convert import place_order_of
from tests.builders.order_requests import (
    a_line,
    a_return,
    a_sale,
    an_order,
    back,
    cancelling,
    named,
    placing,
    returning,
    shipping,
    updating,
)


class Died(BaseException):
    """Nothing after it runs, as if the process had been killed."""


def dying(method):
    """The method's work is done, and then nobody is left to take its answer."""

    async def die(*arguments, **named):
        await method(*arguments, **named)
        raise Died

    return die


def dead(*arguments, **named):
    raise Died


async def test_a_crash_between_reserving_and_recording_reserves_once(worker, stock, monkeypatch):
    request = placing()
    first = worker()
    monkeypatch.setattr(first.store, "in_transaction", dead)
    with pytest.raises(Died):
        await first.servicer._placing._handle([place_order_of(request, "")])
    assert stock.free["MILK"]["W001"] == 9_999_000
    placement = (await worker().PlaceOrder(request)).placement
    assert (placement.state, placement.repeated_order) == (ORDER_STATE_CONFIRMED, False)
    assert stock.free["MILK"]["W001"] == 9_999_000


async def test_a_crash_between_selling_and_recording_sells_once(worker, stock, monkeypatch):
    request = placing(a_sale())
    first = worker()
    monkeypatch.setattr(first.store, "in_transaction", dead)
    with pytest.raises(Died):
        await first.servicer._placing._handle([place_order_of(request, "")])
    assert (await worker().PlaceOrder(request)).placement.state == ORDER_STATE_COMPLETED
    assert len(stock.issued) == 1


@pytest.mark.parametrize(
    ("request_of", "rpc", "told"),
    [(shipping, "RecordShipment", "issued"), (cancelling, "CancelOrder", "released")],
)
async def test_a_crash_before_inventory_was_told_leaves_it_to_be_told(
    worker, stock, monkeypatch, request_of, rpc, told
):
    first = worker()
    await first.PlaceOrder(placing())
    monkeypatch.setattr(first.store, "find_instructions", dead)
    with pytest.raises(Died):
        await getattr(first, rpc)(request_of())
    assert getattr(stock, told) == []
    await sweep(worker())
    assert len(getattr(stock, told)) == 1


@pytest.mark.parametrize(
    ("request_of", "rpc", "told"),
    [(shipping, "RecordShipment", "issued"), (cancelling, "CancelOrder", "released")],
)
async def test_a_crash_after_inventory_was_told_tells_it_again_and_counts_once(
    worker, stock, monkeypatch, request_of, rpc, told
):
    first = worker()
    placement = (await first.PlaceOrder(placing())).placement
    monkeypatch.setattr(stock, "issue", dying(stock.issue))
    monkeypatch.setattr(stock, "release", dying(stock.release))
    with pytest.raises(Died):
        await getattr(first, rpc)(request_of())
    monkeypatch.undo()
    await sweep(worker())
    assert len(getattr(stock, told)) == 1
    assert stock.promised_to(placement.order_id) == {}


async def test_a_crash_after_goods_came_back_restocks_them_once(worker, stock, monkeypatch):
    first = worker()
    await first.PlaceOrder(placing())
    await first.RecordShipment(shipping())
    monkeypatch.setattr(stock, "receive", dying(stock.receive))
    request = returning(a_return(back()))
    with pytest.raises(Died):
        await first.RecordReturn(request)
    monkeypatch.undo()
    second = worker()
    assert (await second.RecordReturn(request)).order.state == ORDER_STATE_COMPLETED
    await sweep(second)
    assert len(stock.received) == 1


async def test_a_crash_after_an_order_was_sourced_gives_it_the_same_promise_again(worker, stock, monkeypatch):
    first = worker()
    placement = (await first.PlaceOrder(placing(an_order(a_line(count=2), paid=False)))).placement
    monkeypatch.setattr(stock, "reserve", dying(stock.reserve))
    with pytest.raises(Died):
        await first.UpdateOrder(updating(paid=True))
    monkeypatch.undo()
    second = worker()
    await sweep(second)
    order = (await second.GetOrder(pb.GetOrderRequest(order=named()))).order
    assert order.state == ORDER_STATE_CONFIRMED
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 2000}}
    assert stock.free["MILK"]["W001"] == 9_998_000


async def test_an_order_called_off_while_it_was_being_sourced_keeps_no_promise(worker, stock, monkeypatch):
    first = worker()
    placement = (await first.PlaceOrder(placing(an_order(paid=False)))).placement
    monkeypatch.setattr(stock, "reserve", dying(stock.reserve))
    with pytest.raises(Died):
        await first.UpdateOrder(updating(paid=True))
    monkeypatch.undo()
    second = worker()
    order = (await second.CancelOrder(cancelling())).order
    await sweep(second)
    assert order.state == ORDER_STATE_CANCELLED
    assert stock.promised_to(placement.order_id) == {}


async def test_what_inventory_refuses_is_told_again_later_and_keeps_its_turn(worker, stock):
    first = worker()
    await first.PlaceOrder(placing(an_order(a_line(count=2))))
    stock.refusals["MILK"] = Refusal("not now")
    await first.RecordShipment(shipping())
    assert stock.issued == []
    stock.refusals.clear()
    stock.answers.clear()
    await sweep(first)
    assert len(stock.issued) == 1


async def sweep(worker):
    """What the sweep of a process does, without waiting for the grace of the calls under way."""
    async with worker.store._engine.begin() as connection:
        await connection.exec_driver_sql("update instructions set due_at = now()")
    while await carry_out_instructions(worker.store, worker.ports.stock, limit=10):
        pass
