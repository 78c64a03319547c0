"""Refunds as Shopify tells them, alone or within their order."""

from libs.intake import Problem, Unreadable
from libs.money import Money
from services.channel_gateway.adapters import shopify_models as shopify
from services.channel_gateway.domain.storefront import (
    Identifier,
    Refund,
    RefundedLine,
    Restock,
    Scheme,
    Tender,
    TenderKind,
)

RESTOCKS = {
    "return": Restock.RETURNED,
    "legacy_restock": Restock.RETURNED,
    "cancel": Restock.NEVER_SENT,
    "no_restock": Restock.NOT_RESTOCKED,
}
FAILED = {"failure", "error"}
"""States of a transaction that paid nothing; a pending one is on its way."""
TENDERS = {"gift_card": TenderKind.VOUCHER, "cash": TenderKind.CASH}
NOTE_LIMIT, NAME_LIMIT = 255, 64


def refund_of(refund: shopify.Refund, currency: str = "") -> Refund:
    """The amount is what the transactions paid back: lines alone say nothing of delivery charges and duties.

    ``currency`` is the order's, where it is known. Raises `Unreadable` for amounts in the buyer's currency.
    """
    paid = [one for one in refund.transactions if one.kind in ("refund", "") and one.status not in FAILED]
    currency = booked_currency(refund, paid, currency)
    return Refund(
        refund_id=refund.number,
        lines=tuple(line_of(refund, line, currency) for line in refund.refund_line_items if line.quantity),
        amount=Money(currency, sum(one.amount for one in paid)),
        tax=Money(currency, tax_of(refund)),
        tenders=tuple(
            Tender(one.id, TENDERS.get(one.gateway, TenderKind.ONLINE), Money(currency, one.amount))
            for one in paid
            if one.amount
        ),
        reason=refund.note[:NOTE_LIMIT],
        at=refund.processed_at or refund.created_at,
    )


def booked_currency(refund: shopify.Refund, paid: list[shopify.Transaction], currency: str) -> str:
    """The shop's currency. A transaction in another one cannot be booked without guessing a rate."""
    shop = ({currency} if currency else refund.shop_currencies()) or {one.currency for one in paid}
    if len(shop) != 1 or not (booked := next(iter(shop))):
        raise Unreadable([Problem("transactions", "must be in one currency, that of the shop")])
    for place, one in enumerate(refund.transactions):
        if one in paid and one.currency not in ("", booked):
            field = f"transactions[{place}].currency"
            raise Unreadable([Problem(field, f"must be the currency of the shop, {booked}")])
    return booked


def line_of(refund: shopify.Refund, line: shopify.RefundLineItem, currency: str) -> RefundedLine:
    exact = line.line_item.number if line.line_item else line.line_item_id
    return RefundedLine(
        line_id=exact,
        names=names_of(line.line_item),
        pieces=line.quantity,
        amount=Money(currency, line.subtotal),
        restock=RESTOCKS.get(line.restock_type, restock_of_old(refund)),
    )


def restock_of_old(refund: shopify.Refund) -> Restock:
    return Restock.RETURNED if refund.restock else Restock.NOT_RESTOCKED


def tax_of(refund: shopify.Refund) -> int:
    lines = sum(line.total_tax or 0 for line in refund.refund_line_items)
    # Adjustments are written as negative amounts.
    return lines - sum(adjustment.tax_amount or 0 for adjustment in refund.order_adjustments)


def names_of(item: shopify.RefundedItem | shopify.LineItem | None) -> tuple[Identifier, ...]:
    """The variant first: a merchant may leave the SKU empty or type it anew."""
    names = []
    if item and item.variant_id:
        names.append(Identifier(Scheme.SHOPIFY_VARIANT, item.variant_id))
    if item and (sku := item.sku.strip()[:NAME_LIMIT]):
        names.append(Identifier(Scheme.SKU, sku))
    return tuple(names)
