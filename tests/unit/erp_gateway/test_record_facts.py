"""Which postings the facts of an order make, in any sequence."""

import asyncio
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.money import Money
from services.erp_gateway.application.ports import Heard
from services.erp_gateway.application.record_facts import CALLED_OFF, NEVER_POSTED, NOTHING_LEFT, record_facts
from services.erp_gateway.domain.facts import FactKind
from services.erp_gateway.domain.postings import PostingState
from tests.builders.erp_facts import NOON, a_cancellation, a_credit_note, a_sale, usd
from tests.builders.erp_fakes import STEPS, MemoryStore, anything

PENDING, SKIPPED = PostingState.PENDING, PostingState.SKIPPED


def recorded(*batches):
    """The postings after batches of facts, in their order."""
    store = MemoryStore()

    async def record():
        for facts in filter(None, batches):
            heard = [Heard(fact, NOON, "") for fact in facts]
            await record_facts(anything(store), heard, lambda kind: STEPS)

    asyncio.run(record())
    return list(store.kept.values())


def summary(postings):
    return [(it.fact.kind.value, it.state.value, it.fact.amount.micros // 10_000) for it in postings]


def test_a_cancellation_takes_back_the_lines_of_its_sale():
    sale = a_sale(3000)
    _, cancelled = recorded([sale, a_cancellation()])
    assert [(line.sku, line.amount) for line in cancelled.fact.lines] == [("SKU-1", usd(-3000))]
    assert (cancelled.fact.amount, cancelled.fact.tax) == (usd(-3000), -sale.tax)


def test_a_cancellation_after_a_credit_note_takes_back_the_rest_in_one_line():
    *_, cancelled = recorded([a_sale(3000), a_credit_note(1000), a_cancellation()])
    (line,) = cancelled.fact.lines
    assert (line.amount, line.unit_price) == (usd(-2000), usd(2000))


def test_the_rest_of_a_sale_with_tax_on_top_still_adds_up():
    *_, cancelled = recorded([a_sale(3000, tax_included=False), a_credit_note(1000), a_cancellation()])
    fact = cancelled.fact
    assert fact.lines[0].amount + fact.tax == fact.amount == usd(-2000)


def test_nothing_is_taken_back_twice():
    assert summary(recorded([a_sale(), a_cancellation(), a_credit_note(), a_cancellation()])) == [
        ("SALE", "PENDING", 3000),
        ("CANCELLATION", "PENDING", -3000),
        ("CREDIT_NOTE", "SKIPPED", -1000),
    ]


def test_why_something_is_not_posted_is_kept():
    *_, late = recorded([a_sale(), a_cancellation(), a_credit_note()])
    (early,) = recorded([a_credit_note()])
    *_, empty = recorded([a_sale(), a_credit_note(3000), a_cancellation()])
    assert [late.failure, early.failure, empty.failure] == [CALLED_OFF, NEVER_POSTED, NOTHING_LEFT]


def test_orders_do_not_touch_each_other():
    postings = recorded([a_sale(order="1"), a_cancellation("2"), a_credit_note(order="3")])
    assert [it.state for it in postings] == [PENDING, SKIPPED, SKIPPED]


facts = st.lists(
    st.one_of(
        st.just(a_sale(3000)),
        st.just(a_cancellation()),
        st.builds(
            lambda cents, number: a_credit_note(cents, return_id=f"R{number}"),
            st.sampled_from([100, 500, 1000]),
            st.integers(1, 3),
        ),
    ),
    max_size=8,
)


@given(facts, st.lists(st.integers(0, 8), max_size=3))
@settings(deadline=None)
def test_in_any_sequence_no_more_is_taken_back_than_was_sold(sequence, cuts):
    borders = sorted({0, *(min(cut, len(sequence)) for cut in cuts), len(sequence)})
    batches = [sequence[start:end] for start, end in pairwise(borders)]
    postings = recorded(*batches)
    wanted = [it for it in postings if it.state is not SKIPPED]
    left = Money.total((it.fact.amount for it in wanted), "USD")
    sold = [it for it in wanted if it.fact.kind is FactKind.SALE]
    assert left >= usd(0)
    assert wanted[:1] == sold
    if any(it.fact.kind is FactKind.CANCELLATION for it in wanted):
        assert left == usd(0)
    # Cutting the events into batches differently changes no amount.
    assert sorted(summary(recorded(sequence))) == sorted(summary(postings))
