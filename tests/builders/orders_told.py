"""An order and what the systems say of it, as their contracts have it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.type.money_pb2 import Money as ProtoMoney

from libs.money import Money
from libs.protos import money_to_proto, timestamp_to_proto
from retailmesh.erp.v1 import erp_service_pb2, posting_pb2
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.type.v1 import address_pb2, intake_pb2, quantity_pb2

ORDER_ID = "6f1c2f6e-0000-5000-8000-000000000001"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
BOUGHT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)


def after(milliseconds: int) -> datetime:
    """So long after the customer bought."""
    return BOUGHT + timedelta(milliseconds=milliseconds)


def dollars(text: str) -> ProtoMoney:
    return money_to_proto(Money.parse(text, "USD"))


def pieces(count: int) -> quantity_pb2.Quantity:
    return quantity_pb2.Quantity(milli=count * 1000, unit=quantity_pb2.UNIT_PIECE)


def a_line(number: int = 1, count: int = 2, **given: Any) -> order_pb2.OrderLine:
    usual = {
        "line_id": f"L{number}",
        "sku": f"SKU-{number}",
        "channel_product": f"article {number}",
        "title": f"Article {number}",
        "quantity": pieces(count),
        "unit_price": dollars("12.50"),
        "total": dollars("25.00"),
        "stocked": True,
    }
    return order_pb2.OrderLine(**usual | given)


def details(*lines: order_pb2.OrderLine, **given: Any) -> order_pb2.NewOrder:
    usual = {
        "channel": "shopify:main",
        "channel_order_id": "1001",
        "order_number": "#1001",
        "kind": order_pb2.ORDER_KIND_STOREFRONT,
        "placed_at": timestamp_to_proto(BOUGHT),
        "currency": "USD",
        "customer_id": "C-17",
        "billing": address_pb2.Contact(name="Ada Abbott", email="ada@example.com", phone="+15550001"),
        "lines": lines or (a_line(),),
        "tax": dollars("1.50"),
        "total": dollars("26.50"),
        "tenders": [
            order_pb2.Tender(tender_id="payment", kind=order_pb2.TENDER_KIND_ONLINE, amount=dollars("26.50"))
        ],
        "paid": True,
    }
    return order_pb2.NewOrder(**usual | given)


def an_order(*lines: order_pb2.OrderLine, **given: Any) -> order_pb2.Order:
    usual = {
        "order_id": ORDER_ID,
        "details": details(*lines),
        "state": order_pb2.ORDER_STATE_CONFIRMED,
        "version": 1,
        "trace_id": TRACE_ID,
        "recorded_at": timestamp_to_proto(after(80)),
    }
    return order_pb2.Order(**usual | given)


def allocated(count: int = 2, place: str = "W1", number: int = 1) -> stock_pb2.Allocation:
    return stock_pb2.Allocation(
        line_id=f"L{number}", sku=f"SKU-{number}", location_id=place, quantity=pieces(count)
    )


def reserved(
    count: int = 2, place: str = "W1", number: int = 1, state: str = "FIRM"
) -> stock_pb2.Reservation:
    return stock_pb2.Reservation(
        order_id=ORDER_ID,
        line_id=f"L{number}",
        sku=f"SKU-{number}",
        location_id=place,
        quantity=pieces(count),
        state=f"RESERVATION_STATE_{state}",
    )


def a_message(state: str = "APPLIED", **given: Any) -> intake_pb2.IntakeMessage:
    usual = {
        "message_id": "00000000-0000-4000-8000-000000000001",
        "sender": "demo.myshopify.com",
        "topic": "orders/create",
        "business_key": "shopify:main/1001",
        "received_at": timestamp_to_proto(after(20)),
        "state": f"INTAKE_STATE_{state}",
        "trace_id": TRACE_ID,
        "attempts": 1,
    }
    return intake_pb2.IntakeMessage(**usual | given)


def recorded(fact: str = "OrderPlaced", at: int = 80, **given: Any) -> order_service_pb2.OrderHistoryEntry:
    usual = {
        "event_id": f"event of {fact}",
        "type": f"retailmesh.order.v1.{fact}",
        "at": timestamp_to_proto(after(at)),
        "trace_id": TRACE_ID,
        "summary": "recorded as confirmed",
        "published_at": timestamp_to_proto(after(at + 5)),
    }
    return order_service_pb2.OrderHistoryEntry(**usual | given)


def a_posting(state: str = "POSTED", *steps: posting_pb2.PostingStep, **given: Any) -> posting_pb2.Posting:
    usual = {
        "posting_id": "00000000-0000-5000-8000-00000000000a",
        "kind": posting_pb2.POSTING_KIND_SALE,
        "order_id": ORDER_ID,
        "external_key": f"S-{ORDER_ID}",
        "state": f"POSTING_STATE_{state}",
        "amount": dollars("26.50"),
        "steps": steps,
        "created_at": timestamp_to_proto(after(100)),
        "trace_id": TRACE_ID,
    }
    return posting_pb2.Posting(**usual | given)


def a_step(
    kind: str = "HEADER", outcome: str = "DONE", at: int = 150, **given: Any
) -> posting_pb2.PostingStep:
    return posting_pb2.PostingStep(
        kind=f"POSTING_STEP_KIND_{kind}",
        outcome=f"STEP_OUTCOME_{outcome}",
        external_key=f"S-{ORDER_ID}",
        attempts=given.pop("attempts", 1),
        at=timestamp_to_proto(after(at)),
        **given,
    )


def a_call(status: int = 201, at: int = 110, took: int = 35, **given: Any) -> erp_service_pb2.ErpCall:
    duration = Duration()
    duration.FromMilliseconds(took)
    usual = {
        "step": posting_pb2.POSTING_STEP_KIND_HEADER,
        "operation": "POST /orders",
        "status": status,
        "outcome": posting_pb2.STEP_OUTCOME_DONE,
        "duration": duration,
        "at": timestamp_to_proto(after(at)),
        "trace_id": TRACE_ID,
    }
    return erp_service_pb2.ErpCall(**usual | given)
