"""Writes a document into the stand-in ERP."""

from collections.abc import Mapping
from typing import Any, Protocol

from libs.money import MalformedAmount, Money
from services.sandbox.domain.erp_documents import Document, DocumentKind
from services.sandbox.domain.refusals import Malformed, Unknown

LONGEST_KEY = 200
LISTS = ("lines", "tax", "payments")
"""Fields that hold rows with an ``amount``."""


class Documents(Protocol):
    """Where documents are kept; a document that was added survives the process."""

    def add(
        self, kind: DocumentKind, parent_id: str, external_key: str, body: Mapping[str, Any]
    ) -> Document: ...
    def get(self, document_id: str) -> Document | None: ...


def post_document(
    documents: Documents, kind: DocumentKind, parent_id: str, body: Mapping[str, Any]
) -> Document:
    """Adds a document, also when its external key is there already. Raises `Malformed` or `Unknown`."""
    external_key = body.get("external_key")
    if not isinstance(external_key, str) or not 0 < len(external_key) <= LONGEST_KEY:
        raise Malformed(f"a text of 1 to {LONGEST_KEY} characters is needed", "external_key")
    refuse_unknown(documents, kind.parent, parent_id, "id")
    if kind is DocumentKind.ORDER:
        refuse_unknown(documents, DocumentKind.CUSTOMER, str(body.get("customer_id", "")), "customer_id")
    for name in LISTS:
        refuse_rows(body.get(name, []), name)
    return documents.add(kind, parent_id, external_key, body)


def refuse_unknown(documents: Documents, kind: DocumentKind | None, document_id: str, field: str) -> None:
    if kind is None:
        return
    found = documents.get(document_id)
    if found is None or found.kind is not kind:
        raise Unknown(f"{document_id or 'nothing'} is none of {kind}", field)


def refuse_rows(rows: Any, name: str) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise Malformed("a list of objects is needed", name)
    for place, row in enumerate(rows):
        if not isinstance(row.get("amount"), str):
            raise Malformed("a decimal text is needed", f"{name}[{place}].amount")
        try:
            Money.parse(row["amount"], "USD")
        except MalformedAmount as problem:
            raise Malformed(str(problem), f"{name}[{place}].amount") from None
