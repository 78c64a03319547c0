"""Reads documents of the stand-in ERP: one with its parts, those of an external key, or all in pages."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Protocol

from libs.money import Money
from services.sandbox.domain.erp_documents import Document, DocumentKind, amounts_of
from services.sandbox.domain.refusals import Unknown

LARGEST_PAGE = 1000


class Reading(Protocol):
    def get(self, document_id: str) -> Document | None: ...
    def with_key(self, kind: DocumentKind, parent_id: str, external_key: str) -> list[Document]: ...
    def after(self, kind: DocumentKind, parent_id: str, document_id: str, limit: int) -> list[Document]: ...
    def parts_of(self, document_ids: Iterable[str]) -> list[Document]: ...


def read_document(documents: Reading, kind: DocumentKind, document_id: str) -> dict[str, Any]:
    """A document as posted, its sums, and its parts by name. Raises `Unknown`."""
    document = documents.get(document_id)
    if document is None or document.kind is not kind:
        raise Unknown(f"{document_id} is none of {kind}", "id")
    parts = documents.parts_of([document_id])
    by_name: dict[str, list[dict[str, Any]]] = {part.partition("/")[2]: [] for part in kind.parts}
    for part in parts:
        by_name[part.kind.partition("/")[2]].append(as_posted(part))
    return {**as_posted(document), "sums": sums_of(parts), "parts": by_name}


def find_documents(
    documents: Reading, kind: DocumentKind, parent_id: str, external_key: str
) -> dict[str, Any]:
    """All documents of a key, oldest first: none, one, or the doubles that a blind repetition made."""
    found = documents.with_key(kind, parent_id, external_key)
    return {"items": [as_posted(document) for document in found]}


def list_documents(
    documents: Reading, kind: DocumentKind, parent_id: str, after: str, limit: int
) -> dict[str, Any]:
    """A page of up to `LARGEST_PAGE` in the order of posting, each with its sums.

    ``next`` is the ``after`` of the page that follows.
    """
    page = documents.after(kind, parent_id, after, limit)
    parts: defaultdict[str, list[Document]] = defaultdict(list)
    for part in documents.parts_of(document.document_id for document in page):
        parts[part.parent_id].append(part)
    return {
        "items": [{**as_posted(document), "sums": sums_of(parts[document.document_id])} for document in page],
        "next": page[-1].document_id if len(page) == limit else "",
    }


def as_posted(document: Document) -> dict[str, Any]:
    """The body with the ERP's own fields, which win over posted ones of the same name."""
    return {
        **document.body,
        "id": document.document_id,
        "kind": document.kind.value,
        "parent_id": document.parent_id,
        "external_key": document.external_key,
        "posted_at": document.posted_at,
    }


def sums_of(parts: Iterable[Document]) -> dict[str, Any]:
    """Decimal texts; ``total`` is lines and tax on top, ``paid`` what the payments add up to."""
    by_kind: defaultdict[DocumentKind, list[Document]] = defaultdict(list)
    for part in parts:
        by_kind[part.kind].append(part)
    sums = amounts_of(by_kind, micros)
    lines = sums.pop("lines")
    return {"lines": lines, **{name: Money("USD", value).text() for name, value in sums.items()}}


def micros(amount: str) -> int:
    """Only the number counts here; the document says which currency it is in."""
    return Money.parse(amount, "USD").micros
