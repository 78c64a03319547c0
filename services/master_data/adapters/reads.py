"""Reading master data from PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from services.master_data.adapters import rows, statements
from services.master_data.domain.catalogue import Price, Product, Promotion
from services.master_data.domain.identifiers import IdentifierKey
from services.master_data.domain.parties import Customer, Location
from services.master_data.domain.recorded import Recorded


class PostgresReads:
    """The `Reads` port on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _rows(self, statement: Executable, parameters: Mapping[str, Any]) -> Sequence[RowMapping]:
        return (await self._connection.execute(statement, parameters)).mappings().all()

    async def find_products(self, skus: Collection[str]) -> Mapping[str, Recorded[Product]]:
        found = await self._rows(statements.FIND_PRODUCTS, {"sku": list(skus)})
        return {row["sku"]: rows.product_of(row) for row in found}

    async def find_holders(self, keys: Collection[IdentifierKey]) -> Mapping[IdentifierKey, str]:
        found = await self._rows(statements.FIND_HOLDERS, rows.name_columns(keys))
        return dict(map(rows.holder_of, found))

    async def find_prices(self, skus: Collection[str], price_list: str, at: datetime) -> Mapping[str, Price]:
        asked = {"sku": list(skus), "price_list": price_list, "at": at}
        return {row["sku"]: rows.price_of(row) for row in await self._rows(statements.FIND_PRICES, asked)}

    async def find_promotions(self, ids: Collection[str]) -> Mapping[str, Promotion]:
        found = await self._rows(statements.FIND_PROMOTIONS, {"promotion_id": list(ids)})
        return {row["promotion_id"]: rows.promotion_of(row) for row in found}

    async def find_customers(self, ids: Collection[str]) -> Mapping[str, Recorded[Customer]]:
        found = await self._rows(statements.FIND_CUSTOMERS, {"customer_id": list(ids)})
        return {row["customer_id"]: rows.customer_of(row) for row in found}

    async def list_products(self, after: str, limit: int) -> Sequence[Recorded[Product]]:
        found = await self._rows(statements.LIST_PRODUCTS, {"after": after, "limit": limit})
        return list(map(rows.product_of, found))

    async def list_locations(self, after: str, limit: int) -> Sequence[Recorded[Location]]:
        found = await self._rows(statements.LIST_LOCATIONS, {"after": after, "limit": limit})
        return list(map(rows.location_of, found))

    async def unknown_skus(self, skus: Collection[str]) -> Sequence[str]:
        return [row["sku"] for row in await self._rows(statements.UNKNOWN_SKUS, {"sku": list(skus)})]
