"""The storefront's own orders in SQLite: what it answers when asked, whatever its webhooks said."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.sandbox.application.list_orders import OrderFilter

CLAUSES = {"any": "1", "open": "cancelled = 0", "closed": "0", "cancelled": "cancelled = 1"}
"""What the Admin API's ``status`` chooses; the stand-in never closes an order."""


@dataclass(frozen=True, slots=True)
class SqliteOrders:
    """Bodies are kept as text: reading them through a parser would spoil decimals."""

    store: sqlite3.Connection

    def put(self, order: Mapping[str, Any], text: str) -> None:
        """Keeps the newest state of an order, whichever comes first."""
        self.store.execute(
            "insert into storefront_orders (order_id, created_at, updated_at, cancelled, body) "
            "values (?, ?, ?, ?, ?) on conflict (order_id) do update set updated_at = excluded.updated_at, "
            "cancelled = excluded.cancelled, body = excluded.body "
            "where excluded.updated_at >= storefront_orders.updated_at",
            (
                order["id"],
                instant(order["created_at"]),
                instant(order["updated_at"]),
                order.get("cancelled_at") is not None,
                text,
            ),
        )

    def get(self, order_id: int) -> str | None:
        row = self.store.execute(
            "select body from storefront_orders where order_id = ?", (order_id,)
        ).fetchone()
        return row[0] if row else None

    def page(self, chosen: OrderFilter, after: tuple[str, int], limit: int) -> list[tuple[str, int, str]]:
        """Creation instant, id and body of the orders that follow ``after``, oldest first."""
        bounds = {
            "created_at >= ?": chosen.created_at_min,
            "created_at <= ?": chosen.created_at_max,
            "updated_at >= ?": chosen.updated_at_min,
            "updated_at <= ?": chosen.updated_at_max,
        }
        wanted = {clause: instant(text) for clause, text in bounds.items() if text}
        clauses = " and ".join([CLAUSES[chosen.status], "(created_at, order_id) > (?, ?)", *wanted])
        return self.store.execute(
            f"select created_at, order_id, body from storefront_orders where {clauses} "
            "order by created_at, order_id limit ?",
            (*after, *wanted.values(), limit),
        ).fetchall()


def instant(text: str) -> str:
    """One spelling for one instant, so that texts compare like times."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()
