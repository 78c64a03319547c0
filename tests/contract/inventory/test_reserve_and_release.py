import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from libs.protos import timestamp_from_proto
from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.type.v1.quantity_pb2 import UNIT_LITRE
from tests.builders.inventory_requests import (
    HOUR,
    MONDAY,
    a_line,
    a_release,
    a_reservation,
    levels,
    opening_stock,
    order_id,
    pieces,
    refusal_in,
    release,
    reservations,
    reserve,
)
from tests.builders.refused import refused


async def test_an_order_is_sourced_and_reserved(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5, S1_BREAD=5)
    lines = a_line("MILK", 2), a_line("BREAD", 1, line_id="2"), a_line("EGGS", 1, line_id="3")
    [result] = await reserve(grpc_stub, a_reservation(*lines))
    allocations = [
        (it.line_id, it.sku, it.location_id, it.quantity.milli) for it in result.reserved.allocations
    ]
    assert allocations == [("1", "MILK", "W1", 2000), ("2", "BREAD", "S1", 1000)]
    assert [(it.line_id, it.quantity.milli) for it in result.reserved.shortages] == [("3", 1000)]
    assert result.reserved.explanation.rule == "default@1"
    [lost] = result.reserved.explanation.rejected
    assert (lost.location_id, lost.cause) == ("S2", stock_pb2.REJECTION_CAUSE_NO_STOCK)
    assert await levels(cli, "MILK", "BREAD") == {"W1_MILK": (5, 2), "S1_BREAD": (5, 1)}


async def test_a_reservation_says_when_it_lapses(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    usual, own = await reserve(
        grpc_stub,
        a_reservation(),
        a_reservation(order_id=order_id(2), time_to_live=Duration(seconds=7200)),
    )
    assert timestamp_from_proto(usual.reserved.expires_at) == MONDAY + HOUR / 4
    assert timestamp_from_proto(own.reserved.expires_at) == MONDAY + 2 * HOUR
    assert await reservations(grpc_stub) == [("1", "W1", 1, "TENTATIVE")]


async def test_many_orders_are_answered_each_for_itself(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1)
    good, wrong, late = await reserve(
        grpc_stub,
        a_reservation(),
        a_reservation(a_line(), a_line("BREAD"), order_id=order_id(2)),
        a_reservation(order_id=order_id(3)),
    )
    assert good.HasField("reserved")
    assert refusal_in(wrong).reason == "ERROR_REASON_DUPLICATE_LINE"
    assert refusal_in(wrong).metadata == {"line_id": "1"}
    assert [it.quantity.milli for it in late.reserved.shortages] == [1000]
    assert not late.reserved.HasField("expires_at")


async def test_another_unit_than_the_stock_is_refused(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1)
    [result] = await reserve(grpc_stub, a_reservation(a_line(unit=UNIT_LITRE)))
    assert refusal_in(result).reason == "ERROR_REASON_UNIT_MISMATCH"
    assert refusal_in(result).metadata == {"sku": "MILK", "unit": "PIECE"}


async def test_a_repeat_gets_the_first_answer_and_reserves_once(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    request = a_reservation(a_line("MILK", 2))
    [first] = await reserve(grpc_stub, request)
    again = await reserve(grpc_stub, request, request)
    assert again == [first, first]
    assert await levels(cli) == {"W1_MILK": (5, 2)}


async def test_a_repeat_from_another_trace_is_a_repeat(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    request = a_reservation(traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    [first] = await reserve(grpc_stub, request)
    request.traceparent = f"00-{'c' * 32}-{'d' * 16}-01"
    assert await reserve(grpc_stub, request) == [first]


async def test_twins_in_one_call_reserve_once(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    request = a_reservation()
    first, second = await reserve(grpc_stub, request, request)
    assert first == second
    assert await levels(cli) == {"W1_MILK": (5, 1)}


async def test_a_request_id_used_for_another_request_is_refused(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    request = a_reservation(request_id="once")
    await reserve(grpc_stub, request)
    other = a_reservation(a_line("MILK", 2), request_id="once")
    later, same_call_first, same_call = await reserve(
        grpc_stub, other, a_reservation(request_id="twice"), a_reservation(request_id="twice", region="WEST")
    )
    assert refusal_in(later).reason == "ERROR_REASON_REQUEST_ID_REUSED"
    assert same_call_first.HasField("reserved")
    assert refusal_in(same_call).reason == "ERROR_REASON_REQUEST_ID_REUSED"


async def test_a_reroute_moves_the_reservation_in_one_step(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1, S1_MILK=1)
    await reserve(grpc_stub, a_reservation())
    [moved] = await reserve(grpc_stub, a_reservation(replace_reserved=True, excluded_location_ids=["W1"]))
    assert [it.location_id for it in moved.reserved.allocations] == ["S1"]
    assert await reservations(grpc_stub) == [("1", "S1", 1, "TENTATIVE"), ("1", "W1", 1, "RELEASED")]
    assert await levels(cli) == {"S1_MILK": (1, 1), "W1_MILK": (1, 0)}


async def test_a_release_gives_back_what_was_reserved(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5, W1_BREAD=5)
    await reserve(grpc_stub, a_reservation(a_line("MILK", 2), a_line("BREAD", line_id="2")))
    [one] = await release(grpc_stub, a_release(line_ids=["2"]))
    [rest] = await release(grpc_stub, a_release())
    [nothing] = await release(grpc_stub, a_release())
    assert [it.line_id for it in one.released.allocations] == ["2"]
    assert [(it.line_id, it.quantity) for it in rest.released.allocations] == [("1", pieces(2))]
    assert nothing.HasField("released")
    assert list(nothing.released.allocations) == []
    assert await levels(cli, "MILK", "BREAD") == {"W1_MILK": (5, 0), "W1_BREAD": (5, 0)}


async def test_a_release_at_one_location_leaves_the_others_reserved(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1, S1_MILK=1)
    await reserve(grpc_stub, a_reservation(a_line("MILK", 2)))
    await release(grpc_stub, a_release(location_id="W1"))
    assert await reservations(grpc_stub) == [("1", "S1", 1, "TENTATIVE"), ("1", "W1", 1, "RELEASED")]


async def test_a_repeated_release_answers_the_same_and_another_body_is_refused(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    await reserve(grpc_stub, a_reservation())
    request = a_release(request_id="r")
    [first] = await release(grpc_stub, request)
    await reserve(grpc_stub, a_reservation())
    again, other = await release(grpc_stub, request, a_release(request_id="r", line_ids=["1"]))
    assert again == first
    assert refusal_in(other).reason == "ERROR_REASON_REQUEST_ID_REUSED"
    assert await levels(cli) == {"W1_MILK": (5, 1)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"request_id": ""},
        {"order_id": "no-uuid"},
        {"channel": ""},
        {"lines": []},
        {"lines": [a_line(sku="")]},
        {"time_to_live": Duration(seconds=-1)},
    ],
)
async def test_a_reservation_that_breaks_the_contract_is_refused(grpc_stub, wrong):
    request = a_reservation()
    for name in wrong:
        request.ClearField(name)
    request.MergeFrom(pb.StockReservation(**wrong))
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await reserve(grpc_stub, request)
    assert seen.code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_line_of_nothing_is_refused_and_its_neighbours_are_not(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1)
    wrong, good = await reserve(
        grpc_stub, a_reservation(a_line(count=0)), a_reservation(order_id=order_id(2))
    )
    assert refusal_in(wrong).reason == "ERROR_REASON_INVALID_FIELD"
    assert good.HasField("reserved")


async def test_only_the_order_service_may_reserve(cli):
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await reserve(cli, a_reservation())
