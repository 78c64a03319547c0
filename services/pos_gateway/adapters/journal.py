"""Till transactions that the mesh has taken over, in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import transaction
from libs.money import Money
from services.pos_gateway.application.ports import TakenOver
from services.pos_gateway.domain.receipts import Kind, ReceiptKey

# Numbers sort by length first, so that 9 comes before 10.
SAVE = text(
    """
    insert into till_transaction
        (location_id, till, business_date, sequence, kind, currency, total_micros, order_id, occurred_at)
    select * from unnest(cast(:location_id as text[]), cast(:till as text[]), cast(:business_date as date[]),
        cast(:sequence as text[]), cast(:kind as text[]), cast(:currency as text[]),
        cast(:total_micros as bigint[]), cast(:order_id as text[]), cast(:occurred_at as timestamptz[]))
    on conflict (location_id, till, business_date, sequence) do update set
        kind = excluded.kind, currency = excluded.currency, total_micros = excluded.total_micros,
        order_id = excluded.order_id, occurred_at = excluded.occurred_at
    """
)
LIST = text(
    """
    select * from till_transaction
    where (cast(:business_date as date) is null or business_date = :business_date)
        and (location_id, till, business_date, length(sequence), sequence)
            > (:location_id, :till, cast(:after_date as date), :length, :sequence)
    order by location_id, till, business_date, length(sequence), sequence
    limit :limit
    """
)
BEFORE_ALL = ("", "", date.min.isoformat(), "")


class PostgresJournal:
    """The `Journal` port."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def save(self, taken: Collection[TakenOver]) -> None:
        if not taken:
            return
        rows = sorted({one.key: one for one in taken}.values(), key=lambda one: one.key)
        columns = {
            "location_id": [one.key.store for one in rows],
            "till": [one.key.till for one in rows],
            "business_date": [one.key.business_date for one in rows],
            "sequence": [one.key.sequence for one in rows],
            "kind": [one.kind for one in rows],
            "currency": [one.total.currency if one.total is not None else "" for one in rows],
            "total_micros": [one.total.micros if one.total is not None else None for one in rows],
            "order_id": [one.order_id for one in rows],
            "occurred_at": [one.at for one in rows],
        }
        async with transaction(self._engine) as connection:
            await connection.execute(SAVE, columns)

    async def list(self, business_date: date | None, after: Sequence[str], limit: int) -> Sequence[TakenOver]:
        store, till, day, sequence = after or BEFORE_ALL
        asked = {
            "business_date": business_date,
            "location_id": store,
            "till": till,
            "after_date": date.fromisoformat(day),
            "length": len(sequence),
            "sequence": sequence,
            "limit": limit,
        }
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(LIST, asked)).mappings()
            return [taken_over_of(row) for row in rows]


def taken_over_of(row: RowMapping) -> TakenOver:
    key = ReceiptKey(row["location_id"], row["till"], row["business_date"], row["sequence"])
    total = Money(row["currency"], row["total_micros"]) if row["total_micros"] is not None else None
    return TakenOver(key, Kind(row["kind"]), total, row["order_id"], row["occurred_at"])
