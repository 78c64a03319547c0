"""What was handed over, in PostgreSQL. The worker is the only writer."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import transaction
from services.channel_gateway.domain.handed_over import HandedOver, Sent

Key = tuple[str, str]

FIND = text(
    """
    select storefront_order.* from storefront_order
    join unnest(cast(:channel as text[]), cast(:channel_order_id as text[]))
        as asked (channel, channel_order_id) using (channel, channel_order_id)
    """
)
SAVE = text(
    """
    insert into storefront_order as known
        (channel, channel_order_id, order_id, version, paid, refused, cancelled, parcels, refunds)
    select * from unnest(cast(:channel as text[]), cast(:channel_order_id as text[]),
        cast(:order_id as text[]), cast(:version as timestamptz[]), cast(:paid as boolean[]),
        cast(:refused as boolean[]), cast(:cancelled as boolean[]), cast(:parcels as jsonb[]),
        cast(:refunds as jsonb[]))
    on conflict (channel, channel_order_id) do update set
        order_id = excluded.order_id, version = excluded.version, paid = excluded.paid,
        refused = excluded.refused, cancelled = excluded.cancelled, parcels = excluded.parcels,
        refunds = excluded.refunds
    """
)


class PostgresLedger:
    """The `Ledger` port."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, keys: Collection[Key]) -> dict[Key, HandedOver]:
        if not keys:
            return {}
        ordered = sorted(keys)
        asked = {"channel": [key[0] for key in ordered], "channel_order_id": [key[1] for key in ordered]}
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(FIND, asked)).mappings()
            return {(row["channel"], row["channel_order_id"]): handed_over_of(row) for row in rows}

    async def save(self, changed: Collection[HandedOver]) -> None:
        if changed:
            async with transaction(self._engine) as connection:
                await connection.execute(SAVE, columns_of(changed))


def columns_of(changed: Collection[HandedOver]) -> dict[str, list[Any]]:
    ordered = sorted(changed, key=lambda one: (one.channel, one.channel_order_id))
    names = ("channel", "channel_order_id", "order_id", "version", "paid", "refused", "cancelled")
    return {name: [getattr(one, name) for one in ordered] for name in names} | {
        "parcels": [json.dumps(parcels_json(one)) for one in ordered],
        "refunds": [json.dumps(sorted(one.refunds)) for one in ordered],
    }


def parcels_json(one: HandedOver) -> dict[str, Any]:
    return {
        key: {"location": sent.location_id, "lines": dict(sent.lines)} for key, sent in one.parcels.items()
    }


def handed_over_of(row: RowMapping) -> HandedOver:
    return HandedOver(
        channel=row["channel"],
        channel_order_id=row["channel_order_id"],
        order_id=row["order_id"],
        version=row["version"],
        paid=row["paid"],
        refused=row["refused"],
        cancelled=row["cancelled"],
        parcels={key: Sent(sent["location"], sent["lines"]) for key, sent in row["parcels"].items()},
        refunds=frozenset(row["refunds"]),
    )
