"""Facts and postings in the ERP gateway's own words."""

from datetime import UTC, datetime
from typing import Any

from libs.money import Money
from services.erp_gateway.domain.facts import Fact, FactKind, FactLine, FactPayment

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def usd(cents: int) -> Money:
    return Money("USD", cents * 10_000)


def a_sale(cents: int = 3000, order: str = "1", **given: Any) -> Fact:
    """One line, paid by card."""
    usual: dict[str, Any] = {
        "kind": FactKind.SALE,
        "order_id": order,
        "reference": f"#{order}",
        "source_id": order,
        "amount": usd(cents),
        "tax": usd(cents // 15),
        "tax_included": True,
        "customer_id": "C1",
        "customer_name": "Erika Muster",
        "location_id": "S1",
        "lines": [FactLine("L1", "SKU-1", "Article 1", 1000, usd(cents), usd(cents))],
        "payments": [FactPayment("T1", "card", usd(cents))],
        "happened_at": NOON,
    }
    return Fact(**usual | given)


def a_credit_note(cents: int = 1000, order: str = "1", return_id: str = "R1", **given: Any) -> Fact:
    lines = [FactLine("L1", "SKU-1", "Return of SKU-1", 1000, usd(cents), usd(-cents))]
    payments = [FactPayment("T1", "card", usd(-cents))]
    usual: dict[str, Any] = {
        "kind": FactKind.CREDIT_NOTE,
        "source_id": f"{order}-{return_id}",
        "tax": usd(-(cents // 15)),
        "lines": lines,
        "payments": payments,
        "origin_key": f"S-{order}",
    }
    return a_sale(-cents, order, **usual | given)


def a_cancellation(order: str = "1") -> Fact:
    """Its amount is found out when it is recorded."""
    return a_sale(0, order, kind=FactKind.CANCELLATION, lines=[], payments=[], origin_key=f"S-{order}")
