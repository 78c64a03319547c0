"""The tills' electronic journal in SQLite: every transaction in the order of its till's numbering."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SqliteJournal:
    store: sqlite3.Connection

    def put(self, entries: Iterable[Mapping[str, Any]]) -> None:
        """An entry that is there already is left as it is: journals are not rewritten."""
        self.store.executemany(
            "insert into journal (business_date, store, till, sequence, body) values (?, ?, ?, ?, ?) "
            "on conflict do nothing",
            [
                (
                    entry["business_date"],
                    entry["store"],
                    entry["workstation"],
                    entry["sequence"],
                    json.dumps(entry),
                )
                for entry in entries
            ],
        )

    def page(
        self, business_date: str, store: str, after: tuple[str, str, int], limit: int
    ) -> list[dict[str, Any]]:
        """Entries of a business date, of one store or of all, in the order of store, till and sequence."""
        rows = self.store.execute(
            "select body from journal where business_date = ? and (? = '' or store = ?) "
            "and (store, till, sequence) > (?, ?, ?) order by store, till, sequence limit ?",
            (business_date, store, store, *after, limit),
        )
        return [json.loads(body) for (body,) in rows]
