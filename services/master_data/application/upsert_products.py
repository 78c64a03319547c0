"""Create or replace products."""

from collections.abc import Sequence
from datetime import datetime

from services.master_data.application.ports import Call, Store
from services.master_data.domain.catalogue import Product
from services.master_data.domain.events import ProductChanged
from services.master_data.domain.recorded import Upserted, refuse_duplicates
from services.master_data.domain.replace_products import names_of, replace_products


async def upsert_products(store: Store, call: Call, products: Sequence[Product], now: datetime) -> Upserted:
    """All of the batch or nothing; a product that is the same already keeps its version and makes no event.

    Raises `DuplicateInBatch`, `IdentifierMalformed`, `IdentifierTaken`.
    """
    refuse_duplicates("product", (product.sku for product in products))
    claims = {key for names in names_of(products).values() for key in names}
    async with store.begin() as transaction:
        if answered := await transaction.recall(call):
            return answered
        # Names are unique across all products, so what is free must stay free until this batch has it.
        await transaction.lock_products()
        known = await transaction.find_products([product.sku for product in products])
        replacement = replace_products(known, await transaction.find_holders(claims), products, now)
        await transaction.save_products(replacement)
        await transaction.record([ProductChanged(product) for product in replacement.products], now)
        versions = [product.version for product in replacement.products]
        return await transaction.answer(call, Upserted.counted(versions, len(products)))
