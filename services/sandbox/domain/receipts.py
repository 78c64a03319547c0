"""What a till writes down: receipts with their tenders, and the files that carry them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.sandbox.domain.amounts import tax_within
from services.sandbox.domain.trade import Correction, Line, ReductionKind


class ReceiptKind(StrEnum):
    SALE = "sale"
    RETURN = "return"
    SIGN_ON = "sign_on"
    SIGN_OFF = "sign_off"
    NO_SALE = "no_sale"


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Tender:
    """Money laid down (sale) or paid out (return), never negative."""

    kind: TenderKind
    micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The line of the receipt that a returned line was sold on."""

    store: str
    till: str
    sequence: int
    business_date: date
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One transaction of a till; its key is store, till, sequence and business date.

    Lines of a return have positive quantities and amounts; ``total`` is what changes hands, negative then.
    """

    store: str
    till: str
    sequence: int
    business_date: date
    kind: ReceiptKind
    begins_at: datetime
    ends_at: datetime
    operator: int
    currency: str
    reference: str = ""
    """The source's basket."""
    customer_id: str | None = None
    lines: tuple[Line, ...] = ()
    originals: tuple[Original, ...] = ()
    """For a return with the receipt at hand, the origin of each line; empty without it."""
    tenders: tuple[Tender, ...] = ()
    change: int = 0

    @property
    def key(self) -> str:
        return f"{self.store}/{self.till}/{self.sequence}/{self.business_date}"

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def total(self) -> int:
        return -self.net if self.kind is ReceiptKind.RETURN else self.net

    @property
    def tax(self) -> int:
        """Contained in the prices; negative for a return."""
        tax = sum(tax_within(line.net, line.tax_rate) for line in self.lines)
        return -tax if self.kind is ReceiptKind.RETURN else tax

    def coupons(self) -> dict[ReductionKind, int]:
        """Reductions booked below the lines, by kind; the chain's own stand in the lines."""
        sums: dict[ReductionKind, int] = {}
        for reduction in (reduction for line in self.lines for reduction in line.reductions):
            if reduction.kind is not ReductionKind.RETAIL:
                sums[reduction.kind] = sums.get(reduction.kind, 0) + reduction.micros
        return sums


@dataclass(frozen=True, slots=True, kw_only=True)
class TillFile:
    """The receipts of one till and hour; ``copy`` counts the exports of the same hour."""

    store: str
    till: str
    hour: datetime
    receipts: tuple[Receipt, ...]
    copy: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionFile:
    """Stock corrections of one hour, written by the back office of a location."""

    location_id: str
    till: str
    hour: datetime
    business_date: date
    corrections: tuple[Correction, ...]
    sequence: int
    copy: int = 0
