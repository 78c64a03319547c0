"""Till files: the transactions of a till and hour, or the back office's stock corrections."""

from collections.abc import Mapping
from typing import Protocol
from zlib import crc32

from services.sandbox.adapters.poslog_futura import FuturaDialect
from services.sandbox.adapters.poslog_standard import StandardDialect
from services.sandbox.adapters.poslog_values import decimal, zoned
from services.sandbox.adapters.poslog_xml import Element, Writer, serialised
from services.sandbox.domain.people import Person
from services.sandbox.domain.receipts import (
    CorrectionFile,
    Original,
    Receipt,
    ReceiptKind,
    Tender,
    TillFile,
)
from services.sandbox.domain.trade import Correction, Line, Product, ReductionKind


class Dialect(Protocol):
    """How one make of till writes a transaction; each method fills the element it is given."""

    write: Writer
    prefixes: Mapping[str, str]

    def open(self, root: Element, receipt: Receipt) -> Element: ...
    def body(self, top: Element) -> Element: ...
    def line(
        self, item: Element, receipt: Receipt, line: Line, product: Product | None, origin: Original | None
    ) -> None: ...
    def coupon(self, item: Element, receipt: Receipt, kind: ReductionKind, micros: int) -> None: ...
    def tender(self, item: Element, receipt: Receipt, tender: Tender) -> None: ...
    def change(self, item: Element, receipt: Receipt) -> None: ...
    def totals(self, body: Element, receipt: Receipt) -> None: ...
    def customer(self, body: Element, person: Person) -> None: ...
    def close(self, top: Element, receipt: Receipt) -> None: ...


DIALECTS: tuple[Dialect, ...] = (FuturaDialect(), StandardDialect())
BETWEEN_SETTLEMENTS = 2
"""Tills number hidden positions too, so tenders do not follow the lines without a gap."""


def dialect_of(store: str) -> Dialect:
    """A store has one make of till; the makes are spread evenly over the chain."""
    return DIALECTS[crc32(store.encode()) % len(DIALECTS)]


def till_file(file: TillFile, products: Mapping[str, Product], people: Mapping[str, Person]) -> bytes:
    """The whole XML document; equal for equal files, so a repetition is the same bytes."""
    dialect = dialect_of(file.store)
    root = dialect.write.document(dialect.prefixes)
    for receipt in file.receipts:
        top = dialect.open(root, receipt)
        if receipt.kind in (ReceiptKind.SALE, ReceiptKind.RETURN):
            retail(dialect, dialect.body(top), receipt, products, people)
        else:
            control(dialect.write, top, receipt)
        dialect.close(top, receipt)
    return serialised(root)


def retail(
    dialect: Dialect,
    body: Element,
    receipt: Receipt,
    products: Mapping[str, Product],
    people: Mapping[str, Person],
) -> None:
    position = 0

    def item(at: int) -> Element:
        """An empty line item; its number is appended once it is filled, as both makes write it last."""
        nonlocal position
        position = at
        return dialect.write.add(body, "LineItem")

    def numbered(element: Element) -> None:
        dialect.write.add(element, "SequenceNumber", str(position))

    origins = receipt.originals or (None,) * len(receipt.lines)
    for line, origin in zip(receipt.lines, origins, strict=True):
        element = item(line.position)
        dialect.line(element, receipt, line, products.get(line.sku), origin)
        numbered(element)
    for kind, micros in receipt.coupons().items():
        element = item(position + BETWEEN_SETTLEMENTS)
        dialect.coupon(element, receipt, kind, micros)
        numbered(element)
    for tender in receipt.tenders:
        element = item(position + BETWEEN_SETTLEMENTS)
        dialect.tender(element, receipt, tender)
        numbered(element)
    if receipt.change:
        element = item(position + BETWEEN_SETTLEMENTS)
        dialect.change(element, receipt)
        numbered(element)
    dialect.totals(body, receipt)
    if person := people.get(receipt.customer_id or ""):
        dialect.customer(body, person)


def control(write: Writer, top: Element, receipt: Receipt) -> None:
    """Signing on and off, and opening the drawer: nothing was sold."""
    body = write.add(top, "ControlTransaction", Version="2.1")
    if receipt.kind is ReceiptKind.NO_SALE:
        write.add(body, "ReasonCode", "No Sale")
        write.add(body, "NoSale")
        return
    signs_on = receipt.kind is ReceiptKind.SIGN_ON
    write.add(body, "ReasonCode", "Valid SignOn" if signs_on else "Valid SignOff")
    sign = write.add(body, "OperatorSignOn" if signs_on else "OperatorSignOff")
    write.add(sign, "StartDateTimestamp", zoned(receipt.begins_at))
    write.add(sign, "EndDateTimestamp", zoned(receipt.ends_at))
    write.add(sign, "OpenBusinessDayDate", receipt.business_date.isoformat())


def correction_file(file: CorrectionFile) -> bytes:
    """One ``InventoryControlTransaction`` for each correction; the quantity of a write-off is negative."""
    write = StandardDialect.write
    root = write.document({})
    for sequence, correction in enumerate(file.corrections, start=file.sequence):
        top = write.add(root, "Transaction", TypeCode="InventoryControlTransaction")
        unit = write.add(top, "BusinessUnit")
        write.add(unit, "UnitID", file.location_id, TypeCode="DistributionCenter")
        write.add(top, "WorkstationID", file.till, TypeCode="BackOffice")
        write.add(top, "SequenceNumber", str(sequence))
        write.add(top, "BusinessDayDate", file.business_date.isoformat())
        write.add(top, "POSLogDateTime", zoned(correction.at), TypeCode="Transaction")
        adjustment(write, write.add(top, "InventoryControlTransaction"), correction)
        write.add(top, "BeginDateTime", zoned(correction.at))
        write.add(top, "EndDateTime", zoned(correction.at))
    return serialised(root)


def adjustment(write: Writer, body: Element, correction: Correction) -> None:
    write.add(body, "SerialFormID", correction.document_id)
    write.add(body, "DocumentTypeCode", "InventoryAdjustment")
    item = write.add(body, "LineItem")
    write.add(item, "ItemID", correction.sku)
    quantity = decimal(correction.quantity_milli * 1000, 3)
    write.add(item, "Quantity", quantity, UnitOfMeasureCode="EA")
    write.add(item, "ReasonCode", Name=correction.reason)
    write.add(item, "SequenceNumber", "1")
