"""The dialect of roqqio/Futura tills: POSLog 6.0.0 in the older namespace, with vendor elements.

Three decimals and a currency on each amount, ``XXX`` on a zero discount; articles by barcode; a return is a
sale of quantity -1 with positive amounts, a refund tender and negative totals.
"""

from collections.abc import Mapping
from types import MappingProxyType

from services.sandbox.adapters.poslog_values import (
    TENDER_TYPES,
    UNIT_CODES,
    decimal,
    extended_amount,
    line_reductions,
    local,
    paid_price,
    price,
    zulu,
)
from services.sandbox.adapters.poslog_xml import FUTURA, IXRETAIL, Element, Writer
from services.sandbox.domain.people import Person
from services.sandbox.domain.receipts import Original, Receipt, ReceiptKind, Tender, TenderKind
from services.sandbox.domain.trade import Line, Product, ReductionKind

PLACES = 3
PAYMENTS = {TenderKind.CASH: ("1", "Cash"), TenderKind.CARD: ("4", "Card")}
NO_CURRENCY = "XXX"


class FuturaDialect:
    write = Writer(IXRETAIL)
    prefixes: Mapping[str, str] = MappingProxyType({"fu": FUTURA})

    def open(self, root: Element, receipt: Receipt) -> Element:
        add = self.write.add
        top = add(root, "Transaction")
        add(add(top, "BusinessUnit"), "UnitID", receipt.store, Name=f"Store {receipt.store}")
        add(top, "WorkstationID", receipt.till, TypeCode="POS")
        add(top, "SequenceNumber", str(receipt.sequence))
        add(top, "POSLogDateTime", local(receipt.ends_at))
        cashier = f"Cashier {receipt.operator}"
        add(top, "OperatorID", str(receipt.operator), OperatorName=cashier, OperatorType="Cashier")
        add(top, "ReceiptDateTime", local(receipt.ends_at))
        add(top, "ReceiptNumber", str(receipt.sequence))
        return top

    def body(self, top: Element) -> Element:
        return self.write.add(top, "RetailTransaction")

    def close(self, top: Element, receipt: Receipt) -> None:
        add = self.write.add
        add(top, "BusinessDayDate", receipt.business_date.isoformat())
        add(top, "BeginDateTime", zulu(receipt.begins_at))
        add(top, "EndDateTime", zulu(receipt.ends_at))
        add(top, "Hashcode", f"LNK/S2/V6:{receipt.sequence - 1}/[invalid]", vendor=FUTURA)

    def line(
        self, item: Element, receipt: Receipt, line: Line, product: Product | None, origin: Original | None
    ) -> None:
        add, currency = self.write.add, receipt.currency
        back = receipt.kind is ReceiptKind.RETURN
        sale = add(item, "Sale")
        add(sale, "ItemID", scanned(line, product), Name=line.title)
        add(sale, "RegularSalesUnitPrice", price(line.unit_price, PLACES), Currency=currency)
        add(sale, "ActualSalesUnitPrice", decimal(paid_price(line), PLACES), Currency=currency)
        self._money(sale, "ExtendedAmount", extended_amount(line), currency)
        self._discount(sale, line_reductions(line), currency)
        quantity = decimal((-1 if back else 1) * line.quantity_milli * 1000, 4)
        add(sale, "Quantity", quantity, UnitOfMeasureCode=UNIT_CODES[line.unit])
        if origin is not None:
            self._link(sale, origin)
        self._money(sale, "Rounding", 0, currency)
        add(sale, "SalesMode", "RETOUR" if back else "MODE_NORMAL", vendor=FUTURA)
        add(sale, "LineType", "ITEM_SALE", vendor=FUTURA)
        add(sale, "ProductGroup", product.category if product else "", vendor=FUTURA)

    def coupon(self, item: Element, receipt: Receipt, kind: ReductionKind, micros: int) -> None:
        coupon = self.write.add(item, "Discount", TypeCode="Coupon")
        self._money(coupon, "Amount", micros, receipt.currency)
        self.write.add(coupon, "PromotionID", kind.name)

    def tender(self, item: Element, receipt: Receipt, tender: Tender) -> None:
        add = self.write.add
        purpose = "Refund" if receipt.kind is ReceiptKind.RETURN else "Sale"
        element = add(item, "Tender", TenderType=TENDER_TYPES[tender.kind], TypeCode=purpose)
        self._money(element, "Amount", tender.micros, receipt.currency)
        add(element, "Rounding", decimal(0, PLACES))
        number, name = PAYMENTS[tender.kind]
        add(element, "PaymentTypeExternalId", number, vendor=FUTURA)
        add(element, "PaymentTypeDescription", name, vendor=FUTURA)

    def change(self, item: Element, receipt: Receipt) -> None:
        outer = self.write.add(item, "TenderChange", TypeCode="Refund")
        inner = self.write.add(outer, "TenderChange", TenderType="Cash")
        self._money(inner, "Amount", receipt.change, receipt.currency)
        self.write.add(outer, "Rounding", decimal(0, PLACES))

    def totals(self, body: Element, receipt: Receipt) -> None:
        sums = {
            "TransactionGrandAmount": receipt.total,
            "TransactionNetAmount": receipt.total - receipt.tax,
            "TransactionTaxAmount": receipt.tax,
            "TransactionGrossAmount": receipt.total,
        }
        for kind, micros in sums.items():
            text = decimal(micros, PLACES)
            self.write.add(body, "Total", text, TotalType=kind, CurrencyCode=receipt.currency)

    def customer(self, body: Element, person: Person) -> None:
        add = self.write.add
        customer = add(body, "Customer")
        add(customer, "CustomerID", person.customer_id)
        add(add(customer, "Name"), "OfficialName", person.name)
        home = add(customer, "Address", AddressType="Home")
        add(home, "AddressLine", person.address.street, TypeCode="Street")
        add(home, "City", person.address.city)
        add(home, "Territory", person.address.state, TypeCode="State")
        add(home, "PostalCode", person.address.postal_code)
        add(home, "Country", Code=person.address.country_code)
        account = add(body, "LoyaltyAccount")
        add(account, "CustomerID", person.customer_id)
        add(add(account, "LoyaltyCard"), "PrimaryAccountNumber", person.card)

    def _money(self, parent: Element, tag: str, micros: int, currency: str) -> None:
        self.write.add(parent, tag, decimal(micros, PLACES), Currency=currency)

    def _discount(self, sale: Element, micros: int, currency: str) -> None:
        if micros:
            self._money(sale, "ExtendedDiscountAmount", micros, currency)
        else:
            self.write.add(sale, "ExtendedDiscountAmount", "0", Currency=NO_CURRENCY)

    def _link(self, sale: Element, origin: Original) -> None:
        add = self.write.add
        link = add(sale, "TransactionLink")
        add(link, "TransactionID", str(origin.sequence))
        add(link, "BusinessUnit", origin.store, Name=f"Store {origin.store}")
        add(link, "WorkstationID", origin.till, TypeCode="POS")
        add(add(link, "BusinessDayDate"), "Date", origin.business_date.isoformat())
        add(link, "SequenceNumber", str(origin.sequence))
        add(link, "LineItemSequenceNumber", str(origin.position))


def scanned(line: Line, product: Product | None) -> str:
    """The barcode, else the code a cashier keys in; what the chain does not know is passed on as scanned."""
    return line.sku if product is None else product.gtin or product.plu or product.sku
