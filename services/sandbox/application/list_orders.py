"""Lists the storefront's own orders, oldest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

STATUSES = ("open", "closed", "cancelled", "any")
START = ("", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Instants with their offsets; empty ones do not filter."""

    status: str = "open"
    created_at_min: str = ""
    created_at_max: str = ""
    updated_at_min: str = ""
    updated_at_max: str = ""


class Orders(Protocol):
    def put(self, order: Mapping[str, Any], text: str) -> None: ...
    def get(self, order_id: int) -> str | None: ...
    def page(self, chosen: OrderFilter, after: tuple[str, int], limit: int) -> list[tuple[str, int, str]]: ...


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders as JSON texts, and the place after which the next page begins (None at the end)."""

    texts: tuple[str, ...]
    next: tuple[str, int] | None


def list_orders(orders: Orders, chosen: OrderFilter, after: tuple[str, int], limit: int) -> OrderPage:
    rows = orders.page(chosen, after, limit + 1)
    page = rows[:limit]
    more = len(rows) > limit
    return OrderPage(tuple(text for _, _, text in page), page[-1][:2] if more else None)
