from uuid import UUID

import protovalidate
import pytest

from libs.protos import timestamp_to_proto
from retailmesh.inventory.v1.stock_pb2 import Allocation as AllocationMessage
from retailmesh.inventory.v1.stock_pb2 import RejectedLocation, Shortage, SourcingExplanation
from retailmesh.order.v1 import order_events_pb2, order_pb2
from services.order.adapters.event_messages import embedded, placed_event, placement_of_event
from services.order.convert import place_order_of
from services.order.domain.kinds import OrderState
from services.order.domain.placing import Placed, placement_of
from services.order.domain.stock import Allocation, Goods, Promise
from tests.builders.order_requests import a_line, an_order, pieces, placing
from tests.builders.recorded_orders import NOON, PIECE

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
EXPLANATION = SourcingExplanation(rule="default@1", rejected=[RejectedLocation(location_id="S001", cause=4)])


def a_placed_order(order):
    command = place_order_of(placing(order, "r1"), TRACE)
    promise = Promise(
        (Allocation("1", "MILK", "W001", 2000, PIECE),),
        (Goods("1", "MILK", 1000, PIECE),),
        EXPLANATION.SerializeToString(),
    )
    return Placed(command, OrderState.BACKORDERED, (), None, (True,), promise, (), NOON)


@pytest.mark.parametrize("lines", [1, 2, 300])
def test_a_spliced_event_is_the_message_it_stands_for(lines):
    order = an_order(*[a_line(str(number), count=3) for number in range(1, lines + 1)])
    placed = a_placed_order(order)
    event = placed_event(placed, UUID(int=7))
    message = order_events_pb2.OrderPlaced.FromString(event.payload)
    assert message.order == order_pb2.Order(
        order_id=placed.command.order.order_id,
        details=order,
        state=order_pb2.ORDER_STATE_BACKORDERED,
        allocations=[AllocationMessage(line_id="1", sku="MILK", location_id="W001", quantity=pieces(2))],
        shortages=[Shortage(line_id="1", sku="MILK", quantity=pieces(1))],
        sourcing=EXPLANATION,
        version=1,
        trace_id=TRACE[3:35],
        recorded_at=timestamp_to_proto(NOON),
    )
    assert protovalidate.Validator().collect_violations(message) == []
    assert (event.key, event.type) == (placed.command.order.order_id, "retailmesh.order.v1.OrderPlaced")


def test_the_first_answer_can_be_read_from_the_event():
    placed = a_placed_order(an_order(a_line(count=3)))
    assert placement_of_event(placed_event(placed, UUID(int=7)).payload) == placement_of(placed)


@pytest.mark.parametrize("length", [0, 1, 127, 128, 16_383, 16_384, 100_000])
def test_a_message_of_any_length_can_be_embedded(length):
    details = order_pb2.NewOrder(order_number="x" * length).SerializeToString()
    number = order_pb2.Order.DETAILS_FIELD_NUMBER
    order = order_pb2.Order.FromString(embedded(number, details))
    assert len(order.details.order_number) == length
