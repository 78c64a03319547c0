from libs.protos import timestamp_from_proto
from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.type.v1.page_pb2 import PageRequest
from tests.builders.inventory_requests import (
    MONDAY,
    a_line,
    a_receipt,
    adjust,
    an_adjustment,
    an_issue,
    issue,
    opening_stock,
    order_id,
    pieces,
    receive,
)
from tests.builders.refused import refused


async def test_availability_is_answered_by_product_and_location(cli, grpc_stub):
    await opening_stock(cli, W1_MILK=1, S1_MILK=2, S2_BREAD=3, W1_EGGS=4)
    request = pb.BatchGetAvailabilityRequest(skus=["MILK", "BREAD", "NEVER-KEPT"])
    found = await grpc_stub.BatchGetAvailability(request)
    assert [(it.sku, it.location_id, it.on_hand) for it in found.levels] == [
        ("BREAD", "S2", pieces(3)),
        ("MILK", "S1", pieces(2)),
        ("MILK", "W1", pieces(1)),
    ]
    request.location_ids.append("W1")
    found = await grpc_stub.BatchGetAvailability(request)
    assert [(it.sku, it.location_id) for it in found.levels] == [("MILK", "W1")]


async def test_a_question_about_too_much_is_refused(cli, grpc_stub, grpc_servicer):
    grpc_servicer._most_levels = 2
    await opening_stock(cli, W1_MILK=1, S1_MILK=2, S2_MILK=3)
    with refused("ERROR_REASON_INVALID_FIELD"):
        await grpc_stub.BatchGetAvailability(pb.BatchGetAvailabilityRequest(skus=["MILK"]))


async def test_availability_needs_a_product(grpc_stub):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await grpc_stub.BatchGetAvailability(pb.BatchGetAvailabilityRequest())


async def test_an_order_without_reservations_has_an_empty_list(grpc_stub):
    found = await grpc_stub.ListReservations(pb.ListReservationsRequest(order_id=order_id()))
    assert list(found.reservations) == []


async def test_reservations_are_listed_by_order_id_only(grpc_stub):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await grpc_stub.ListReservations(pb.ListReservationsRequest(order_id="1001"))


async def test_a_movement_says_what_moved_where_when_and_why(cli):
    await adjust(cli, an_adjustment(2, reason="found behind the shelf"))
    [movement] = (await cli.ListMovements(pb.ListMovementsRequest())).movements
    assert (movement.sku, movement.location_id, movement.quantity) == ("MILK", "W1", pieces(2))
    assert movement.from_bucket == stock_pb2.STOCK_BUCKET_DISCREPANCY
    assert movement.to_bucket == stock_pb2.STOCK_BUCKET_ON_HAND
    assert movement.cause == stock_pb2.MOVEMENT_CAUSE_ADJUSTMENT
    assert (movement.source_reference, movement.reason) == ("audit-1", "found behind the shelf")
    assert timestamp_from_proto(movement.occurred_at) == MONDAY
    assert movement.HasField("recorded_at")


async def test_movements_are_listed_oldest_first_by_pages(cli, grpc_stub):
    for number in range(5):
        await receive(grpc_stub, a_receipt(a_line("MILK", number + 1)))
    request = pb.ListMovementsRequest(page=PageRequest(page_size=2))
    seen: list[int] = []
    while True:
        answer = await cli.ListMovements(request)
        seen += [movement.quantity.milli // 1000 for movement in answer.movements]
        request.page.page_token = answer.page.next_page_token
        if not request.page.page_token:
            break
    assert seen == [1, 2, 3, 4, 5]


async def test_movements_can_be_narrowed_by_document_product_and_location(cli, grpc_stub):
    await receive(grpc_stub, a_receipt(a_line("MILK"), a_line("BREAD", line_id="2"), source_reference="d1"))
    await receive(grpc_stub, a_receipt(a_line("MILK"), source_reference="d2", location_id="S1"))
    await issue(grpc_stub, an_issue(a_line("MILK"), source_reference="r1"))

    async def positions(**wanted: str) -> list[tuple[str, str]]:
        answer = await cli.ListMovements(pb.ListMovementsRequest(**wanted))
        return [(it.source_reference, it.sku) for it in answer.movements]

    assert await positions(source_reference="d1") == [("d1", "MILK"), ("d1", "BREAD")]
    assert await positions(sku="MILK", location_id="S1") == [("d2", "MILK"), ("r1", "MILK")]
    assert await positions(sku="BREAD") == [("d1", "BREAD")]


async def test_a_page_token_of_another_filter_is_refused(cli, grpc_stub):
    await receive(grpc_stub, a_receipt(a_line("MILK"), a_line("BREAD", line_id="2")))
    page = PageRequest(page_size=1)
    first = await cli.ListMovements(pb.ListMovementsRequest(page=page))
    page.page_token = first.page.next_page_token
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        await cli.ListMovements(pb.ListMovementsRequest(page=page, sku="MILK"))
