"""The plain dialect: POSLog 6.0.0 in its own namespace, as large sporting-goods tills write it.

Two decimals without a currency attribute (the transaction's ``CurrencyCode`` rules); articles by SKU with the
barcode, padded to 14 digits, as a serial number; tax line by line; instants with their offset. Returns are
written as in the other dialect.
"""

from collections.abc import Mapping
from types import MappingProxyType

from services.sandbox.adapters.poslog_values import (
    TENDER_TYPES,
    UNIT_CODES,
    decimal,
    extended_amount,
    line_reductions,
    paid_price,
    price,
    zoned,
)
from services.sandbox.adapters.poslog_xml import POSLOG_6, Element, Writer
from services.sandbox.domain.amounts import tax_within
from services.sandbox.domain.people import Person
from services.sandbox.domain.receipts import Original, Receipt, ReceiptKind, Tender
from services.sandbox.domain.trade import Line, Product, ReductionKind

PLACES = 2


class StandardDialect:
    write = Writer(POSLOG_6)
    prefixes: Mapping[str, str] = MappingProxyType({})

    def open(self, root: Element, receipt: Receipt) -> Element:
        add = self.write.add
        top = add(root, "Transaction", TypeCode="SaleTransaction", TrainingModeFlag="false")
        unit = add(top, "BusinessUnit")
        add(unit, "UnitID", receipt.store, Name=f"Store {receipt.store}", TypeCode="RetailStore")
        add(top, "WorkstationID", receipt.till, TypeCode="POS", SerialNumber=f"TILL-{receipt.till}")
        add(top, "SequenceNumber", str(receipt.sequence))
        add(top, "TransactionID", receipt.key.replace("/", "-"))
        add(top, "BusinessDayDate", receipt.business_date.isoformat())
        add(top, "POSLogDateTime", zoned(receipt.ends_at), TypeCode="Transaction")
        cashier = f"Cashier {receipt.operator}"
        add(top, "OperatorID", str(receipt.operator), OperatorName=cashier)
        add(top, "CurrencyCode", receipt.currency)
        add(top, "ReceiptNumber", str(receipt.sequence))
        return top

    def body(self, top: Element) -> Element:
        return self.write.add(top, "RetailTransaction", TransactionStatus="Finished")

    def close(self, top: Element, receipt: Receipt) -> None:
        self.write.add(top, "BeginDateTime", zoned(receipt.begins_at))
        self.write.add(top, "EndDateTime", zoned(receipt.ends_at))

    def line(
        self, item: Element, receipt: Receipt, line: Line, product: Product | None, origin: Original | None
    ) -> None:
        add = self.write.add
        item.set("VoidFlag", "false")
        item.set("EntryMethod", "Scanned" if product and product.gtin else "Keyed")
        sale = add(item, "Sale", ItemType="Stock", TaxableFlag="true" if line.tax_rate else "false")
        add(sale, "ItemID", line.sku)
        add(sale, "MerchandiseHierarchy", product.category if product else "", Level="Department")
        add(sale, "Description", line.title, TypeCode="Short")
        add(sale, "RegularSalesUnitPrice", price(line.unit_price, PLACES))
        add(sale, "ActualSalesUnitPrice", price(paid_price(line), PLACES))
        add(sale, "ExtendedAmount", decimal(extended_amount(line), PLACES))
        add(sale, "ExtendedDiscountAmount", decimal(line_reductions(line), PLACES))
        self._quantity(sale, receipt, line)
        self._tax(sale, receipt, line)
        if origin is not None:
            self._link(sale, origin)
        if product and product.gtin:
            add(sale, "SerialNumber", product.gtin.zfill(14), Type="GTIN")
        add(sale, "TaxIncludedInPriceFlag", "true")

    def coupon(self, item: Element, receipt: Receipt, kind: ReductionKind, micros: int) -> None:
        coupon = self.write.add(item, "Discount", TypeCode="Coupon")
        self.write.add(coupon, "Amount", decimal(micros, PLACES))
        self.write.add(coupon, "PromotionID", kind.name)

    def tender(self, item: Element, receipt: Receipt, tender: Tender) -> None:
        element = self.write.add(
            item, "Tender", TenderType=TENDER_TYPES[tender.kind], TypeCode=purpose(receipt)
        )
        self.write.add(element, "Amount", decimal(tender.micros, PLACES))

    def change(self, item: Element, receipt: Receipt) -> None:
        outer = self.write.add(item, "TenderChange", TypeCode="Refund")
        inner = self.write.add(outer, "TenderChange", TenderType="Cash")
        self.write.add(inner, "Amount", decimal(receipt.change, PLACES))

    def totals(self, body: Element, receipt: Receipt) -> None:
        sums = {
            "TransactionGrandAmount": receipt.total,
            "TransactionNetAmount": receipt.total - receipt.tax,
            "TransactionTaxAmount": receipt.tax,
            "DiscountAmount": sum(line.reduced for line in receipt.lines),
        }
        for kind, micros in sums.items():
            text = decimal(micros, PLACES)
            self.write.add(body, "Total", text, TotalType=kind, TypeCode=purpose(receipt))

    def customer(self, body: Element, person: Person) -> None:
        account = self.write.add(body, "LoyaltyAccount")
        self.write.add(account, "CustomerID", person.customer_id)

    def _quantity(self, sale: Element, receipt: Receipt, line: Line) -> None:
        sign = -1 if receipt.kind is ReceiptKind.RETURN else 1
        pieces, rest = divmod(line.quantity_milli, 1000)
        text = decimal(sign * line.quantity_milli * 1000, 3) if rest else str(sign * pieces)
        self.write.add(sale, "Quantity", text, UnitOfMeasureCode=UNIT_CODES[line.unit])

    def _tax(self, sale: Element, receipt: Receipt, line: Line) -> None:
        add = self.write.add
        tax = add(sale, "Tax", TaxType="Sales", TypeCode=purpose(receipt))
        add(tax, "SequenceNumber", "1")
        add(tax, "TaxableAmount", decimal(line.net, PLACES), TaxIncludedInTaxableAmountFlag="true")
        add(tax, "Amount", decimal(tax_within(line.net, line.tax_rate), PLACES))
        add(tax, "Percent", f"{line.tax_rate // 100}.{line.tax_rate % 100:02d}")
        add(tax, "TaxGroupID", "1" if line.tax_rate else "0")

    def _link(self, sale: Element, origin: Original) -> None:
        add = self.write.add
        link = add(sale, "TransactionLink", ReasonCode="Return")
        add(add(link, "BusinessUnit"), "UnitID", origin.store, TypeCode="RetailStore")
        add(link, "WorkstationID", origin.till)
        add(link, "BusinessDayDate", origin.business_date.isoformat())
        add(link, "SequenceNumber", str(origin.sequence))
        add(link, "LineItemSequenceNumber", str(origin.position))


def purpose(receipt: Receipt) -> str:
    return "Refund" if receipt.kind is ReceiptKind.RETURN else "Sale"
