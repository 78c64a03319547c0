"""How much of a product stands at a location; quantities are thousandths of the product's unit."""

from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

Key = tuple[str, str]
"""SKU and location id."""


class Unit(IntEnum):
    """Numbers as in the contract's ``Unit``."""

    PIECE = 1
    KILOGRAM = 2
    LITRE = 3
    METRE = 4


class LevelState(NamedTuple):
    """A level as it was after one command."""

    sku: str
    location_id: str
    unit: Unit
    on_hand: int
    reserved: int
    safety_stock: int
    version: int


class Level:
    """A level while a batch of commands works on it; a snapshot for others is a `LevelState`.

    ``counted_at`` is the instant of the last count: what happened up to it is part of ``on_hand`` already.
    """

    __slots__ = ("counted_at", "location_id", "on_hand", "reserved", "safety_stock", "sku", "unit", "version")

    def __init__(
        self,
        sku: str,
        location_id: str,
        unit: Unit,
        on_hand: int = 0,
        reserved: int = 0,
        safety_stock: int = 0,
        version: int = 0,
        counted_at: datetime | None = None,
    ) -> None:
        self.sku = sku
        self.location_id = location_id
        self.unit = unit
        self.on_hand = on_hand
        self.reserved = reserved
        self.safety_stock = safety_stock
        self.version = version
        self.counted_at = counted_at

    @property
    def key(self) -> Key:
        return self.sku, self.location_id

    @property
    def available(self) -> int:
        """What may be promised; below zero when safety stock is not covered."""
        return self.on_hand - self.reserved - self.safety_stock

    def state(self) -> LevelState:
        return LevelState(
            self.sku,
            self.location_id,
            self.unit,
            self.on_hand,
            self.reserved,
            self.safety_stock,
            self.version,
        )

    def has_counted(self, occurred_at: datetime) -> bool:
        """Whether the last count saw the shelf after ``occurred_at``."""
        return self.counted_at is not None and occurred_at <= self.counted_at
