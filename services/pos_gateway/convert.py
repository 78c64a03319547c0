"""Between till transactions and the contracts of order, inventory, master data and this gateway."""

from google.type import date_pb2

from libs.protos import money_to_proto, timestamp_to_proto
from retailmesh.inventory.v1 import inventory_service_pb2
from retailmesh.masterdata.v1 import product_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.pos.v1 import pos_service_pb2
from retailmesh.type.v1 import quantity_pb2
from services.pos_gateway.application._task import sku_of
from services.pos_gateway.application.ports import (
    ChangeStock,
    RecordReturn,
    RecordSale,
    Skus,
    TakenOver,
)
from services.pos_gateway.domain.receipts import (
    Identifier,
    Kind,
    ReceiptKey,
    Returned,
    Scheme,
    StockChange,
    Tender,
    TenderKind,
    Unit,
)
from services.pos_gateway.domain.settle_receipt import SoldLine

SCHEMES = {
    Scheme.GTIN: product_pb2.IDENTIFIER_SCHEME_GTIN,
    Scheme.TILL_PLU: product_pb2.IDENTIFIER_SCHEME_TILL_PLU,
    Scheme.SKU: product_pb2.IDENTIFIER_SCHEME_SKU,
}
UNITS = {
    Unit.PIECE: quantity_pb2.UNIT_PIECE,
    Unit.KILOGRAM: quantity_pb2.UNIT_KILOGRAM,
    Unit.LITRE: quantity_pb2.UNIT_LITRE,
    Unit.METRE: quantity_pb2.UNIT_METRE,
}
TENDERS = {
    TenderKind.CASH: order_pb2.TENDER_KIND_CASH,
    TenderKind.CARD: order_pb2.TENDER_KIND_CARD,
    TenderKind.VOUCHER: order_pb2.TENDER_KIND_VOUCHER,
}
KINDS = {
    Kind.SALE: pos_service_pb2.TILL_TRANSACTION_KIND_SALE,
    Kind.RETURN: pos_service_pb2.TILL_TRANSACTION_KIND_RETURN,
    Kind.CONTROL: pos_service_pb2.TILL_TRANSACTION_KIND_CONTROL,
    Kind.STOCK: pos_service_pb2.TILL_TRANSACTION_KIND_STOCK,
}
REASON_LIMIT, REFERENCE_LIMIT = 255, 128


def identifier_to_proto(name: Identifier) -> product_pb2.ProductIdentifier:
    return product_pb2.ProductIdentifier(scheme=SCHEMES[name.scheme], value=name.value)


def quantity(milli: int, unit: Unit) -> quantity_pb2.Quantity:
    return quantity_pb2.Quantity(milli=milli, unit=UNITS[unit])


def sale_to_proto(command: RecordSale, skus: Skus) -> order_pb2.NewOrder:
    receipt, sale = command.receipt, command.sale
    at = timestamp_to_proto(command.at)
    return order_pb2.NewOrder(
        channel=receipt.key.channel,
        channel_order_id=receipt.key.channel_order_id,
        order_number=receipt.number,
        kind=order_pb2.ORDER_KIND_TILL_SALE,
        placed_at=at,
        channel_version=at,
        currency=receipt.currency,
        customer_id=receipt.customer_id,
        lines=[line_to_proto(line, skus) for line in sale.lines],
        tax=money_to_proto(sale.tax),
        tax_included=sale.tax_included,
        total=money_to_proto(sale.total),
        tenders=list(map(tender_to_proto, sale.tenders)),
        paid=True,
        location_id=receipt.key.store,
    )


def line_to_proto(sold: SoldLine, skus: Skus) -> order_pb2.OrderLine:
    line = sold.line
    discounts = [("", sold.within)] if sold.within else []
    discounts += [(one.promotion_id, one.amount) for one in sold.reductions]
    return order_pb2.OrderLine(
        line_id=line.line_id,
        sku=sku_of(line.names, skus),
        channel_product=line.product,
        title=line.title,
        quantity=quantity(line.milli, line.unit),
        unit_price=money_to_proto(line.unit_price),
        discounts=[
            order_pb2.Discount(promotion_id=promotion, amount=money_to_proto(amount))
            for promotion, amount in discounts
        ],
        tax=money_to_proto(line.tax),
        total=money_to_proto(sold.total),
        stocked=True,
    )


def tender_to_proto(tender: Tender) -> order_pb2.Tender:
    return order_pb2.Tender(
        tender_id=tender.tender_id, kind=TENDERS[tender.kind], amount=money_to_proto(tender.amount)
    )


def return_to_proto(command: RecordReturn, skus: Skus) -> order_service_pb2.RecordReturnRequest:
    key, back = command.receipt.key, command.back
    request = order_service_pb2.RecordReturnRequest(channel=key.channel)
    if command.linked and back.original is not None:
        request.order.CopyFrom(order_reference(back.original))
    getattr(request, "return").CopyFrom(
        order_pb2.Return(
            return_id=back.return_id,
            location_id=key.store,
            lines=[returned_to_proto(line, skus, command.linked) for line in back.lines],
            amount=money_to_proto(back.amount),
            tax=money_to_proto(back.tax),
            tenders=list(map(tender_to_proto, back.tenders)),
            returned_at=timestamp_to_proto(command.at),
        )
    )
    return request


def returned_to_proto(returned: Returned, skus: Skus, linked: bool) -> order_pb2.ReturnedLine:
    line = returned.line
    return order_pb2.ReturnedLine(
        line_id=(returned.original_line or line.line_id) if linked else "",
        sku=sku_of(line.names, skus),
        quantity=quantity(line.milli, line.unit),
        amount=money_to_proto(line.amount),
        restock=returned.restock,
    )


def order_reference(key: ReceiptKey) -> order_pb2.OrderReference:
    return order_pb2.OrderReference(
        channel_order=order_pb2.ChannelOrder(channel=key.channel, channel_order_id=key.channel_order_id)
    )


def adjustments_to_proto(command: ChangeStock, skus: Skus) -> list[inventory_service_pb2.StockAdjustment]:
    key = command.document.key
    return [
        inventory_service_pb2.StockAdjustment(
            request_id=f"{command.origin.message_id}:{change.line_id}",
            source_reference=reference_of(command),
            sku=sku_of(change.names, skus),
            location_id=key.store,
            difference=quantity(change.milli, change.unit),
            reason=change.reason[:REASON_LIMIT],
            occurred_at=timestamp_to_proto(command.at),
        )
        for change in command.document.changes
    ]


def counts_to_proto(command: ChangeStock, skus: Skus) -> inventory_service_pb2.CountStockRequest:
    return inventory_service_pb2.CountStockRequest(
        request_id=command.origin.message_id,
        source_reference=reference_of(command),
        counted_at=timestamp_to_proto(command.at),
        counts=[count_to_proto(command.document.key, change, skus) for change in command.document.changes],
    )


def count_to_proto(key: ReceiptKey, change: StockChange, skus: Skus) -> inventory_service_pb2.CountedStock:
    return inventory_service_pb2.CountedStock(
        sku=sku_of(change.names, skus),
        location_id=key.store,
        quantity=quantity(change.milli, change.unit),
    )


def reference_of(command: ChangeStock) -> str:
    """The paper that the correction stands on, else the till transaction."""
    return (command.document.document_id or command.document.key.text)[:REFERENCE_LIMIT]


def transaction_to_proto(taken: TakenOver) -> pos_service_pb2.TillTransaction:
    day = taken.key.business_date
    return pos_service_pb2.TillTransaction(
        location_id=taken.key.store,
        till=taken.key.till,
        sequence_number=taken.key.sequence,
        business_date=date_pb2.Date(year=day.year, month=day.month, day=day.day),
        kind=KINDS[taken.kind],
        total=money_to_proto(taken.total) if taken.total is not None else None,
        order_id=taken.order_id,
        occurred_at=timestamp_to_proto(taken.at),
    )
