"""The order as it is now: its state, its amounts, its lines and where they come from."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from google.type import money_pb2

from libs.money import Money
from libs.protos import money_from_proto
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2
from retailmesh.type.v1 import quantity_pb2
from services.cli.story.story import Header, LineStory, Promise, Rejection, Sourcing
from services.cli.words import milli_text, moment, money, quantity, word


def header_of(order: order_pb2.Order) -> Header:
    details = order.details
    currency = details.total.currency_code
    return Header(
        order_id=order.order_id,
        channel=details.channel,
        channel_order_id=details.channel_order_id,
        number=details.order_number,
        kind=word(order_pb2.OrderKind, details.kind),
        state=word(order_pb2.OrderState, order.state),
        hold_reasons=[word(order_pb2.HoldReason, reason) for reason in order.hold_reasons],
        refusal_reason=word(order_pb2.RefusalReason, order.refusal_reason),
        customer_id=details.customer_id,
        location_id=details.location_id,
        region=details.region,
        total=money(details.total),
        tax=money(details.tax),
        shipping=money(details.shipping_charge),
        paid=summed((tender.amount for tender in details.tenders), currency),
        refunded=summed((given.amount for given in order.returns), currency),
        placed_at=moment(details.placed_at),
        recorded_at=moment(order.recorded_at),
        version=order.version,
        trace_id=order.trace_id,
    )


def summed(amounts: Iterable[money_pb2.Money], currency: str) -> str:
    return str(Money.total(map(money_from_proto, amounts), currency))


def lines_of(order: order_pb2.Order, reservations: Sequence[stock_pb2.Reservation]) -> list[LineStory]:
    sent = added(line for shipment in order.shipments for line in shipment.lines)
    taken_back = added(line for given in order.returns for line in given.lines)
    waiting = added(order.shortages)
    return [
        LineStory(
            line_id=line.line_id,
            sku=line.sku,
            channel_product=line.channel_product,
            title=line.title,
            quantity=quantity(line.quantity),
            unit_price=money(line.unit_price),
            total=money(line.total),
            promises=promises_of(line.line_id, order.allocations, reservations),
            waiting=waiting.get(line.line_id, ""),
            sent=sent.get(line.line_id, ""),
            taken_back=taken_back.get(line.line_id, ""),
        )
        for line in order.details.lines
    ]


def added(
    rows: Iterable[order_pb2.LineQuantity | order_pb2.ReturnedLine | stock_pb2.Shortage],
) -> dict[str, str]:
    """Quantities by line. Each line has one unit."""
    millis: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        millis[row.line_id] += row.quantity.milli
    return {line_id: milli_text(milli) for line_id, milli in millis.items()}


def promises_of(
    line_id: str,
    allocations: Sequence[stock_pb2.Allocation],
    reservations: Sequence[stock_pb2.Reservation],
) -> list[Promise]:
    """Both sides of each promise, so that it shows where they disagree."""
    of_order = {it.location_id: it.quantity for it in allocations if it.line_id == line_id}
    of_stock = {it.location_id: it for it in reservations if it.line_id == line_id}
    nothing = quantity_pb2.Quantity()
    return [
        Promise(
            location_id=place,
            allocated=text_of(of_order.get(place, nothing)),
            reserved=text_of(of_stock[place].quantity) if place in of_stock else "",
            state=word(stock_pb2.ReservationState, of_stock[place].state) if place in of_stock else "",
        )
        for place in dict.fromkeys([*of_order, *of_stock])
    ]


def places_of(order: order_pb2.Order) -> list[str]:
    """Who promises now, and who has sent: a promise that was kept is none any more."""
    named = [it.location_id for it in (*order.allocations, *order.shipments) if it.location_id]
    return list(dict.fromkeys(named))


def text_of(amount: quantity_pb2.Quantity) -> str:
    return quantity(amount) if amount.milli else ""


def sourcing_of(order: order_pb2.Order) -> Sourcing | None:
    if not order.HasField("sourcing"):
        return None
    by_cause: defaultdict[str, list[stock_pb2.RejectedLocation]] = defaultdict(list)
    for rejected in order.sourcing.rejected:
        by_cause[word(stock_pb2.RejectionCause, rejected.cause)].append(rejected)
    return Sourcing(
        rule=order.sourcing.rule,
        chosen=places_of(order),
        rejected=[
            Rejection(
                cause,
                [it.location_id for it in losers],
                list(dict.fromkeys(it.line_id for it in losers if it.line_id)),
            )
            for cause, losers in by_cause.items()
        ],
    )
