"""What the stand-in ERP keeps: documents of a few kinds, some of them parts of others.

Like the ERPs it stands for, it does not enforce that an external key is used once: who repeats a call blindly
makes a second document.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class DocumentKind(StrEnum):
    CUSTOMER = "customers"
    ITEM = "items"
    ORDER = "orders"
    ORDER_LINES = "orders/lines"
    ORDER_TAX = "orders/tax"
    ORDER_PAYMENT = "orders/payment"
    ORDER_SHIPMENT = "orders/shipment"
    ORDER_INVOICE = "orders/invoice"
    ORDER_CANCELLATION = "orders/cancellation"
    CREDIT_NOTE = "credit-notes"
    CREDIT_NOTE_LINES = "credit-notes/lines"
    CREDIT_NOTE_TAX = "credit-notes/tax"
    CREDIT_NOTE_PAYMENT = "credit-notes/payment"
    STOCK_ADJUSTMENT = "stock-adjustments"

    @property
    def parent(self) -> "DocumentKind | None":
        """The kind of the document that this one is a part of."""
        parent, _, part = self.partition("/")
        return DocumentKind(parent) if part else None

    @property
    def parts(self) -> "tuple[DocumentKind, ...]":
        return tuple(kind for kind in DocumentKind if kind.parent is self)


PREFIXES = {
    DocumentKind.CUSTOMER: "CU",
    DocumentKind.ITEM: "IT",
    DocumentKind.ORDER: "SO",
    DocumentKind.ORDER_LINES: "SL",
    DocumentKind.ORDER_TAX: "ST",
    DocumentKind.ORDER_PAYMENT: "PY",
    DocumentKind.ORDER_SHIPMENT: "SH",
    DocumentKind.ORDER_INVOICE: "IV",
    DocumentKind.ORDER_CANCELLATION: "CX",
    DocumentKind.CREDIT_NOTE: "CN",
    DocumentKind.CREDIT_NOTE_LINES: "CL",
    DocumentKind.CREDIT_NOTE_TAX: "CT",
    DocumentKind.CREDIT_NOTE_PAYMENT: "RF",
    DocumentKind.STOCK_ADJUSTMENT: "SA",
}
"""Document numbers are the prefix of their kind and a running number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """``body`` as posted; ``parent_id`` is empty for a document of its own."""

    document_id: str
    kind: DocumentKind
    parent_id: str
    external_key: str
    body: Mapping[str, Any]
    posted_at: str


def amounts_of(parts: Mapping[DocumentKind, list[Document]], money: Callable[[str], int]) -> dict[str, int]:
    """What a document adds up to: how many lines, and in micros lines, tax, payments and all but the latter.

    ``money`` reads an amount. Tax marked as ``included`` in the prices stands in the lines already.
    """
    lines = rows_of(parts, "lines", "lines")
    tax = rows_of(parts, "tax", "tax")
    payments = rows_of(parts, "payment", "payments")
    lines_total = sum(money(row["amount"]) for row in lines)
    on_top = sum(money(row["amount"]) for row in tax if not row.get("included"))
    return {
        "lines": len(lines),
        "lines_total": lines_total,
        "tax_total": sum(money(row["amount"]) for row in tax),
        "paid": sum(money(row["amount"]) for row in payments),
        "total": lines_total + on_top,
    }


def rows_of(parts: Mapping[DocumentKind, list[Document]], part: str, name: str) -> list[Mapping[str, Any]]:
    """The rows of all parts of one name; a doubled part counts twice, as it would in the books."""
    return [
        row
        for kind, documents in parts.items()
        if kind.partition("/")[2] == part
        for document in documents
        for row in document.body.get(name, [])
    ]
