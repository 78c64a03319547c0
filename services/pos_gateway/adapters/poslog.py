"""POSLog transactions as what tills did. The dialects of roqqio 6.0, NCR ACS 2.1 and plain 6.0 end here."""

import re
from collections.abc import Iterator
from datetime import datetime

from libs.intake import Problem, Unreadable
from libs.money import Money
from services.pos_gateway.adapters.poslog_lines import (
    NAME_LIMIT,
    Item,
    item_of,
    names_of,
    plain,
    returned_of,
    without_voided,
)
from services.pos_gateway.adapters.poslog_money import reductions_of, tenders_of, total_of
from services.pos_gateway.adapters.poslog_values import UNITS, day, instant, quantity
from services.pos_gateway.adapters.poslog_xml import Element, transactions_of
from services.pos_gateway.domain.receipts import (
    Control,
    Receipt,
    ReceiptKey,
    StockChange,
    StockDocument,
    Transaction,
    Unit,
)

NOT_DONE = {"Cancelled", "Canceled", "PostVoided", "Suspended", "Totaled", "Voided"}
"""Values of TransactionStatus of receipts that came to nothing, or to nothing yet."""
NO_CURRENCY = "XXX"
TIMES = (
    "EndDateTime",
    "RetailTransaction/ReceiptDateTime",
    "ReceiptDateTime",
    "POSLogDateTime",
    "BeginDateTime",
)
"""The end first: that is when the goods changed hands. Some makes write only one of these."""
COUNTS = ("Count", "StockTake", "Inventory")
NUMBER_LIMIT = 64
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def read_one(body: bytes) -> Transaction:
    """A document that holds one transaction. Raises `Unreadable`."""
    found = transactions_of(body)
    if len(found) != 1:
        raise Unreadable([Problem("POSLog", "must have exactly one Transaction")])
    return transaction_of(found[0])


def transaction_of(top: Element) -> Transaction:
    key = key_of(top)
    stock = top.child("InventoryControlTransaction")
    retail = top.child("RetailTransaction")
    if stock is not None:
        return stock_of(top, key, stock)
    if retail is None and not is_stock_view(top):
        return Control(key=key, at=at_of(top), reason=reason_of(top))
    # The standard's stock view has the lines on the transaction itself.
    retail = top if retail is None else retail
    if undone := undone_of(top, retail):
        return Control(key=key, at=at_of(top), reason=undone)
    return receipt_of(top, key, retail)


def is_stock_view(top: Element) -> bool:
    return top.child("LineItem") is not None


def key_of(top: Element) -> ReceiptKey:
    """Store, till, business day and number; the store stands in one of two places."""
    store = top.text("BusinessUnit/UnitID") or top.text("RetailStoreID")
    parts = {
        "BusinessUnit/UnitID": store,
        "WorkstationID": top.text("WorkstationID"),
        "SequenceNumber": top.text("SequenceNumber"),
        "BusinessDayDate": top.text("BusinessDayDate"),
    }
    if missing := [Problem(name, "is required") for name, value in parts.items() if not value]:
        raise Unreadable(missing)
    if too_long := [Problem(name, "is too long") for name, value in parts.items() if len(value) > 32]:
        raise Unreadable(too_long)
    return ReceiptKey(
        store=store,
        till=parts["WorkstationID"],
        business_date=day(parts["BusinessDayDate"], "BusinessDayDate"),
        sequence=plain(parts["SequenceNumber"]),
    )


def at_of(top: Element) -> datetime:
    for name in TIMES:
        if text := top.text(name):
            return instant(text, name)
    raise Unreadable([Problem("EndDateTime", "is required")])


def reason_of(top: Element) -> str:
    control = top.child("ControlTransaction")
    return ((control.text("ReasonCode") if control else "") or "control")[:NUMBER_LIMIT]


def undone_of(top: Element, retail: Element) -> str:
    """Why a receipt has no effect, empty when it has."""
    if top.attribute("TrainingModeFlag") == "true":
        return "training"
    if top.attribute("CancelFlag") == "true" or top.attribute("SuspendFlag") == "true":
        return "not finished"
    return "not finished" if retail.attribute("TransactionStatus") in NOT_DONE else ""


def receipt_of(top: Element, key: ReceiptKey, retail: Element) -> Receipt | Control:
    currency = currency_of(top, retail)
    items = without_voided(list(items_of(retail, currency)))
    at = at_of(top)
    if not items:
        return Control(key=key, at=at, reason="nothing sold")
    sold = tuple(item.line for item in items if not item.back)
    total = total_of(retail, "TransactionGrandAmount", currency)
    return Receipt(
        key=key,
        number=(top.text("ReceiptNumber") or key.sequence)[:NUMBER_LIMIT],
        at=at,
        currency=currency,
        customer_id=customer_of(retail)[:NAME_LIMIT],
        sold=sold,
        returned=tuple(returned_of(item) for item in items if item.back),
        reductions=tuple(reductions_of(retail, currency)),
        tenders=tenders_of(retail, currency, total),
        total=total,
        tax=total_of(retail, "TransactionTaxAmount", currency) or Money.zero(currency),
    )


def items_of(retail: Element, currency: str) -> Iterator[Item]:
    """Every problem of every line is told at once."""
    problems: list[Problem] = []
    taken: set[str] = set()
    for place, line_item in enumerate(retail.children("LineItem"), start=1):
        sale = line_item.child("Sale", "Return")
        if sale is None:
            continue
        number = plain(line_item.text("SequenceNumber") or str(place))
        line_id = number if number not in taken else f"{number}.{place}"
        taken.add(line_id)
        try:
            yield item_of(line_item, sale, currency, line_id, f"{retail.name}/LineItem[{place}]")
        except Unreadable as error:
            problems += error.problems
    if problems:
        raise Unreadable(problems)


def currency_of(top: Element, retail: Element) -> str:
    """The transaction's own, else that of its first total or amount; XXX stands for none."""
    stated = [top.text("CurrencyCode"), retail.text("CurrencyCode")]
    stated += [total.attribute("CurrencyCode") for total in retail.children("Total")]
    for line_item in retail.children("LineItem"):
        amount = line_item.at("Sale/ExtendedAmount") or line_item.at("Tender/Amount")
        stated.append(amount.attribute("Currency") if amount else "")
    found = [code for code in stated if code and code != NO_CURRENCY]
    if not found:
        raise Unreadable([Problem("CurrencyCode", "is required")])
    if not CURRENCY.fullmatch(found[0]):
        raise Unreadable([Problem("CurrencyCode", "must be a code of three capital letters")])
    return found[0]


def customer_of(retail: Element) -> str:
    return retail.text("LoyaltyAccount/CustomerID") or retail.text("Customer/CustomerID")


def stock_of(top: Element, key: ReceiptKey, document: Element) -> StockDocument:
    kind = document.text("DocumentTypeCode")
    counted = any(word in kind for word in COUNTS) and "Adjust" not in kind
    changes = [
        change_of(line_item, f"InventoryControlTransaction/LineItem[{place}]", place)
        for place, line_item in enumerate(document.children("LineItem"), start=1)
    ]
    if not changes:
        raise Unreadable([Problem("InventoryControlTransaction/LineItem", "is required")])
    return StockDocument(
        key=key,
        document_id=document.text("SerialFormID")[:NUMBER_LIMIT],
        at=at_of(top),
        counted=counted,
        changes=tuple(change for change in changes if change.milli or counted),
    )


def change_of(line_item: Element, where: str, place: int) -> StockChange:
    stated = line_item.child("Quantity")
    reason = line_item.child("ReasonCode")
    code = stated.attribute("UnitOfMeasureCode").upper() if stated else ""
    return StockChange(
        line_id=line_item.text("SequenceNumber") or str(place),
        names=names_of(line_item),
        product=line_item.text("ItemID"),
        milli=quantity(line_item.text("Quantity"), where),
        unit=UNITS.get(code, Unit.PIECE),
        reason=(reason.attribute("Name") or reason.text()) if reason else "",
    )
