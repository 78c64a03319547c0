"""Comparing a day: what a run answers and keeps, what its repeat answers, what is refused."""

from uuid import uuid4

import grpc
import pytest
from google.type.date_pb2 import Date
from sqlalchemy import text

from libs.database import run_invariants
from libs.stack.table import ROOT
from retailmesh.reconciliation.v1 import reconciliation_events_pb2, reconciliation_pb2
from retailmesh.reconciliation.v1 import reconciliation_service_pb2 as pb
from retailmesh.type.v1.page_pb2 import PageRequest
from services.reconciliation.application.ports import Journal
from tests.builders.compared_systems import in_mesh, source
from tests.builders.refused import refused

DAY = Date(year=2026, month=5, day=31)
EVENTS = text("select type, payload from outbox order by position")


@pytest.fixture(autouse=True)
async def _sound(engine):
    """Whatever a test does, no invariant is broken afterwards."""
    yield
    assert await run_invariants(engine, ROOT / "services/reconciliation/invariants.sql") == []


def asked(request_id="1", **given):
    return pb.RunReconciliationRequest(**{"request_id": request_id, "business_date": DAY, **given})


async def run_of(stub, request=None):
    return (await stub.RunReconciliation(request or asked())).run


async def breaks_of(stub, run_id, size=100):
    found, token = [], ""
    while True:
        page = PageRequest(page_size=size, page_token=token)
        answer = await stub.ListBreaks(pb.ListBreaksRequest(run_id=run_id, page=page))
        found += answer.breaks
        token = answer.page.next_page_token
        if not token:
            return found


def kind_of(found):
    return reconciliation_pb2.BreakKind.Name(found.kind).removeprefix("BREAK_KIND_")


async def events(engine):
    async with engine.connect() as connection:
        return [(row.type.rpartition(".")[2], row.payload) for row in await connection.execute(EVENTS)]


async def test_systems_that_agree_are_counted_and_have_no_break(grpc_stub, engine):
    run = await run_of(grpc_stub)
    assert run.breaks == 0
    assert {it.comparison: (it.left, it.right, it.matched) for it in run.comparisons} == {
        "storefront/orders": (1, 1, 1),
        "journal/till sales": (1, 1, 1),
        "journal/till returns": (1, 1, 1),
        "journal/orders": (1, 1, 1),
        "orders/reservations": (1, 1, 1),
        "orders/postings": (2, 2, 2),
        "mesh/erp": (3, 3, 3),
    }
    [total] = run.comparisons[-1].left_totals
    assert (total.currency_code, total.units) == ("USD", 13)
    assert await breaks_of(grpc_stub, run.run_id) == []
    assert [name for name, _ in await events(engine)] == ["RunFinished"]


async def test_every_break_is_named_kept_and_told(grpc_stub, systems, engine):
    systems.storefront.append(source("shop/2", "7.00", "0.00"))
    systems.written = Journal(systems.written.sales, [])
    systems.reservations = []
    run = await run_of(grpc_stub)
    found = await breaks_of(grpc_stub, run.run_id)
    assert [(kind_of(it), it.subject) for it in found] == [
        ("MISSING_IN_MESH", "shop/2"),
        ("MISSING_AT_SOURCE", "till/2"),
        ("RESERVATION_DIFFERS", "order of shop/1/1/W01"),
    ]
    assert run.breaks == 3
    assert found[0].expected == "7.00 USD"
    assert all(it.remedy for it in found)
    told = await events(engine)
    assert [name for name, _ in told] == ["BreakFound"] * 3 + ["RunFinished"]
    assert reconciliation_events_pb2.BreakFound.FromString(told[0][1]) == (
        reconciliation_events_pb2.BreakFound(run_id=run.run_id, **{"break": found[0]})
    )


async def test_a_repeat_answers_the_first_run_and_reads_nothing(grpc_stub, systems, engine):
    first = await run_of(grpc_stub)
    reads = systems.reads
    systems.storefront = []
    assert await run_of(grpc_stub) == first
    assert systems.reads == reads
    assert len(await events(engine)) == 1


async def test_a_request_id_used_for_another_day_is_refused(grpc_stub):
    await run_of(grpc_stub)
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await run_of(grpc_stub, asked(business_date=Date(year=2026, month=5, day=30)))


@pytest.mark.parametrize("system", ["storefront", "till journal", "pos_gateway", "order", "erp", "inventory"])
async def test_a_system_that_cannot_be_read_is_named_and_nothing_is_kept(grpc_stub, systems, engine, system):
    systems.unreadable = system
    with refused("ERROR_REASON_SYSTEM_UNREADABLE") as seen:
        await run_of(grpc_stub)
    assert seen.code is grpc.StatusCode.UNAVAILABLE
    assert seen.metadata["system"] == system
    assert await events(engine) == []
    systems.unreadable = ""
    assert (await run_of(grpc_stub)).breaks == 0


async def test_a_run_is_answered_as_it_was_kept(grpc_stub, systems):
    systems.taken_over.sales.append(in_mesh("till/9", "1.00"))
    run = await run_of(grpc_stub)
    assert (await grpc_stub.GetRun(pb.GetRunRequest(run_id=run.run_id))).run == run
    assert run.finished_at.seconds >= run.started_at.seconds > 0


async def test_breaks_are_listed_page_by_page(grpc_stub, systems):
    systems.storefront += [source(f"shop/{number}", refunded="0.00") for number in range(2, 9)]
    run = await run_of(grpc_stub)
    paged = await breaks_of(grpc_stub, run.run_id, size=3)
    assert [it.subject for it in paged] == [f"shop/{number}" for number in range(2, 9)]
    assert paged == await breaks_of(grpc_stub, run.run_id)


async def test_a_token_of_another_run_is_refused(grpc_stub, systems):
    systems.storefront += [source("shop/2", refunded="0.00"), source("shop/3", refunded="0.00")]
    first, second = await run_of(grpc_stub), await run_of(grpc_stub, asked("2"))
    page = PageRequest(page_size=1)
    page.page_token = (
        await grpc_stub.ListBreaks(pb.ListBreaksRequest(run_id=first.run_id, page=page))
    ).page.next_page_token
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        await grpc_stub.ListBreaks(pb.ListBreaksRequest(run_id=second.run_id, page=page))


async def test_an_unknown_run_is_not_found(grpc_stub):
    run_id = str(uuid4())
    for call in (
        grpc_stub.GetRun(pb.GetRunRequest(run_id=run_id)),
        grpc_stub.ListBreaks(pb.ListBreaksRequest(run_id=run_id)),
    ):
        with refused("ERROR_REASON_NOT_FOUND") as seen:
            await call
        assert seen.field == "run_id"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"request_id": ""}, "request_id"),
        ({"business_date": None}, "business_date"),
        ({"business_date": Date(year=2026, month=2, day=30)}, "business_date"),
        ({"allowed_backlog": -1}, "allowed_backlog"),
    ],
)
async def test_a_run_of_no_day_is_refused(grpc_stub, given, field):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await run_of(grpc_stub, asked(**given))
    assert seen.field == field


async def test_only_the_command_line_may_compare(grpc_create_channel, grpc_stub_cls):
    for workload in ("order", "erp_gateway", "stranger"):
        with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
            await run_of(grpc_stub_cls(grpc_create_channel(workload)))
