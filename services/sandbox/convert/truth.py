"""What is true at the end of the day, as JSON: for comparing, and for the tills' journal."""

from collections.abc import Callable, Iterable
from typing import Any

from libs.money import Money
from services.sandbox.convert.master_data import prices, promotions
from services.sandbox.domain.messages import Day
from services.sandbox.domain.orders import OrderState, Refund
from services.sandbox.domain.receipts import CorrectionFile, Receipt

Json = dict[str, Any]


def orders(day: Day) -> Iterable[Json]:
    """Storefront orders as the storefront has them in the end; amounts as decimal text."""
    for number, state in day.truth.orders.items():
        yield order(state, unknown=number in day.truth.orders_with_unknown_product)


def order(state: OrderState, *, unknown: bool) -> Json:
    placed = state.order
    return {
        "order_id": str(placed.order_id),
        "name": f"#{placed.number}",
        "reference": placed.reference,
        "created_at": placed.placed_at.isoformat(),
        "currency": placed.currency,
        "total": Money(placed.currency, placed.total).text(),
        "refunded": Money(placed.currency, state.refunded).text(),
        "payment": state.payment.value,
        "cancelled": state.cancelled_at is not None,
        "test": placed.test,
        "parcels": len(state.fulfilments),
        "sent_from": sorted({parcel.location_id for parcel in state.fulfilments}),
        "lines": len(placed.lines),
        "unknown_product": unknown,
        "refunds": [refund(one) for one in state.refunds],
    }


def is_split(state: OrderState) -> bool:
    return len({parcel.location_id for parcel in state.fulfilments}) > 1


def unmatched_refunds(day: Day) -> Iterable[Json]:
    return map(refund, day.truth.unmatched_refunds)


def refund(row: Refund) -> Json:
    return {
        "refund_id": str(row.refund_id),
        "order_id": str(row.order_id),
        "note": row.note,
        "total": Money(row.currency, row.total).text(),
        "currency": row.currency,
    }


def receipts(day: Day) -> Iterable[Json]:
    """Journal entries of all receipts, whether or not they were sent yet."""
    for receipt in day.truth.receipts:
        unknown = receipt.key in day.truth.receipts_with_unknown_product
        yield {**journal_entry(receipt), "unknown_product": unknown}


def journal_entry(receipt: Receipt) -> Json:
    """A line of the till's electronic journal; the total of a return is negative, of a control entry zero."""
    return {
        "store": receipt.store,
        "workstation": receipt.till,
        "sequence": receipt.sequence,
        "business_date": receipt.business_date.isoformat(),
        "type": receipt.kind.value,
        "at": receipt.ends_at.isoformat(),
        "lines": len(receipt.lines),
        "total": Money(receipt.currency, receipt.total).text(),
        "tax": Money(receipt.currency, receipt.tax).text(),
        "currency": receipt.currency,
    }


def corrections(day: Day) -> Iterable[Json]:
    for file in day.truth.corrections:
        yield from correction_entries(file)


def correction_entries(file: CorrectionFile) -> Iterable[Json]:
    """Journal entries of the back office, which moves goods and no money."""
    for sequence, row in enumerate(file.corrections, start=file.sequence):
        yield {
            "store": file.location_id,
            "workstation": file.till,
            "sequence": sequence,
            "business_date": file.business_date.isoformat(),
            "type": "correction",
            "at": row.at.isoformat(),
            "lines": 1,
            "total": "0.00",
            "tax": "0.00",
            "currency": "",
            "document": row.document_id,
            "sku": row.sku,
            "quantity_milli": row.quantity_milli,
            "reason": row.reason,
        }


TRUTH: dict[str, Callable[[Day], Iterable[Json]]] = {
    "orders": orders,
    "unmatched-refunds": unmatched_refunds,
    "receipts": receipts,
    "corrections": corrections,
}


def summary(day: Day) -> Json:
    """Counts of a planned day."""
    truth, stock = day.truth, day.stock
    return {
        "dataset": day.dataset.name,
        "business_date": day.dataset.business_date.isoformat(),
        "seed": day.seed,
        "currency": day.dataset.currency,
        "master_data": {
            "products": len(day.catalogue),
            "prices": len(list(prices(day))),
            "promotions": len(list(promotions(day))),
            "stores": len(day.places.stores),
            "warehouses": len(day.places.warehouses),
            "customers": len(day.people),
            "opening_levels": len(stock.opening),
        },
        "messages": {
            "total": len(day.messages),
            **counted(message.kind.value for message in day.messages),
        },
        "repeated": sum(message.repeats for message in day.messages),
        "late": sum(message.late for message in day.messages),
        "malformed": {defect.value: count for defect, count in truth.defects.items()},
        "storefront": {
            "orders": len(truth.orders),
            "cancelled": sum(state.cancelled_at is not None for state in truth.orders.values()),
            "refunds": sum(len(state.refunds) for state in truth.orders.values()),
            "unmatched_refunds": len(truth.unmatched_refunds),
            "with_unknown_product": len(truth.orders_with_unknown_product),
            "test": sum(state.order.test for state in truth.orders.values()),
            "sent_from_several_places": sum(map(is_split, truth.orders.values())),
        },
        "tills": {
            **counted(receipt.kind.value for receipt in truth.receipts),
            "corrections": sum(len(file.corrections) for file in truth.corrections),
            "with_unknown_product": len(truth.receipts_with_unknown_product),
        },
        "short_lines": {"storefront": stock.short_lines_online, "tills": stock.short_lines_at_tills},
        "noted": dict(day.dataset.noted),
    }


def counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
