"""Turn facts of orders into postings."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from libs.money import Money
from services.erp_gateway.application.ports import Heard, Transaction
from services.erp_gateway.domain import postings
from services.erp_gateway.domain.facts import Fact, FactKind, taken_back, whole_line
from services.erp_gateway.domain.postings import Posting, PostingState, StepKind

StepsOf = Callable[[FactKind], Sequence[StepKind]]

CALLED_OFF = "the sale was called off and taken back whole"
NEVER_POSTED = "the sale was never handed to the ledger"
NOTHING_LEFT = "credit notes took back the whole sale before"


async def record_facts(transaction: Transaction, heard: Sequence[Heard], steps_of: StepsOf) -> None:
    """Keep a posting for each fact; a fact heard of before is left as it is.

    ``heard`` is in the order of the events. What a credit note or cancellation takes back depends on the
    postings that its order has already.
    """
    order_ids = sorted({item.fact.order_id for item in heard})
    known = await transaction.find_of_orders(order_ids)
    books = {order_id: _Book(list(known.get(order_id, ()))) for order_id in order_ids}
    new = [(item, books[item.fact.order_id].take(item.fact, steps_of)) for item in heard]
    await transaction.add(new)
    await transaction.need([posting.posting_id for book in books.values() for posting in book.needed])


class _Book:
    """The postings of one order."""

    def __init__(self, known: list[Posting]) -> None:
        self._known = known
        self.needed: list[Posting] = []
        """Skipped before, and needed after all."""

    def take(self, fact: Fact, steps_of: StepsOf) -> Posting:
        posting = self._judged(postings.new_posting(fact, steps_of(fact.kind)))
        if posting.posting_id not in {known.posting_id for known in self._known}:
            self._known.append(posting)
            if fact.kind is FactKind.SALE:
                self._need_credit_notes()
        return posting

    def _judged(self, posting: Posting) -> Posting:
        fact = posting.fact
        if fact.kind is FactKind.SALE or not fact.origin_key:
            return posting
        others = [known for known in self._known if known.posting_id != posting.posting_id]
        sale = next((known for known in others if known.fact.kind is FactKind.SALE), None)
        if sale is None:
            return postings.skipped(posting, NEVER_POSTED)
        if any(_is_whole(known) for known in others):
            return postings.skipped(posting, CALLED_OFF)
        if fact.kind is FactKind.CANCELLATION:
            return _remainder(posting, sale, others)
        return posting

    def _need_credit_notes(self) -> None:
        """What was given back while the order was held belongs in the ledger once its sale is there."""
        for place, known in enumerate(self._known):
            if known.fact.kind is FactKind.CREDIT_NOTE and known.failure == NEVER_POSTED:
                self._known[place] = postings.needed_after_all(known)
                self.needed.append(self._known[place])


def _is_whole(posting: Posting) -> bool:
    """Whether with this posting nothing is left of the sale; also when it had nothing left to do."""
    return posting.fact.kind is FactKind.CANCELLATION and posting.failure != NEVER_POSTED


def _remainder(posting: Posting, sale: Posting, others: Sequence[Posting]) -> Posting:
    """A cancellation takes back what credit notes have left of the sale, each amount once."""
    credited = [known.fact for known in others if _takes_back(known)]
    currency = sale.fact.amount.currency
    left = sale.fact.amount + Money.total((fact.amount for fact in credited), currency)
    if left <= Money.zero(currency):
        return postings.skipped(posting, NOTHING_LEFT)
    tax = sale.fact.tax + Money.total((fact.tax for fact in credited), currency)
    lines = [taken_back(line) for line in sale.fact.lines]
    if credited:
        lines = [whole_line(-left if sale.fact.tax_included else -(left - tax))]
    fact = replace(posting.fact, amount=-left, tax=-tax, tax_included=sale.fact.tax_included, lines=lines)
    return replace(posting, fact=fact)


def _takes_back(posting: Posting) -> bool:
    return posting.fact.kind is FactKind.CREDIT_NOTE and posting.state is not PostingState.SKIPPED
