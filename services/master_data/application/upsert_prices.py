"""Add or correct prices."""

from collections.abc import Sequence
from datetime import datetime

from services.master_data.application.ports import Call, Store
from services.master_data.domain.catalogue import Price
from services.master_data.domain.events import PriceChanged
from services.master_data.domain.recorded import Upserted, refuse_duplicates
from services.master_data.domain.refusals import ProductUnknown


async def upsert_prices(store: Store, call: Call, prices: Sequence[Price], now: datetime) -> Upserted:
    """All of the batch or nothing; a price that is the same already makes no event.

    Raises `DuplicateInBatch`, `ProductUnknown`.
    """
    refuse_duplicates("price", (price.key for price in prices))
    async with store.begin() as transaction:
        if answered := await transaction.recall(call):
            return answered
        if unknown := await transaction.unknown_skus({price.sku for price in prices}):
            raise ProductUnknown(f"a price names the unknown product {unknown[0]}", sku=unknown[0])
        versions = await transaction.save_prices(prices, now)
        await transaction.record([PriceChanged(price) for price in prices if price.key in versions], now)
        return await transaction.answer(call, Upserted.counted(versions.values(), len(prices)))
