"""Stand-ins of the services behind the POS gateway, which remember what they are told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, tzinfo
from typing import Any

from libs.refusals import Refusal
from services.pos_gateway.application.ports import ChangeStock, RecordReturn, RecordSale, Skus, TakenOver
from services.pos_gateway.domain.receipts import Identifier, ReceiptKey
from tests.builders.storefront_ports import refusal


@dataclass
class FakeTillOrders:
    """Knows the sales it was told of. ``refusals`` maps a receipt's number to what it is refused with."""

    sales: dict[str, RecordSale] = field(default_factory=dict)
    returns: list[RecordReturn] = field(default_factory=list)
    refusals: dict[str, Refusal] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    skus: dict[Identifier, str] = field(default_factory=dict)

    async def record_sales(self, commands: Sequence[RecordSale], skus: Skus) -> Sequence[str | Refusal]:
        self.batches.append(len(commands))
        self.skus |= skus
        answers: list[str | Refusal] = []
        for command in commands:
            sequence = command.receipt.key.sequence
            if sequence not in self.refusals:
                self.sales[command.receipt.key.text] = command
            answers.append(self.refusals.get(sequence, f"order-{sequence}"))
        return answers

    async def record_return(self, command: RecordReturn, skus: Skus) -> str:
        if error := self.refusals.get(command.receipt.key.sequence):
            raise error
        original = command.back.original
        if command.linked and original and original.text not in self.sales:
            raise refusal("ORDER_UNKNOWN")
        self.returns.append(command)
        return f"order-{original.sequence}" if command.linked and original else ""


@dataclass
class FakeInventory:
    changes: list[ChangeStock] = field(default_factory=list)
    refusal: Refusal | None = None

    async def change_stock(self, command: ChangeStock, skus: Skus) -> None:
        if self.refusal:
            raise self.refusal
        self.changes.append(command)


@dataclass
class FakeCatalogue:
    skus: dict[str, str] = field(default_factory=dict)
    store_zones: dict[str, tzinfo] = field(default_factory=dict)

    async def resolve(self, names: Collection[tuple[Identifier, ...]]) -> Skus:
        return {
            name: self.skus[name.value] for article in names for name in article if name.value in self.skus
        }

    async def zones(self, stores: Collection[str]) -> Mapping[str, tzinfo]:
        return {store: self.store_zones.get(store, UTC) for store in stores}


@dataclass
class FakeJournal:
    taken: dict[ReceiptKey, TakenOver] = field(default_factory=dict)

    async def save(self, taken: Collection[TakenOver]) -> None:
        self.taken |= {one.key: one for one in taken}

    async def list(self, business_date: date | None, after: Sequence[str], limit: int) -> Any:
        return list(self.taken.values())
