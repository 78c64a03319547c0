"""The words of an order; the numbers are those of the contract, so nothing has to be looked up."""

from enum import IntEnum


class OrderKind(IntEnum):
    STOREFRONT = 1
    TILL_SALE = 2


class OrderState(IntEnum):
    CONFIRMED = 1
    HELD = 2
    BACKORDERED = 3
    REFUSED = 4
    PARTIALLY_SHIPPED = 5
    COMPLETED = 6
    CANCELLED = 7


class HoldReason(IntEnum):
    UNKNOWN_PRODUCT = 1
    TOTALS_MISMATCH = 2
    PAYMENT_PENDING = 3
    OPERATOR = 4
    PRICE_SUSPECT = 5
    UNKNOWN_LOCATION = 6
    STOCK_REFUSED = 7


class RefusalReason(IntEnum):
    TEST_ORDER = 1
    ALREADY_CANCELLED = 2
    NOTHING_ORDERED = 3


JUDGEMENTS = frozenset(
    {
        HoldReason.TOTALS_MISMATCH,
        HoldReason.PAYMENT_PENDING,
        HoldReason.OPERATOR,
        HoldReason.PRICE_SUSPECT,
    }
)
"""Reasons that a person may overrule. The others state a lack that no decision can fill."""

ACCEPTED = frozenset(
    {OrderState.CONFIRMED, OrderState.BACKORDERED, OrderState.PARTIALLY_SHIPPED, OrderState.COMPLETED}
)
"""States in which the sale counts for the ledger."""
