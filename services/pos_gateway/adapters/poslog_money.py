"""Totals, tenders and reductions of POSLog receipts."""

from collections.abc import Iterator

from libs.money import Money
from services.pos_gateway.adapters.poslog_values import money
from services.pos_gateway.adapters.poslog_xml import Element
from services.pos_gateway.domain.receipts import Discount, Tender, TenderKind

TENDERS = {
    "Cash": TenderKind.CASH,
    "Voucher": TenderKind.VOUCHER,
    "GiftCard": TenderKind.VOUCHER,
    "GiftCertificate": TenderKind.VOUCHER,
    "StoredValue": TenderKind.VOUCHER,
    "ManufacturerCoupon": TenderKind.VOUCHER,
}
"""Everything else is a card of some kind."""
PROMOTION_LIMIT = 64


def total_of(retail: Element, kind: str, currency: str) -> Money | None:
    for total in retail.children("Total"):
        if total.attribute("TotalType") == kind:
            return money(total, "", currency, f"Total[{kind}]")
    return None


def reductions_of(retail: Element, currency: str) -> Iterator[Discount]:
    """Coupons booked below the lines, and NCR's rewards.

    NCR lists a reward in detail and again in summary; only monetary ones in detail count, with a negative
    amount.
    """
    for place, line_item in enumerate(retail.children("LineItem"), start=1):
        where = f"{retail.name}/LineItem[{place}]"
        discount, reward = line_item.child("Discount"), line_item.child("LoyaltyReward")
        if discount is not None and (amount := money(discount, "Amount", currency, f"{where}/Discount")):
            yield Discount(discount.text("PromotionID")[:PROMOTION_LIMIT], abs(amount))
        if reward is not None and is_monetary(reward):
            amount = Money.parse(reward.vendor_text("ExtendedRewardAmount") or "0", currency)
            if amount:
                yield Discount(reward.text("PromotionID")[:PROMOTION_LIMIT], abs(amount))


def is_monetary(reward: Element) -> bool:
    in_detail = reward.vendor_attribute("detailedData") == "true"
    return in_detail and reward.vendor_text("RewardCategory") == "Monetary"


def tenders_of(retail: Element, currency: str, total: Money | None) -> tuple[Tender, ...]:
    """What the customer paid less what the till paid out.

    NCR writes change as a tender of a negative amount and again as a tender's own change; roqqio writes it as
    a line of its own. Where the tenders make the total without it, that line only repeats it.
    """
    tenders: list[Tender] = []
    change: list[Tender] = []
    for place, line_item in enumerate(retail.children("LineItem"), start=1):
        where = f"{retail.name}/LineItem[{place}]"
        number = line_item.text("SequenceNumber") or str(place)
        if line_item.attribute("VoidFlag") == "true":
            continue
        for tender in line_item.children("Tender"):
            amount = money(tender, "Amount", currency, f"{where}/Tender") or Money.zero(currency)
            paid_out = tender.attribute("TypeCode") == "Refund" and amount.micros > 0
            tenders.append(Tender(number, kind_of(tender), -amount if paid_out else amount))
        for inner in (given.child("TenderChange") or given for given in line_item.children("TenderChange")):
            amount = money(inner, "Amount", currency, f"{where}/TenderChange") or Money.zero(currency)
            change.append(Tender(f"{number}-change", kind_of(inner), -abs(amount)))
    if total is None or distance([*tenders, *change], total) < distance(tenders, total):
        tenders += change
    return tuple(tender for tender in tenders if tender.amount)


def distance(tenders: list[Tender], total: Money) -> int:
    return abs(Money.total((tender.amount for tender in tenders), total.currency) - total).micros


def kind_of(tender: Element) -> TenderKind:
    return TENDERS.get(tender.attribute("TenderType"), TenderKind.CARD)
