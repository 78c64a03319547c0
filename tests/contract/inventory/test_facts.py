import pytest

from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.type.v1.quantity_pb2 import UNIT_KILOGRAM
from tests.builders.inventory_requests import (
    a_line,
    a_receipt,
    a_reservation,
    a_shipment,
    adjust,
    an_adjustment,
    an_issue,
    issue,
    levels,
    opening_stock,
    order_id,
    pieces,
    receive,
    refusal_in,
    reservations,
    reserve,
    state,
)
from tests.builders.refused import refused
from tests.builders.stock import store


async def test_a_sale_takes_goods_out(cli, grpc_stub):
    await opening_stock(cli, S1_MILK=5)
    [result] = await issue(grpc_stub, an_issue(a_line("MILK", 2)))
    assert result.issued == pb.IssuedStock()
    assert await levels(cli) == {"S1_MILK": (3, 0)}


async def test_a_sale_of_an_unknown_product_is_a_discrepancy_and_no_refusal(cli, grpc_stub):
    [result] = await issue(grpc_stub, an_issue(a_line("NOVELTY", 2, unit=UNIT_KILOGRAM)))
    assert [(it.sku, it.quantity) for it in result.issued.discrepancies] == [
        ("NOVELTY", pieces(2, UNIT_KILOGRAM))
    ]
    assert await levels(cli, "NOVELTY") == {"S1_NOVELTY": (0, 0)}


async def test_a_sale_of_promised_goods_says_whose_they_were(cli, grpc_stub):
    await opening_stock(cli, S1_MILK=2)
    await reserve(grpc_stub, a_reservation(a_line("MILK", 2)))
    [result] = await issue(grpc_stub, an_issue(a_line("MILK", 1)))
    [lost] = result.issued.displaced
    assert (lost.order_id, lost.line_id, lost.quantity, state(lost)) == (
        order_id(),
        "1",
        pieces(2),
        "DISPLACED",
    )
    assert await levels(cli) == {"S1_MILK": (1, 0)}


async def test_a_shipment_fulfils_its_orders_reservation(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    await reserve(grpc_stub, a_reservation(a_line("MILK", 3)))
    await issue(grpc_stub, a_shipment(a_line("MILK", 1)))
    assert await reservations(grpc_stub) == [("1", "W1", 2, "TENTATIVE")]
    await issue(grpc_stub, a_shipment(a_line("MILK", 2)))
    assert await reservations(grpc_stub) == [("1", "W1", 2, "CONSUMED")]
    assert await levels(cli) == {"W1_MILK": (2, 0)}


async def test_a_shipment_from_elsewhere_is_taken_and_frees_the_reservation(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5, S1_MILK=5)
    await reserve(grpc_stub, a_reservation(a_line("MILK", 3)))
    await issue(grpc_stub, a_shipment(a_line("MILK", 3), location_id="S1"))
    assert await reservations(grpc_stub) == [("1", "W1", 3, "RELEASED")]
    assert await levels(cli) == {"W1_MILK": (5, 0), "S1_MILK": (2, 0)}


async def test_a_receipt_brings_goods_in_and_answers_the_levels(cli, grpc_stub):
    [result] = await receive(grpc_stub, a_receipt(a_line("MILK", 7)))
    [level] = result.received.levels
    assert (level.sku, level.location_id, level.on_hand, level.available) == (
        "MILK",
        "W1",
        pieces(7),
        pieces(7),
    )
    assert level.version == 1


async def test_a_correction_adds_or_takes_away(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5)
    up, down, too_much = await adjust(cli, an_adjustment(2), an_adjustment(-3), an_adjustment(-9))
    assert up.adjusted == down.adjusted == pb.IssuedStock()
    assert [it.quantity for it in too_much.adjusted.discrepancies] == [pieces(5)]
    assert await levels(cli) == {"W1_MILK": (0, 0)}


FACTS = [
    ("issued", issue, an_issue, "order"),
    ("received", receive, a_receipt, "order"),
    ("adjusted", adjust, an_adjustment, "cli"),
]


@pytest.fixture(params=FACTS, ids=lambda fact: fact[0])
def fact(request, grpc_create_channel, grpc_stub_cls):
    """The answer's field, a call of the RPC, and a maker of requests."""
    field, rpc, make, caller = request.param
    stub = grpc_stub_cls(grpc_create_channel(caller))
    return field, lambda *requests: rpc(stub, *requests), make


async def test_a_repeated_fact_happens_once(cli, fact):
    _, call, make = fact
    request = make(source_reference="once")
    [first] = await call(request)
    assert await call(request, request) == [first, first]
    movements = await cli.ListMovements(pb.ListMovementsRequest(source_reference="once"))
    unexplained = stock_pb2.MOVEMENT_CAUSE_UNEXPLAINED
    assert len([it for it in movements.movements if it.cause != unexplained]) == 1


async def test_a_request_id_with_another_body_is_refused_alone(fact):
    field, call, make = fact
    first, other, third = await call(
        make(request_id="r"), make(request_id="r", source_reference="other"), make(request_id="s")
    )
    assert first.HasField(field)
    assert refusal_in(other).reason == "ERROR_REASON_REQUEST_ID_REUSED"
    assert third.HasField(field)


async def test_a_fact_at_an_unknown_location_is_refused_alone(fact):
    field, call, make = fact
    good, wrong = await call(make(), make(location_id="MARS"))
    assert good.HasField(field)
    assert refusal_in(wrong).reason == "ERROR_REASON_LOCATION_UNKNOWN"
    assert refusal_in(wrong).metadata == {"location_id": "MARS"}


async def test_a_location_of_which_no_event_has_told_yet_is_asked_for(fact, master_data):
    field, call, make = fact
    master_data.locations = [store("NEW")]
    [result] = await call(make(location_id="NEW"))
    assert result.HasField(field)


async def test_master_data_is_not_asked_about_every_wrong_id(fact, master_data):
    _, call, make = fact
    for _ in range(3):
        await call(make(location_id="MARS"))
    assert master_data.asked == 1


async def test_while_master_data_is_away_only_facts_at_unknown_locations_wait(fact, master_data):
    field, call, make = fact
    master_data.away = True
    good, unknown = await call(make(), make(location_id="NEW"))
    assert good.HasField(field)
    assert refusal_in(unknown).reason == "ERROR_REASON_DEPENDENCY_UNAVAILABLE"
    assert refusal_in(unknown).retry_after_seconds


async def test_a_unit_is_fixed_by_the_first_fact_wherever_it_happens(fact, cli):
    field, call, make = fact
    await opening_stock(cli, S2_MILK=5)
    if field == "adjusted":
        wrong = make(difference=1)
        wrong.difference.unit = UNIT_KILOGRAM
    else:
        wrong = make(a_line(unit=UNIT_KILOGRAM))
    [result] = await call(wrong)
    assert refusal_in(result).reason == "ERROR_REASON_UNIT_MISMATCH"
    assert refusal_in(result).metadata == {"sku": "MILK", "unit": "PIECE"}


@pytest.mark.parametrize("make", [an_issue, a_receipt])
async def test_a_line_that_stands_twice_is_refused(grpc_stub, make):
    call = issue if make is an_issue else receive
    [result] = await call(grpc_stub, make(a_line("MILK"), a_line("BREAD")))
    assert refusal_in(result).reason == "ERROR_REASON_DUPLICATE_LINE"


@pytest.mark.parametrize(
    "wrong",
    [
        {"cause": stock_pb2.MOVEMENT_CAUSE_COUNT},
        {"source_reference": ""},
        {"location_id": ""},
        {"occurred_at": None},
    ],
)
@pytest.mark.parametrize("make", [an_issue, a_receipt])
async def test_a_fact_that_breaks_the_contract_is_refused(grpc_stub, make, wrong):
    call = issue if make is an_issue else receive
    with refused("ERROR_REASON_INVALID_FIELD"):
        await call(grpc_stub, make(**wrong))


async def test_an_issue_names_an_order_by_its_id_or_not_at_all(grpc_stub):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await issue(grpc_stub, an_issue(order_id="receipt-1"))


async def test_a_correction_by_nothing_is_refused(cli):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await adjust(cli, an_adjustment(0))
