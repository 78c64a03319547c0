"""Disagreements, and what a comparison of two systems saw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from libs.money import Money


class BreakKind(Enum):
    """The value is the name in the contract's enum, without its prefix."""

    MISSING_IN_MESH = "MISSING_IN_MESH"
    MISSING_AT_SOURCE = "MISSING_AT_SOURCE"
    DOUBLED_IN_MESH = "DOUBLED_IN_MESH"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    REFUND_DIFFERS = "REFUND_DIFFERS"
    CANCELLATION_DIFFERS = "CANCELLATION_DIFFERS"
    MISSING_IN_ERP = "MISSING_IN_ERP"
    UNKNOWN_IN_ERP = "UNKNOWN_IN_ERP"
    DOUBLED_IN_ERP = "DOUBLED_IN_ERP"
    ERP_AMOUNT_DIFFERS = "ERP_AMOUNT_DIFFERS"
    RESERVATION_DIFFERS = "RESERVATION_DIFFERS"


REMEDIES = {
    BreakKind.MISSING_IN_MESH: "Look for it in quarantine; else ask the source to send it again.",
    BreakKind.MISSING_AT_SOURCE: "Ask the source whether it was deleted; cancel the order when it was.",
    BreakKind.DOUBLED_IN_MESH: "Cancel the order that was recorded later.",
    BreakKind.AMOUNT_DIFFERS: "Compare the raw message with the source; a change after the sale was missed.",
    BreakKind.REFUND_DIFFERS: "Look for refund messages in quarantine and apply them again.",
    BreakKind.CANCELLATION_DIFFERS: "Look for a cancellation in quarantine and apply it again.",
    BreakKind.MISSING_IN_ERP: "Read the posting; try it again once what it names is mended.",
    BreakKind.UNKNOWN_IN_ERP: "Find who wrote the document; cancel it in the ERP when nobody claims it.",
    BreakKind.DOUBLED_IN_ERP: "Cancel the later document in the ERP.",
    BreakKind.ERP_AMOUNT_DIFFERS: "Compare the posting's steps with the document and correct it in the ERP.",
    BreakKind.RESERVATION_DIFFERS: "Release the order's hold again so that it is sourced anew.",
}
"""What a person does about each kind of break."""


@dataclass(frozen=True, slots=True)
class Break:
    """One disagreement; ``expected`` is the first system's word, ``found`` the second's."""

    kind: BreakKind
    subject: str
    expected: str
    found: str
    order_id: str = ""

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.kind]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing two systems saw; the totals are one amount per currency, in the currencies' order."""

    name: str
    left: int
    right: int
    matched: int
    breaks: Sequence[Break] = ()
    left_totals: Sequence[Money] = field(default=())
    right_totals: Sequence[Money] = field(default=())


def totals_by_currency(amounts: Iterable[Money]) -> list[Money]:
    """The sum of the amounts of each currency."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, Money.zero(amount.currency)) + amount
    return [sums[currency] for currency in sorted(sums)]
