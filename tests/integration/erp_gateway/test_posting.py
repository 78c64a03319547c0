"""From an order's events to documents in the ERP."""

from dataclasses import replace

import pytest

from retailmesh.erp.v1 import erp_events_pb2
from retailmesh.order.v1 import order_pb2
from services.sandbox.domain.erp_documents import DocumentKind as Kind
from tests.builders.order_facts import (
    a_return,
    a_tender,
    an_order,
    order_id,
    usd,
    was_cancelled,
    was_placed,
    was_released,
    was_returned,
)

STATES = "select external_key, state, amount_micros, failure from posting order by position"
SALE, CANCELLATION = f"S-{order_id(1)}", f"X-{order_id(1)}"
CREDIT_NOTE = f"R-{order_id(1)}-R1"


def cents(rows):
    return [(key, state, micros // 10_000) for key, state, micros, _ in rows]


async def test_a_sale_becomes_an_order_with_lines_tax_and_payment_of_its_customer(
    record, a_desk, all_ended, ledger
):
    order = an_order(customer="C77")
    order.details.billing.name = "Erika Muster"
    await record(was_placed(order))
    await a_desk()
    await all_ended()
    assert ledger.one(Kind.CUSTOMER, "C-C77")["name"] == "Erika Muster"
    header = ledger.one(Kind.ORDER, SALE)
    assert (header["reference"], header["currency"]) == ("#1", "USD")
    lines = ledger.one(Kind.ORDER_LINES, f"{SALE}/lines")["lines"]
    assert [(line["item"], line["quantity_milli"], line["amount"]) for line in lines] == [
        ("SKU-1", 1000, "10.00"),
        ("SKU-2", 2000, "20.00"),
    ]
    assert ledger.one(Kind.ORDER_TAX, f"{SALE}/tax")["tax"] == [{"amount": "2.10", "included": True}]
    (payment,) = ledger.one(Kind.ORDER_PAYMENT, f"{SALE}/payment")["payments"]
    assert (payment["payment_key"], payment["means"], payment["amount"]) == ("T1", "card", "30.00")


async def test_what_does_not_stand_in_lines_stands_in_lines_of_its_own(record, a_desk, all_ended, ledger):
    order = an_order(tax_included=False, total=usd("36.99"), shipping_charge=usd("4.90"))
    await record(was_placed(order))
    await a_desk()
    await all_ended()
    lines = ledger.one(Kind.ORDER_LINES, f"{SALE}/lines")["lines"]
    assert [line["amount"] for line in lines] == ["10.00", "20.00", "4.90", "-0.01"]


@pytest.mark.parametrize("state", [order_pb2.ORDER_STATE_HELD, order_pb2.ORDER_STATE_REFUSED])
async def test_an_order_that_is_held_or_refused_is_not_posted(record, rows, state):
    await record(was_placed(an_order(state=state)))
    assert await rows(STATES) == []


async def test_a_released_order_is_posted_once(record, a_desk, all_ended, rows):
    await record(was_placed(an_order(state=order_pb2.ORDER_STATE_HELD)))
    await record(was_released(an_order()), was_released(an_order()))
    await a_desk()
    await all_ended()
    assert cents(await rows(STATES)) == [(SALE, "POSTED", 3000)]


async def test_repeated_events_make_nothing_new(record, a_desk, all_ended, rows, ledger):
    order = an_order()
    events = [was_placed(order), was_returned(a_return()), was_cancelled(order)]
    await record(*events)
    await a_desk()
    await all_ended()
    before, calls = await rows(STATES), ledger.condition.calls
    await record(*events)
    await record(*events[::-1])
    await all_ended()
    assert (await rows(STATES), ledger.condition.calls) == (before, calls)


async def test_a_cancellation_takes_back_what_credit_notes_left(record, a_desk, all_ended, rows, ledger):
    order = an_order()
    await record(was_placed(order), was_returned(a_return(amount="10.00")), was_cancelled(order))
    await a_desk()
    await all_ended()
    assert cents(await rows(STATES)) == [
        (SALE, "POSTED", 3000),
        (CREDIT_NOTE, "POSTED", -1000),
        (CANCELLATION, "POSTED", -2000),
    ]
    assert ledger.keys(Kind.CREDIT_NOTE) == [CREDIT_NOTE, CANCELLATION]
    (line,) = ledger.one(Kind.CREDIT_NOTE_LINES, f"{CANCELLATION}/lines")["lines"]
    assert (line["amount"], line["unit_price"]) == ("20.00", "20.00")
    assert ledger.one(Kind.CREDIT_NOTE_TAX, f"{CANCELLATION}/tax")["tax"] == [
        {"amount": "1.40", "included": True}
    ]


async def test_a_cancellation_without_credit_notes_takes_back_every_line(record, a_desk, all_ended, ledger):
    order = an_order()
    await record(was_placed(order), was_cancelled(order))
    await a_desk()
    await all_ended()
    lines = ledger.one(Kind.CREDIT_NOTE_LINES, f"{CANCELLATION}/lines")["lines"]
    assert [(line["item"], line["amount"]) for line in lines] == [("SKU-1", "10.00"), ("SKU-2", "20.00")]


async def test_a_cancellation_after_everything_was_given_back_posts_nothing(record, rows):
    order = an_order()
    await record(was_placed(order), was_returned(a_return(amount="30.00")), was_cancelled(order))
    (*_, last) = await rows(STATES)
    assert last == (CANCELLATION, "SKIPPED", -30_000_000, "credit notes took back the whole sale before")


async def test_a_refund_after_a_cancellation_is_counted_once(record, rows):
    order = an_order()
    await record(was_placed(order), was_cancelled(order), was_returned(a_return()))
    assert [(key, state) for key, state, *_ in await rows(STATES)] == [
        (SALE, "PENDING"),
        (CANCELLATION, "PENDING"),
        (CREDIT_NOTE, "SKIPPED"),
    ]


async def test_what_is_taken_back_of_an_order_that_was_never_posted_is_not_posted(record, rows):
    order = an_order(state=order_pb2.ORDER_STATE_HELD)
    await record(was_placed(order), was_returned(a_return()), was_cancelled(order))
    assert {state for _, state, *_ in await rows(STATES)} == {"SKIPPED"}


@pytest.mark.parametrize("together", [True, False])
async def test_what_was_given_back_while_an_order_was_held_is_posted_after_its_sale(
    record, a_desk, all_ended, rows, ledger, together
):
    held, returned = an_order(state=order_pb2.ORDER_STATE_HELD), was_returned(a_return())
    if together:
        await record(was_placed(held), returned, was_released(an_order()))
    else:
        await record(was_placed(held), returned)
        await record(was_released(an_order()))
    await a_desk()
    await all_ended()
    assert cents(await rows(STATES)) == [(SALE, "POSTED", 3000), (CREDIT_NOTE, "POSTED", -1000)]
    assert [it.external_key for it in ledger.posted(Kind.CREDIT_NOTE)] == [CREDIT_NOTE]


async def test_a_return_without_its_order_is_a_credit_note_of_its_own(record, a_desk, all_ended, rows):
    told = a_return(return_id="shop-1/R9")
    told.order_id = ""
    await record(was_returned(told))
    await a_desk()
    await all_ended()
    assert cents(await rows(STATES)) == [("R-shop-1/R9", "POSTED", -1000)]


async def test_a_return_of_goods_without_money_is_not_posted(record, rows):
    await record(was_placed(an_order()), was_returned(a_return(amount="0.00", tenders=[])))
    assert [key for key, *_ in await rows(STATES)] == [SALE]


async def test_money_given_back_is_paid_out_with_its_credit_note(record, a_desk, all_ended, ledger):
    more = a_return(amount="12.50", tenders=[a_tender("10.00"), a_tender("2.50", "T2")])
    await record(was_placed(an_order()), was_returned(more))
    await a_desk()
    await all_ended()
    payments = ledger.one(Kind.CREDIT_NOTE_PAYMENT, f"{CREDIT_NOTE}/payment")["payments"]
    assert [payment["amount"] for payment in payments] == ["10.00", "2.50"]


async def test_the_postings_of_one_order_go_one_after_the_other(record, a_desk, all_ended, ledger):
    orders = [an_order(number) for number in range(1, 21)]
    for order in orders:
        await record(was_placed(order))
    for number, order in enumerate(orders, start=1):
        await record(was_returned(a_return(number)), was_cancelled(order))
    ledger.weather(latency_ms=(0, 20))
    await a_desk()
    await all_ended()
    kinds = (Kind.ORDER, Kind.ORDER_PAYMENT, Kind.CREDIT_NOTE, Kind.CREDIT_NOTE_PAYMENT)
    at = {it.external_key: it.posted_at for kind in kinds for it in ledger.posted(kind)}
    for order in orders:
        sale, returned, cancelled = (f"{prefix}-{order.order_id}" for prefix in "SRX")
        steps = [sale, f"{sale}/payment", f"{returned}-R1", f"{returned}-R1/payment", cancelled]
        assert [at[key] for key in steps] == sorted(at[key] for key in steps)


async def test_every_call_of_a_posting_belongs_to_its_order_s_trace(record, a_desk, all_ended, rows, ledger):
    event = replace(was_placed(an_order()), traceparent=f"00-{'ab' * 16}-{'cd' * 8}-01")
    ledger.weather(failed_before=200, answer_lost=200)
    await record(event)
    await a_desk()
    await all_ended(60.0)
    assert await rows("select distinct trace_id from erp_call") == [("ab" * 16,)]
    assert await rows("select traceparent from outbox") == [(event.traceparent,)]


async def test_a_customer_s_name_is_kept_no_longer_than_it_is_needed(record, a_desk, all_ended, rows):
    order = an_order(customer="C1")
    order.details.billing.name = "Erika Muster"
    await record(was_placed(order))
    names = "select fact ->> 'customer_name' from posting"
    assert await rows(names) == [("Erika Muster",)]
    await a_desk()
    await all_ended()
    assert await rows(names) == [("",)]


async def test_that_a_posting_is_done_is_told_once_with_its_steps(record, a_desk, all_ended, rows):
    await record(was_placed(an_order()))
    await a_desk()
    await all_ended()
    ((key, payload),) = await rows("select key, payload from outbox")
    told = erp_events_pb2.PostingCompleted.FromString(payload).posting
    assert (key, told.external_key, told.amount) == (order_id(1), SALE, usd("30.00"))
    assert [bool(step.document_id) for step in told.steps] == [True] * 5
    assert told.posted_at.ToDatetime() >= told.created_at.ToDatetime()
