import pytest

from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.type.v1.quantity_pb2 import UNIT_KILOGRAM, Quantity
from tests.builders.inventory_requests import (
    HOUR,
    MONDAY,
    a_count,
    a_line,
    a_receipt,
    a_reservation,
    an_issue,
    counted,
    issue,
    levels,
    opening_stock,
    order_id,
    pieces,
    receive,
    reserve,
    state,
)
from tests.builders.refused import refused


async def test_opening_stock_is_a_count(cli):
    response = await cli.CountStock(
        a_count(counted("MILK", "W1", 5, safety_stock=pieces(2)), counted("BREAD", "S1", 0))
    )
    assert (response.changed, response.unchanged) == (1, 1)
    found = await cli.BatchGetAvailability(pb.BatchGetAvailabilityRequest(skus=["MILK"]))
    [level] = found.levels
    assert (level.on_hand, level.safety_stock, level.available) == (pieces(5), pieces(2), pieces(3))


async def test_a_count_counts_from_its_instant_on(cli, grpc_stub):
    await opening_stock(cli, S1_MILK=10)
    await issue(grpc_stub, an_issue(a_line("MILK", 2), occurred_at=MONDAY))
    await receive(grpc_stub, a_receipt(a_line("MILK", 5), location_id="S1", occurred_at=MONDAY + 2 * HOUR))
    await cli.CountStock(a_count(counted("MILK", "S1", 6), counted_at=MONDAY + HOUR))
    assert await levels(cli) == {"S1_MILK": (11, 0)}
    # A till that was offline hands in what it sold before the count.
    await issue(grpc_stub, an_issue(a_line("MILK", 3), occurred_at=MONDAY + HOUR / 2))
    assert await levels(cli) == {"S1_MILK": (11, 0)}


async def test_sales_the_ledger_had_not_known_of_are_not_taken_off_twice(cli, grpc_stub):
    await issue(grpc_stub, an_issue(a_line("MILK", 3), occurred_at=MONDAY + HOUR))
    await cli.CountStock(a_count(counted("MILK", "S1", 5), counted_at=MONDAY))
    assert await levels(cli) == {"S1_MILK": (2, 0)}


async def test_a_count_of_less_than_is_promised_says_whose_goods_are_missing(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    await reserve(grpc_stub, a_reservation(a_line("MILK", 3)))
    response = await cli.CountStock(a_count(counted("MILK", "W1", 2), counted_at=MONDAY))
    assert [(it.order_id, it.quantity, state(it)) for it in response.displaced] == [
        (order_id(), pieces(3), "DISPLACED")
    ]
    assert await levels(cli) == {"W1_MILK": (2, 0)}


async def test_a_repeated_count_answers_the_same_and_another_body_is_refused(cli):
    request = a_count(counted("MILK", "W1", 5), request_id="c")
    first = await cli.CountStock(request)
    await cli.CountStock(a_count(counted("MILK", "W1", 7), counted_at=MONDAY))
    assert await cli.CountStock(request) == first
    assert await levels(cli) == {"W1_MILK": (7, 0)}
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await cli.CountStock(a_count(counted("MILK", "W1", 6), request_id="c"))


async def test_thousands_of_counts_fit_one_call(cli):
    counts = [counted(f"SKU{number:04d}", "W1", number + 1) for number in range(3000)]
    response = await cli.CountStock(a_count(*counts))
    assert response.changed == 3000
    assert await levels(cli, "SKU0000", "SKU2999") == {"W1_SKU0000": (1, 0), "W1_SKU2999": (3000, 0)}


@pytest.mark.parametrize(
    ("reason", "wrong"),
    [
        ("ERROR_REASON_LOCATION_UNKNOWN", counted("MILK", "MARS", 1)),
        ("ERROR_REASON_DUPLICATE_LINE", counted("MILK", "W1", 2)),
        ("ERROR_REASON_UNIT_MISMATCH", counted("BREAD", "W1", 1, quantity=pieces(1, UNIT_KILOGRAM))),
        ("ERROR_REASON_INVALID_FIELD", counted("EGGS", "W1", 1, safety_stock=pieces(1, UNIT_KILOGRAM))),
        ("ERROR_REASON_INVALID_FIELD", counted("EGGS", "W1", 1, safety_stock=pieces(-1))),
        ("ERROR_REASON_INVALID_FIELD", counted("EGGS", "W1", -1)),
        ("ERROR_REASON_INVALID_FIELD", counted("EGGS", "W1", 1, quantity=Quantity(milli=1))),
    ],
)
async def test_one_wrong_count_refuses_the_whole_call(cli, reason, wrong):
    await opening_stock(cli, S1_BREAD=1)
    with refused(reason):
        await cli.CountStock(a_count(counted("MILK", "W1", 1), wrong))
    assert await levels(cli) in ({}, {"W1_MILK": (0, 0)})


async def test_the_order_service_does_not_count(grpc_stub):
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await grpc_stub.CountStock(a_count(counted("MILK", "W1", 1)))
