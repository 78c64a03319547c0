"""Compare a business day over all systems."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from services.reconciliation.application.ports import Call, Store, Systems
from services.reconciliation.domain.breaks import Comparison
from services.reconciliation.domain.compare_erp import compare_erp, compare_postings
from services.reconciliation.domain.compare_promises import compare_promises
from services.reconciliation.domain.compare_sources import compare_sources
from services.reconciliation.domain.run import Run

FARTHEST_ZONE = timedelta(hours=14)
"""No shop's day begins or ends further than this from the day in UTC."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The business day to compare; ``allowed_backlog`` postings may still be under way."""

    business_date: date
    allowed_backlog: int


async def run_reconciliation(
    systems: Systems, store: Store, call: Call, asked: Asked, run_id: str, now: Callable[[], datetime]
) -> str:
    """Compare, record the run with its breaks, answer its id; a repeat answers the first run's.

    The systems are read one after the other while they go on working, so compare a day that has ended:
    what changes during the run may show as a break that the next run does not find.
    Raises `SystemUnreadable` and records nothing.
    """
    async with store.begin() as transaction:
        if known := await transaction.recall(call):
            return known
    started = now()
    comparisons = await _compare(systems, asked)
    run = Run(run_id, asked.business_date, started, now(), comparisons)
    async with store.begin() as transaction:
        if known := await transaction.recall(call):
            return known
        await transaction.save(call, run)
    return run_id


async def _compare(systems: Systems, asked: Asked) -> Sequence[Comparison]:
    midnight = datetime.combine(asked.business_date, time(), UTC)
    start, end = midnight - FARTHEST_ZONE, midnight + timedelta(days=1) + FARTHEST_ZONE
    storefront, journal, receipts, orders, postings, documents = await asyncio.gather(
        systems.storefront_orders(start, end),
        systems.journal(asked.business_date),
        systems.till_receipts(asked.business_date),
        systems.orders(start, end),
        systems.postings(),
        systems.erp_documents(),
    )
    order_ids = sorted({order.order_id for order in orders.storefront})
    promised, reserved = await asyncio.gather(systems.promised(order_ids), systems.reserved(order_ids))
    of_the_day = {sale.key for sale in receipts.sales}
    return [
        compare_sources("storefront/orders", storefront, orders.storefront),
        compare_sources("journal/till sales", journal.sales, receipts.sales),
        compare_sources("journal/till returns", journal.returns, receipts.returns),
        compare_sources(
            "journal/orders", journal.sales, [sale for sale in orders.till if sale.key in of_the_day]
        ),
        compare_promises(promised, reserved),
        compare_postings([*orders.storefront, *orders.till, *orders.unlinked_returns], postings),
        compare_erp(postings, documents, asked.allowed_backlog),
    ]
