"""The ledger: every movement takes from one bucket and gives to another, and none is ever changed."""

from datetime import datetime
from enum import IntEnum
from typing import NamedTuple


class Bucket(IntEnum):
    """Where goods are; numbers as in the contract's ``StockBucket``."""

    ON_HAND = 1
    CUSTOMER = 2
    SUPPLIER = 3
    LOSS = 4
    DISCREPANCY = 5


class Cause(IntEnum):
    """Why goods moved; numbers as in the contract's ``MovementCause``."""

    COUNT = 1
    SALE = 2
    SHIPMENT = 3
    RETURN = 4
    RECEIPT = 5
    ADJUSTMENT = 6
    UNEXPLAINED = 7


PHYSICAL = (Cause.SALE, Cause.SHIPMENT, Cause.RETURN, Cause.RECEIPT, Cause.ADJUSTMENT)
"""Causes that say what happened to goods; the others set the ledger right and say nothing of a shelf."""

SUPPLIED_FROM = {Cause.RETURN: Bucket.CUSTOMER, Cause.RECEIPT: Bucket.SUPPLIER}


class Movement(NamedTuple):
    """``quantity`` is always positive; ``occurred_at`` is when goods moved, not when we heard of it."""

    sku: str
    location_id: str
    from_bucket: Bucket
    to_bucket: Bucket
    quantity: int
    cause: Cause
    source_reference: str
    occurred_at: datetime
    reason: str = ""
