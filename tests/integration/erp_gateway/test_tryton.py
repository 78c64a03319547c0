"""Posting to a real ERP: Tryton as the local stack sets it up, in an environment and processes of its own."""

import asyncio
from collections.abc import Mapping

import asyncpg
import pytest

from libs.stack.table import ROOT
from retailmesh.erp.v1 import erp_service_pb2 as pb
from retailmesh.erp.v1 import posting_pb2
from tests.builders.order_facts import (
    a_line,
    a_return,
    a_tender,
    an_order,
    order_id,
    usd,
    was_cancelled,
    was_placed,
    was_returned,
)
from tests.builders.polling import poll_until

TRYTON = ROOT / ".build" / "tryton" / "ready"
PATIENCE = 240.0

pytestmark = [
    pytest.mark.tryton,
    pytest.mark.skipif(not TRYTON.exists(), reason="there is no environment of Tryton: make tryton"),
    # The first set-up activates Tryton's modules, which takes a minute on a quiet machine.
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def mesh_services() -> list[str]:
    return ["erp_gateway"]


@pytest.fixture(scope="module")
def mesh_overrides() -> Mapping[str, Mapping[str, str]]:
    """Short patience: the tests wait for the lease of the process that they kill."""
    patience = {"LEASE_SECONDS": "4", "ERP_ANSWERS_AFTER_SECONDS": "20", "ERP_SETTLE_SECONDS": "25"}
    return {"erp_gateway": {"ERP": "tryton", **patience}}


@pytest.fixture
async def ask_tryton(mesh):
    """``await ask_tryton("select ...")``: rows of Tryton's own database, which only a test looks into."""
    connection = await asyncpg.connect(mesh.database_url("tryton"))

    async def ask(query, *values):
        return [tuple(row) for row in await connection.fetch(query, *values)]

    yield ask
    await connection.close()


@pytest.fixture
def all_posted(connect):
    """``await all_posted(1, 2)``: the postings of these orders, once each has ended well."""

    async def of_orders(stub, numbers):
        found = []
        for number in numbers:
            answer = await stub.ListPostings(pb.ListPostingsRequest(order_id=order_id(number)))
            found += answer.postings
        return found

    async def wait(*numbers, count):
        stub = connect()

        async def ended():
            found = await of_orders(stub, numbers)
            failures = [posting.failure for posting in found if posting.failure]
            assert failures == []
            done = [posting.state == posting_pb2.POSTING_STATE_POSTED for posting in found]
            return found if len(done) == count and all(done) else None

        return await poll_until(ended, PATIENCE)

    return wait


async def documents(stub):
    answer = await stub.ListErpDocuments(pb.ListErpDocumentsRequest())
    return {it.external_key: it for it in answer.documents}


async def test_a_sale_a_refund_and_a_cancellation_come_out_to_the_cent(
    mesh, publish, connect, all_posted, ask_tryton
):
    petrol = a_line(3, price="2.5326", total=usd("31.27"))
    petrol.quantity.milli = 12_347
    cash = 1
    order = an_order(
        1,
        customer="C1",
        lines=[a_line(1), a_line(2, pieces=3, price="9.99"), petrol],
        shipping_charge=usd("4.90"),
        total=usd("76.15"),
        tax=usd("5.03"),
        tenders=[a_tender("50.00", "T1", cash), a_tender("-3.85", "T2", cash), a_tender("30.00", "T3")],
    )
    await publish(was_placed(order), was_returned(a_return(1, "10.00")), was_cancelled(order))
    await all_posted(1, count=3)
    found = await documents(connect())
    sale, credit, rest = (found[f"{key}"] for key in keys_of(1))
    assert (sale.amount, sale.paid) == (usd("76.15"), usd("76.15"))
    assert (credit.amount, credit.paid) == (usd("-10.00"), usd("-10.00"))
    # Its money comes with refunds, which are credit notes of their own.
    assert (rest.amount, rest.paid) == (usd("-66.15"), usd("0.00"))
    taxes = await ask_tryton(TAXES)
    assert taxes == [(0,)]
    moves = "select description from account_move where description like $1 order by 1"
    assert await ask_tryton(moves, f"S-{order_id(1)}%") == [
        (f"S-{order_id(1)}/payment/card",),
        (f"S-{order_id(1)}/payment/cash",),
    ]


async def test_tax_on_top_and_what_was_paid_in_part(mesh, publish, connect, all_posted):
    tax_on_top = {"tax_included": False, "tax": usd("2.10"), "total": usd("32.10")}
    await publish(was_placed(an_order(2, tenders=[a_tender("12.00")], **tax_on_top)))
    await all_posted(2, count=1)
    sale = (await documents(connect()))[f"S-{order_id(2)}"]
    assert (sale.amount, sale.paid) == (usd("32.10"), usd("12.00"))


@pytest.mark.parametrize(("first", "state"), [(11, "quotation"), (21, "confirmed"), (31, "processing")])
async def test_a_gateway_killed_in_the_middle_doubles_nothing(
    mesh, publish, all_posted, ask_tryton, invariants_hold, first, state
):
    numbers = range(first, first + 2)
    await publish(*(was_placed(an_order(number, customer=f"C{number}")) for number in numbers))
    keys = [f"S-{order_id(number)}" for number in numbers]

    async def in_the_middle():
        return await ask_tryton("select id from sale_sale where web_id = any($1) and state = $2", keys, state)

    await poll_until(in_the_middle, PATIENCE)
    await asyncio.to_thread(mesh.kill, "erp_gateway")
    await asyncio.to_thread(mesh.start_service, "erp_gateway")
    await all_posted(*numbers, count=2)
    await assert_once(ask_tryton, keys)
    assert await invariants_hold()


async def test_a_tryton_killed_in_the_middle_gets_everything_once(mesh, publish, all_posted, ask_tryton):
    numbers = range(41, 44)
    await publish(*(was_placed(an_order(number, customer=f"C{number}")) for number in numbers))
    keys = [f"S-{order_id(number)}" for number in numbers]

    async def in_the_middle():
        return await ask_tryton("select id from sale_sale where web_id = any($1)", keys)

    await poll_until(in_the_middle, PATIENCE)
    await asyncio.to_thread(mesh.kill, "tryton")
    await asyncio.to_thread(mesh.start_service, "tryton")
    await all_posted(*numbers, count=3)
    await assert_once(ask_tryton, keys)


def keys_of(number):
    key = order_id(number)
    return f"S-{key}", f"R-{key}-R1", f"X-{key}"


INVOICES = """
    select sale_line.sale, count(distinct invoice.id)
    from sale_line
    join account_invoice_line as line on line.origin = 'sale.line,' || sale_line.id
    join account_invoice as invoice on invoice.id = line.invoice and invoice.state = 'paid'
    where sale_line.sale = any($1) group by 1
"""
PAYMENTS = "select description, count(*) from account_move where description = any($1) group by 1"
TAXES = "select sum(amount) from account_invoice_tax"


async def assert_once(ask_tryton, keys):
    """One sale, one booked and paid invoice, one payment each."""
    sales = await ask_tryton("select id from sale_sale where web_id = any($1)", keys)
    invoices = await ask_tryton(INVOICES, [number for (number,) in sales])
    payments = await ask_tryton(PAYMENTS, [f"{key}/payment/card" for key in keys])
    counts = [len(sales), *(count for _, count in invoices), *(count for _, count in payments)]
    assert counts == [len(keys)] + [1] * 2 * len(keys)
