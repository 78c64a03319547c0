"""The stand-in ERP's documents in SQLite."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.sandbox.domain.erp_documents import PREFIXES, Document, DocumentKind

COLUMNS = "number, kind, parent, external_key, body, posted_at"


@dataclass(frozen=True, slots=True)
class SqliteDocuments:
    """A document's id is its kind's prefix and its row number, so ids grow with time: ``SO-0000042``."""

    store: sqlite3.Connection
    now: Callable[[], datetime]

    def add(self, kind: DocumentKind, parent_id: str, external_key: str, body: Mapping[str, Any]) -> Document:
        posted_at = self.now().isoformat()
        row = self.store.execute(
            "insert into documents (kind, parent, external_key, body, posted_at) values (?, ?, ?, ?, ?)",
            (kind.value, number_of(parent_id), external_key, json.dumps(body), posted_at),
        )
        return Document(
            document_id=id_of(kind, row.lastrowid or 0),
            kind=kind,
            parent_id=parent_id,
            external_key=external_key,
            body=body,
            posted_at=posted_at,
        )

    def get(self, document_id: str) -> Document | None:
        found = self._documents("number = ?", (number_of(document_id),))
        return found[0] if found and found[0].document_id == document_id else None

    def with_key(self, kind: DocumentKind, parent_id: str, external_key: str) -> list[Document]:
        """Parts of any document when ``parent_id`` is empty."""
        found = self._documents("kind = ? and external_key = ?", (kind.value, external_key))
        return [document for document in found if parent_id in ("", document.parent_id)]

    def after(self, kind: DocumentKind, parent_id: str, document_id: str, limit: int) -> list[Document]:
        parent = "and parent = ?" if parent_id else ""
        values = (kind.value, number_of(document_id), *([number_of(parent_id)] if parent_id else []), limit)
        return self._documents(f"kind = ? and number > ? {parent}", values, "limit ?")

    def parts_of(self, document_ids: Iterable[str]) -> list[Document]:
        numbers = json.dumps([number_of(document_id) for document_id in document_ids])
        return self._documents("parent in (select value from json_each(?))", (numbers,))

    def counts(self) -> dict[str, int]:
        return dict(self.store.execute("select kind, count(*) from documents group by kind"))

    def doubles(self) -> list[dict[str, Any]]:
        """External keys that stand on several documents of a kind, and how often."""
        rows = self.store.execute(
            "select kind, external_key, count(*) from documents "
            "group by 1, 2 having count(*) > 1 order by 1, 2"
        )
        return [{"kind": kind, "external_key": key, "count": count} for kind, key, count in rows]

    def _documents(self, where: str, values: tuple[Any, ...], limit: str = "") -> list[Document]:
        rows = self.store.execute(
            f"select {COLUMNS} from documents where {where} order by number {limit}",
            values,
        ).fetchall()
        parents = self._kinds({row[2] for row in rows if row[2]})
        return [document_of(row, parents) for row in rows]

    def _kinds(self, numbers: set[int]) -> dict[int, str]:
        rows = self.store.execute(
            "select number, kind from documents where number in (select value from json_each(?))",
            (json.dumps(sorted(numbers)),),
        )
        return dict(rows)


def document_of(row: tuple[Any, ...], parents: Mapping[int, str]) -> Document:
    number, kind, parent, external_key, body, posted_at = row
    return Document(
        document_id=id_of(DocumentKind(kind), number),
        kind=DocumentKind(kind),
        parent_id=id_of(DocumentKind(parents[parent]), parent) if parent else "",
        external_key=external_key,
        body=json.loads(body),
        posted_at=posted_at,
    )


def id_of(kind: DocumentKind, number: int) -> str:
    return f"{PREFIXES[kind]}-{number:07d}"


def number_of(document_id: str) -> int:
    """0, which no document has, for what is no document's id."""
    digits = document_id.partition("-")[2]
    return int(digits) if digits.isdecimal() and len(digits) < 18 else 0
