"""A till transaction on its way through the use case."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from libs.intake import Message, Outcome, Problem, State, Unreadable
from libs.money import Money
from services.pos_gateway.application.ports import Origin, ReadOne, Skus
from services.pos_gateway.domain.receipts import (
    Identifier,
    Receipt,
    ReceiptKey,
    StockDocument,
    Transaction,
)
from services.pos_gateway.domain.settle_receipt import (
    GoodsBack,
    Sale,
    goods_total,
    problems_of,
    settle_receipt,
)


@dataclass(slots=True)
class Task:
    """``at`` has a zone once the store's is known; ``order_id`` is set by the first command that has one."""

    message: Message
    transaction: Transaction
    age: timedelta
    sale: Sale | None = None
    returns: tuple[GoodsBack, ...] = ()
    at: datetime = field(default=datetime.min.replace(tzinfo=UTC))
    order_id: str = ""
    outcome: Outcome | None = None

    @property
    def key(self) -> ReceiptKey:
        return self.transaction.key

    @property
    def origin(self) -> Origin:
        return Origin(str(self.message.message_id), self.message.traceparent)

    @property
    def total(self) -> Money | None:
        receipt = self.transaction
        if not isinstance(receipt, Receipt):
            return None
        return goods_total(receipt) if receipt.total is None else receipt.total

    @property
    def is_taken_over(self) -> bool:
        return self.outcome_given().state in (State.APPLIED, State.IGNORED)

    def articles(self) -> Iterator[tuple[Identifier, ...]]:
        """The names of each article, in the order in which they are tried."""
        match self.transaction:
            case Receipt(sold=sold, returned=returned):
                yield from (line.names for line in sold)
                yield from (one.line.names for one in returned)
            case StockDocument(changes=changes):
                yield from (change.names for change in changes)

    def outcome_given(self) -> Outcome:
        if self.outcome is None:
            raise AssertionError("a message was left without an outcome")
        return self.outcome


def task_of(read: ReadOne, message: Message, now: datetime) -> Task | Outcome:
    """What the message is about, or why nobody can tell."""
    try:
        transaction = read(message.body)
    except Unreadable as error:
        return Outcome.quarantine("invalid", error.problems)
    task = Task(message, transaction, now - message.received_at)
    if isinstance(transaction, Receipt):
        if broken := problems_of(transaction):
            return Outcome.quarantine("does_not_add_up", [Problem(one.field, one.rule) for one in broken])
        settled = settle_receipt(transaction)
        task.sale, task.returns = settled.sale, settled.returns
    return task


def sku_of(names: tuple[Identifier, ...], skus: Skus) -> str:
    """The product of the first name that anybody knows, empty when there is none."""
    return next((skus[name] for name in names if name in skus), "")


def stock_problems(document: StockDocument, skus: Skus) -> list[Problem]:
    """Stock of a product that nobody knows cannot be kept: a person names the product first."""
    return [
        Problem(f"InventoryControlTransaction/LineItem[{place}]/ItemID", "must name a known product")
        for place, change in enumerate(document.changes, start=1)
        if not sku_of(change.names, skus)
    ]
