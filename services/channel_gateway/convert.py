"""Between the storefront's story and the contracts of the order service and of this gateway."""

from collections.abc import Mapping

from google.type import postal_address_pb2

from libs.money import Money
from libs.protos import money_to_proto, timestamp_to_proto
from retailmesh.channel.v1 import channel_service_pb2
from retailmesh.masterdata.v1 import product_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.type.v1 import address_pb2, quantity_pb2
from services.channel_gateway.domain.give_back import ReturnPart
from services.channel_gateway.domain.storefront import (
    Address,
    Contact,
    Identifier,
    Line,
    Order,
    OrderFigures,
    Parcel,
    Refund,
    RefundedLine,
    Restock,
    Scheme,
    Tender,
    TenderKind,
)

Skus = Mapping[Identifier, str]

SCHEMES = {
    Scheme.SHOPIFY_VARIANT: product_pb2.IDENTIFIER_SCHEME_SHOPIFY_VARIANT,
    Scheme.SKU: product_pb2.IDENTIFIER_SCHEME_SKU,
}
TENDERS = {
    TenderKind.CASH: order_pb2.TENDER_KIND_CASH,
    TenderKind.VOUCHER: order_pb2.TENDER_KIND_VOUCHER,
    TenderKind.ONLINE: order_pb2.TENDER_KIND_ONLINE,
}
REASON_LIMIT = 255


def identifier_to_proto(name: Identifier) -> product_pb2.ProductIdentifier:
    return product_pb2.ProductIdentifier(scheme=SCHEMES[name.scheme], value=name.value)


def sku_of(names: tuple[Identifier, ...], skus: Skus) -> str:
    """The product of the first name that anybody knows, empty when there is none."""
    return next((skus[name] for name in names if name in skus), "")


def pieces(count: int) -> quantity_pb2.Quantity:
    return quantity_pb2.Quantity(milli=count * 1000, unit=quantity_pb2.UNIT_PIECE)


def order_to_proto(order: Order, skus: Skus) -> order_pb2.NewOrder:
    return order_pb2.NewOrder(
        channel=order.channel,
        channel_order_id=order.channel_order_id,
        order_number=order.number,
        kind=order_pb2.ORDER_KIND_STOREFRONT,
        placed_at=timestamp_to_proto(order.placed_at),
        channel_version=timestamp_to_proto(order.version),
        currency=order.currency,
        customer_id=order.customer_id,
        billing=contact_to_proto(order.billing),
        shipping=contact_to_proto(order.shipping),
        region=order.region,
        lines=[line_to_proto(line, skus) for line in order.lines],
        shipping_charge=money_to_proto(order.shipping_charge),
        tax=money_to_proto(order.tax),
        tax_included=order.tax_included,
        total=money_to_proto(order.total),
        tenders=list(map(tender_to_proto, order.tenders)),
        paid=order.paid,
        test=order.test,
        cancelled=order.cancelled_at is not None,
    )


def line_to_proto(line: Line, skus: Skus) -> order_pb2.OrderLine:
    return order_pb2.OrderLine(
        line_id=line.line_id,
        sku=sku_of(line.names, skus),
        channel_product=line.product,
        title=line.title,
        quantity=pieces(line.pieces),
        unit_price=money_to_proto(line.unit_price),
        discounts=[
            order_pb2.Discount(promotion_id=one.promotion_id, amount=money_to_proto(one.amount))
            for one in line.discounts
        ],
        tax=money_to_proto(line.tax),
        total=money_to_proto(line.total),
        stocked=line.stocked,
    )


def tender_to_proto(tender: Tender) -> order_pb2.Tender:
    return order_pb2.Tender(
        tender_id=tender.tender_id, kind=TENDERS[tender.kind], amount=money_to_proto(tender.amount)
    )


def contact_to_proto(contact: Contact) -> address_pb2.Contact:
    return address_pb2.Contact(
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        address=address_to_proto(contact.address) if contact.address else None,
    )


def address_to_proto(address: Address) -> postal_address_pb2.PostalAddress:
    return postal_address_pb2.PostalAddress(
        region_code=address.country,
        postal_code=address.postal_code,
        administrative_area=address.province,
        locality=address.city,
        address_lines=address.lines,
        recipients=[address.recipient] if address.recipient else [],
        organization=address.organization,
    )


def parcel_to_proto(parcel: Parcel, location_id: str) -> order_pb2.Shipment:
    """One entry for each line: a storefront may list a line twice in one parcel."""
    sent: dict[str, int] = {}
    for line_id, count in parcel.lines:
        sent[line_id] = sent.get(line_id, 0) + count
    return order_pb2.Shipment(
        shipment_id=parcel.parcel_id,
        location_id=location_id,
        lines=[
            order_pb2.LineQuantity(line_id=line_id, quantity=pieces(count)) for line_id, count in sent.items()
        ],
        tracking_number=parcel.tracking_number,
        shipped_at=timestamp_to_proto(parcel.at),
    )


def return_to_proto(refund: Refund, part: ReturnPart, skus: Skus, *, linked: bool) -> order_pb2.Return:
    money = refund.amount.currency
    return order_pb2.Return(
        return_id=part.return_id,
        location_id=part.location_id,
        lines=[returned_line_to_proto(line, part.location_id, skus, linked) for line in part.lines],
        amount=money_to_proto(part.amount),
        tax=money_to_proto(refund.tax if part.carries_money else Money.zero(money)),
        tenders=[tender_to_proto(one) for one in refund.tenders] if part.carries_money else [],
        reason=refund.reason,
        returned_at=timestamp_to_proto(refund.at),
    )


def returned_line_to_proto(
    line: RefundedLine, location_id: str, skus: Skus, linked: bool
) -> order_pb2.ReturnedLine:
    return order_pb2.ReturnedLine(
        line_id=line.line_id if linked else "",
        sku=sku_of(line.names, skus),
        quantity=pieces(line.pieces),
        amount=money_to_proto(line.amount),
        restock=line.restock is Restock.RETURNED and location_id != "",
    )


def order_reference(channel: str, channel_order_id: str) -> order_pb2.OrderReference:
    return order_pb2.OrderReference(
        channel_order=order_pb2.ChannelOrder(channel=channel, channel_order_id=channel_order_id)
    )


def is_refused(placement: order_service_pb2.Placement) -> bool:
    return placement.state == order_pb2.ORDER_STATE_REFUSED


def figures_to_proto(figures: OrderFigures) -> channel_service_pb2.StorefrontOrder:
    return channel_service_pb2.StorefrontOrder(
        channel=figures.channel,
        channel_order_id=figures.channel_order_id,
        total=money_to_proto(figures.total),
        refunded=money_to_proto(figures.refunded),
        cancelled=figures.cancelled,
        created_at=timestamp_to_proto(figures.created_at),
    )
