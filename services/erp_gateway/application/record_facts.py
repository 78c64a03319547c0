"""Turn facts of orders into postings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from libs.money import Money
from services.erp_gateway.application.ports import Heard, Transaction
from services.erp_gateway.domain import postings
from services.erp_gateway.domain.facts import Fact, FactKind, whole_line
from services.erp_gateway.domain.postings import Posting, PostingState, StepKind

StepsOf = Callable[[FactKind], Sequence[StepKind]]

CALLED_OFF = "the sale was called off and taken back whole"
NEVER_POSTED = "the sale was never handed to the ledger"


async def record_facts(transaction: Transaction, heard: Sequence[Heard], steps_of: StepsOf) -> None:
    """Keep a posting for each fact; a fact heard of before is left as it is.

    ``heard`` is in the order of the events. What a credit note or cancellation takes back depends on the
    postings that its order has already.
    """
    order_ids = sorted({item.fact.order_id for item in heard})
    sales = dict(await transaction.find_sales(order_ids))
    takebacks = {key: list(found) for key, found in (await transaction.find_takebacks(order_ids)).items()}
    new: list[tuple[Posting, str]] = []
    for item in heard:
        posting = _posting_of(item.fact, steps_of, sales, takebacks)
        new.append((posting, item.traceparent))
        if posting.fact.kind is FactKind.SALE:
            sales.setdefault(posting.fact.order_id, posting)
        else:
            takebacks.setdefault(posting.fact.order_id, []).append(posting)
    await transaction.add([posting for posting, _ in new], [trace for _, trace in new])


def _posting_of(
    fact: Fact,
    steps_of: StepsOf,
    sales: Mapping[str, Posting],
    takebacks: Mapping[str, Sequence[Posting]],
) -> Posting:
    posting = postings.new_posting(fact, steps_of(fact.kind))
    if fact.kind is FactKind.SALE or not fact.origin_key:
        return posting
    sale = sales.get(fact.order_id)
    if sale is None or sale.state is PostingState.SKIPPED:
        return postings.skipped(posting, NEVER_POSTED)
    earlier = [found for found in takebacks.get(fact.order_id, ()) if found.posting_id != posting.posting_id]
    if any(found.fact.kind is FactKind.CANCELLATION for found in earlier):
        return postings.skipped(posting, CALLED_OFF)
    if fact.kind is FactKind.CANCELLATION:
        return _remainder(posting, sale, earlier)
    return posting


def _remainder(posting: Posting, sale: Posting, earlier: Sequence[Posting]) -> Posting:
    """A cancellation takes back what credit notes have left of the sale, each amount once."""
    fact = posting.fact
    taken = [found for found in earlier if found.state is not PostingState.SKIPPED]
    credited = Money.total((found.fact.amount for found in taken), fact.amount.currency)
    left = sale.fact.amount + credited
    if not left:
        return postings.skipped(posting, "credit notes took back the whole sale before")
    if not taken:
        return replace(posting, fact=replace(fact, amount=-left))
    tax = sale.fact.tax + Money.total((found.fact.tax for found in taken), fact.amount.currency)
    lines = [whole_line(-left if fact.tax_included else -(left - tax))]
    return replace(posting, fact=replace(fact, amount=-left, tax=-tax, lines=lines))
