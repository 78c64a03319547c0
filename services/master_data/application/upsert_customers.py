"""Create or replace customers."""

from collections.abc import Sequence
from datetime import datetime

from services.master_data.application.ports import Call, Store
from services.master_data.domain.events import CustomerChanged
from services.master_data.domain.parties import Customer
from services.master_data.domain.recorded import Upserted, refuse_duplicates


async def upsert_customers(
    store: Store, call: Call, customers: Sequence[Customer], now: datetime
) -> Upserted:
    """All of the batch or nothing; a customer that is the same already keeps its version and makes no event.

    Raises `DuplicateInBatch`.
    """
    refuse_duplicates("customer", (customer.customer_id for customer in customers))
    async with store.begin() as transaction:
        if answered := await transaction.recall(call):
            return answered
        versions = await transaction.save_customers(customers, now)
        changed = [customer for customer in customers if customer.customer_id in versions]
        await transaction.record(
            [CustomerChanged(customer.customer_id, versions[customer.customer_id]) for customer in changed],
            now,
        )
        return await transaction.answer(call, Upserted.counted(versions.values(), len(customers)))
