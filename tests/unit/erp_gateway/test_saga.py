"""Whatever happens on the way, each step is done once and never blindly."""

import asyncio
from collections import Counter
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.erp_gateway.application.run_posting import Clock, Means, run_posting
from services.erp_gateway.domain.postings import Outcome, PostingState, new_posting, retried
from tests.builders.erp_facts import a_credit_note, a_sale
from tests.builders.erp_fakes import STEPS, Crash, FakeErp, FakeTime, MemoryStore, Mishap, NoSlots, anything

ROUNDS = 400
LEASE = timedelta(seconds=10)


def posting(fact):
    return new_posting(fact, STEPS)


def worked_out(postings, mishaps=(), crashes=()):
    """Works on the postings until all are posted, as ever new processes where one dies."""
    time = FakeTime()
    erp, store = FakeErp(time, mishaps), MemoryStore(postings, crashes)
    means = Means(anything(erp), anything(store), NoSlots(), Clock(time, lambda: 0.5))

    async def work():
        for _ in range(ROUNDS):
            waiting = store.claimed()
            if not waiting:
                return
            for claimed in waiting:
                due = store.waits.get(claimed.posting.posting_id, time.now)
                time.now = max(time.now, due)
                try:
                    await run_posting(means, claimed)
                except Crash:
                    time.now += LEASE
        raise AssertionError("not posted in the end")

    asyncio.run(work())
    return erp, store


mishaps = st.lists(st.sampled_from(Mishap), max_size=40)
crashes = st.lists(st.booleans(), max_size=15)


@given(mishaps, crashes)
@settings(max_examples=400, deadline=None)
def test_every_step_is_done_once_whatever_happens(mishaps, crashes):
    sale = posting(a_sale())
    erp, store = worked_out([sale], mishaps, crashes)
    assert erp.documents == Counter(step.external_key for step in sale.steps)
    assert erp.order == [step.external_key for step in sale.steps]
    (kept,) = store.kept.values()
    assert kept.state is PostingState.POSTED
    assert {step.outcome for step in kept.steps} == {Outcome.DONE}


@given(mishaps, crashes)
@settings(max_examples=150, deadline=None)
def test_postings_of_one_customer_open_one_account(mishaps, crashes):
    sales = [posting(a_sale(order=str(number))) for number in range(4)]
    erp, _ = worked_out(sales, mishaps, crashes)
    assert erp.documents["C-C1"] == 1
    assert set(erp.documents.values()) == {1}


def attempts(store):
    (kept,) = store.kept.values()
    return [step.attempts for step in kept.steps]


def test_what_is_certainly_not_done_is_done_without_looking():
    _, store = worked_out([posting(a_sale())], [Mishap.NONE, Mishap.NONE, Mishap.NOT_DONE])
    assert attempts(store) == [1, 2, 1, 1]


def test_a_lost_answer_to_a_write_costs_no_second_write():
    lost_at_header = [Mishap.NONE, Mishap.NONE, Mishap.LOST_AFTER_WRITE]
    _, store = worked_out([posting(a_sale())], lost_at_header)
    assert attempts(store) == [1, 1, 1, 1]


def test_what_is_not_found_is_done_again_once_it_cannot_come_any_more():
    lost_at_header = [Mishap.NONE, Mishap.NONE, Mishap.LATE_WRITE]
    _, store = worked_out([posting(a_sale())], lost_at_header)
    assert attempts(store) == [1, 1, 1, 1]


def test_a_posting_retried_by_a_person_is_looked_up_first():
    failed = posting(a_credit_note())
    step = failed.steps[0]
    assert retried(failed).steps[0].outcome is Outcome.UNKNOWN
    assert retried(failed).steps[0].external_key == step.external_key
