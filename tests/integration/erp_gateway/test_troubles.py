"""What goes wrong on the way to the ERP, and that nothing is lost or doubled by it."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from retailmesh.erp.v1 import erp_events_pb2
from services.erp_gateway.adapters.store import PostgresStore
from services.erp_gateway.application.ports import Call, LeaseLost
from services.erp_gateway.application.retry_posting import retry_posting
from services.sandbox.domain.erp_documents import DocumentKind as Kind
from tests.builders.order_facts import a_return, an_order, order_id, was_cancelled, was_placed, was_returned
from tests.builders.polling import poll_until
from tests.integration.erp_gateway.conftest import LEASE, utc_now

STATES = "select state, count(*) from posting group by state"
ORDERS = 40
EVERY_SALE = {f"S-{order_id(number)}" for number in range(1, ORDERS + 1)}
PARTS = (Kind.ORDER_LINES, Kind.ORDER_TAX, Kind.ORDER_PAYMENT)


def sales(count=ORDERS, **given):
    return [was_placed(an_order(number, **given)) for number in range(1, count + 1)]


def assert_all_posted(ledger):
    """Doubles are looked for after each test."""
    assert set(ledger.keys(Kind.ORDER)) == EVERY_SALE
    assert [len(ledger.posted(kind)) for kind in PARTS] == [ORDERS] * 3


async def test_an_erp_with_fewer_slots_than_ours_gets_everything_once(
    record, a_desk, all_ended, ledger, rows
):
    ledger.condition.slots = 3
    ledger.weather(latency_ms=(5, 15))
    await record(*sales())
    desk = await a_desk()
    await all_ended(60.0)
    assert_all_posted(ledger)
    assert desk.slots < 15
    ((throttled,),) = await rows("select count(*) from erp_call where status = 429")
    assert throttled == ledger.condition.turned_away > 0


async def test_failures_before_the_write_are_repeated(record, a_desk, all_ended, ledger):
    ledger.weather(failed_before=150)
    await record(*sales())
    await a_desk()
    await all_ended(60.0)
    assert_all_posted(ledger)


async def test_lost_answers_are_looked_up_before_anything_is_repeated(
    record, a_desk, all_ended, ledger, rows
):
    ledger.weather(answer_lost=300)
    await record(*sales())
    await a_desk()
    await all_ended(60.0)
    assert_all_posted(ledger)
    faults = Counter(
        dict(await rows("select status, count(*) from erp_call where outcome = 'UNKNOWN' group by 1"))
    )
    assert set(faults) == {0, 504}


async def test_everything_at_once_posts_every_fact_once(record, a_desk, all_ended, ledger, rows):
    ledger.condition.slots = 6
    ledger.weather(failed_before=80, answer_lost=80, latency_ms=(0, 10))
    events = sales(customer="C1")
    for number in range(1, ORDERS + 1, 3):
        events += [was_returned(a_return(number)), was_cancelled(an_order(number))]
    await record(*events)
    await a_desk(limit=10)
    await a_desk(limit=10)
    await all_ended(60.0)
    assert await rows(STATES) == [("POSTED", ORDERS + 14 * 2)]
    assert_all_posted(ledger)
    assert len(ledger.posted(Kind.CREDIT_NOTE)) == 28


async def test_an_answer_that_never_comes_is_looked_up(record, a_desk, all_ended, ledger):
    ledger.hold_back(Kind.ORDER, order_id(1))
    await record(was_placed(an_order()))
    await a_desk()
    await all_ended()
    assert ledger.keys(Kind.ORDER) == [f"S-{order_id(1)}"]


async def test_an_erp_that_is_away_gets_everything_when_it_is_back(record, a_desk, all_ended, ledger, rows):
    await ledger.stop()
    await record(*(was_placed(an_order(number, customer=f"C{number}")) for number in range(1, ORDERS + 1)))
    desk = await a_desk()
    await poll_until(lambda: desk.slots == 1)
    assert {state for state, _ in await rows(STATES)} <= {"PENDING", "POSTING"}
    await ledger.start()
    await all_ended(60.0)
    assert_all_posted(ledger)
    assert desk.slots == 15


@pytest.mark.parametrize("kind", [Kind.CUSTOMER, Kind.ORDER, Kind.ORDER_LINES, Kind.ORDER_PAYMENT])
async def test_a_worker_that_dies_between_write_and_answer_leaves_no_double(
    record, a_desk, all_ended, ledger, rows, kind
):
    ledger.hold_back(kind, "")
    await record(was_placed(an_order(customer="C1")))
    dying = await a_desk(grace=0.0)
    held = asyncio.create_task(ledger.is_held_back(""))
    await held
    await dying.stop()
    ledger.hold.release(broken=True)
    assert await rows("select state from posting") == [("POSTING",)]
    await a_desk()
    await all_ended()
    assert len(ledger.posted(kind)) == 1
    assert await rows("select state from posting") == [("POSTED",)]


async def test_two_workers_share_one_backlog(record, a_desk, all_ended, ledger, rows):
    ledger.weather(latency_ms=(1, 5))
    await record(*sales())
    first, second = await a_desk(limit=4), await a_desk(limit=4)
    await poll_until(lambda: first.slots_used and second.slots_used)
    await all_ended()
    assert_all_posted(ledger)
    assert await rows("select count(*), count(distinct posting_id) from erp_call where step = 'HEADER'") == [
        (ORDERS, ORDERS)
    ]


async def test_a_customer_of_many_orders_has_one_account(record, a_desk, all_ended, ledger):
    ledger.weather(latency_ms=(20, 40), answer_lost=200)
    await record(*sales(customer="C1"))
    await a_desk()
    await a_desk()
    await all_ended(60.0)
    assert ledger.keys(Kind.CUSTOMER) == ["C-C1"]
    accounts = {document.body["customer_id"] for document in ledger.posted(Kind.ORDER)}
    assert len(accounts) == 1


async def test_who_lost_its_lease_changes_nothing_any_more(record, store, rows):
    await record(was_placed(an_order()))
    (late,) = await store.claim(1)
    later = PostgresStore(store._engine, lambda: utc_now() + LEASE * 2, uuid4, timedelta(minutes=1))
    (owner,) = await later.claim(1)
    assert owner.posting == late.posting
    with pytest.raises(LeaseLost):
        async with store.begin() as transaction:
            await transaction.save(late, [])
    assert await later.claim(1) == []
    assert await rows("select lease from posting") == [(owner.lease,)]


@pytest.fixture
async def a_failed_sale(record, a_desk, rows):
    """The ERP does not know the customer's account that the gateway believes in."""
    await rows("insert into customer values ('C-C1', gen_random_uuid(), 'CU-0000099')")
    await record(was_placed(an_order(1, customer="C1")), was_returned(a_return(1)), was_placed(an_order(2)))
    await a_desk()

    async def both_ended():
        return await rows("select state from posting order by position") == [
            ("FAILED",),
            ("PENDING",),
            ("POSTED",),
        ]

    await poll_until(both_ended)


async def test_a_posting_keeps_its_lease_for_as_long_as_its_call_takes(
    record, a_desk, ledger, store, all_ended, rows, patient_client
):
    ledger.hold_back(Kind.ORDER, "")
    await record(was_placed(an_order()))
    await a_desk(erp=patient_client)
    await ledger.is_held_back("")
    ((lease, ends),) = await rows("select lease, leased_until from posting")

    async def renewed():
        return await rows(f"select 1 from posting where leased_until > '{ends + LEASE}'")

    await poll_until(renewed)
    assert await store.claim(1) == []
    assert await rows("select lease from posting") == [(lease,)]
    ledger.hold.release(broken=False)
    await all_ended()


async def test_what_the_erp_refuses_fails_and_holds_back_its_order_alone(a_failed_sale, rows, ledger):
    ((payload,),) = await rows("select payload from outbox where subject like '%.failed.%'")
    told = erp_events_pb2.PostingFailed.FromString(payload).posting
    assert told.failure.startswith("404")
    assert ledger.keys(Kind.ORDER) == [f"S-{order_id(2)}"]


async def test_a_failed_posting_that_was_mended_goes_on_where_it_failed(
    a_failed_sale, store, rows, ledger, all_ended
):
    ledger.write(Kind.ORDER, f"S-{order_id(1)}", currency="USD")
    ((posting_id,),) = await rows("select posting_id from posting where state = 'FAILED'")
    await retry_posting(store, Call("again", b"digest"), posting_id, utc_now())
    await all_ended()
    assert [state for (state,) in await rows("select state from posting")] == ["POSTED"] * 3
    assert ledger.keys(Kind.ORDER).count(f"S-{order_id(1)}") == 1


async def test_who_gives_up_opening_an_account_leaves_it_to_the_next(record, a_desk, all_ended, ledger, rows):
    await record(was_placed(an_order(1, customer="C1")), was_placed(an_order(2, customer="C1")))
    nobody = "00000000-0000-0000-0000-000000000000"
    await rows(f"insert into customer values ('C-C1', '{nobody}', '')")
    await a_desk()
    await all_ended()
    assert ledger.keys(Kind.CUSTOMER) == ["C-C1"]


async def test_the_audit_of_a_posting_tells_every_call_in_order(record, a_desk, all_ended, ledger, rows):
    ledger.weather(answer_lost=400, failed_before=200)
    await record(was_placed(an_order()))
    await a_desk()
    await all_ended(60.0)
    calls = await rows("select operation, status, outcome from erp_call order by position")
    assert len(calls) >= ledger.condition.calls
    assert calls[-1][0].endswith("payment")
    # After an answer that says nothing the next call is a look-up, never a repetition.
    for (operation, _, outcome), (following, _, _) in pairwise(calls):
        if operation.startswith("post ") and outcome == "UNKNOWN":
            assert following == operation.replace("post", "look up")
