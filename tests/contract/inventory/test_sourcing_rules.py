import pytest

from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.type.v1.quantity_pb2 import UNIT_LITRE
from tests.builders.inventory_requests import a_line, a_reservation, a_rule, levels, opening_stock, reserve
from tests.builders.polling import poll_until
from tests.builders.refused import refused


def put(request_id: str = "p", **rule) -> pb.PutSourcingRuleRequest:
    return pb.PutSourcingRuleRequest(request_id=request_id, rule=a_rule(**rule))


def preview(*lines: pb.StockLine, **given) -> pb.PreviewSourcingRequest:
    usual = {"channel": "web", "region": "EAST", "lines": lines or [a_line()]}
    return pb.PreviewSourcingRequest(**usual | given)


async def test_a_channels_own_rule_holds_from_the_next_order_on(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=5, S1_MILK=5)
    response = await cli.PutSourcingRule(put(use_warehouses=False))
    assert response.rule == a_rule(use_warehouses=False, version=1)
    [result] = await reserve(grpc_stub, a_reservation())
    assert [it.location_id for it in result.reserved.allocations] == ["S1"]
    assert result.reserved.explanation.rule == "web-rule@1"


async def test_a_replaced_rule_has_the_next_version(cli):
    await cli.PutSourcingRule(put("1"))
    response = await cli.PutSourcingRule(put("2", max_split=3))
    assert (response.rule.version, response.rule.max_split) == (2, 3)


async def test_a_repeated_put_answers_the_same_and_another_body_is_refused(cli):
    first = await cli.PutSourcingRule(put())
    assert await cli.PutSourcingRule(put()) == first
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await cli.PutSourcingRule(put(max_split=1))


@pytest.mark.parametrize("wrong", [{"channel": ""}, {"name": ""}, {"max_split": -1}])
async def test_a_rule_that_breaks_the_contract_is_refused(cli, wrong):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await cli.PutSourcingRule(put(**wrong))


async def test_only_operators_put_rules(grpc_stub):
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await grpc_stub.PutSourcingRule(put())


async def test_another_process_follows_a_rule_soon(cli, grpc_stub, engine):
    await opening_stock(cli, W1_MILK=50, S1_MILK=50)
    async with engine.begin() as connection:
        await connection.exec_driver_sql("update sourcing_rules set use_warehouses = false, version = 2")

    async def location() -> bool:
        found = await grpc_stub.PreviewSourcing(preview())
        return found.allocations[0].location_id == "S1"

    await poll_until(location)


async def test_a_preview_says_what_would_be_reserved_and_reserves_nothing(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1, S1_MILK=5)
    found = await grpc_stub.PreviewSourcing(preview(a_line("MILK", 7)))
    assert [(it.location_id, it.quantity.milli) for it in found.allocations] == [("S1", 5000), ("W1", 1000)]
    assert [it.quantity.milli for it in found.shortages] == [1000]
    assert found.explanation.rule == "default@1"
    assert await levels(cli) == {"W1_MILK": (1, 0), "S1_MILK": (5, 0)}


async def test_a_preview_respects_exclusions(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1, S1_MILK=5)
    found = await grpc_stub.PreviewSourcing(preview(excluded_location_ids=["W1"]))
    assert [it.location_id for it in found.allocations] == ["S1"]
    lost = {it.location_id: it.cause for it in found.explanation.rejected}
    assert lost["W1"] == stock_pb2.REJECTION_CAUSE_EXCLUDED


@pytest.mark.parametrize(
    ("reason", "lines"),
    [
        ("ERROR_REASON_UNIT_MISMATCH", [a_line(unit=UNIT_LITRE)]),
        ("ERROR_REASON_DUPLICATE_LINE", [a_line(), a_line("BREAD")]),
        ("ERROR_REASON_INVALID_FIELD", [a_line(count=0)]),
    ],
)
async def test_a_preview_is_refused_for_what_a_reservation_is(cli, grpc_stub, reason, lines):
    await opening_stock(cli, W1_MILK=1)
    with refused(reason):
        await grpc_stub.PreviewSourcing(preview(*lines))
