"""What operators and reconciliation see: the backlog, the audit, and the ERP's own documents."""

from uuid import uuid4

import grpc

from retailmesh.erp.v1 import erp_service_pb2 as pb
from retailmesh.erp.v1 import posting_pb2
from retailmesh.type.v1.page_pb2 import PageRequest
from services.sandbox.domain.erp_documents import DocumentKind as Kind
from tests.builders.order_facts import a_return, an_order, order_id, usd, was_placed, was_returned
from tests.builders.refused import refused


async def backlog(stub):
    return await stub.GetBacklog(pb.GetBacklogRequest())


async def documents(stub, **page):
    answer = await stub.ListErpDocuments(pb.ListErpDocumentsRequest(page=PageRequest(**page)))
    return list(answer.documents), answer.page.next_page_token


async def calls_of(stub, posting_id):
    return (await stub.ListErpCalls(pb.ListErpCallsRequest(posting_id=posting_id))).calls


async def test_an_empty_backlog_has_no_rate_and_no_lag(grpc_stub):
    assert await backlog(grpc_stub) == pb.GetBacklogResponse(erp="sandbox", slots=15)


async def test_the_backlog_tells_what_waits_and_how_late_it_is_done(grpc_stub, record, post, time):
    for number in range(1, 5):
        await record(was_placed(an_order(number)))
        time.pass_by(seconds=2)
        await post()
    await record(was_placed(an_order(5)), was_placed(an_order(6)), was_returned(a_return(7)))
    seen = await backlog(grpc_stub)
    assert (seen.pending, seen.posted, seen.failed, seen.skipped) == (2, 4, 0, 1)
    assert seen.rate_milli_per_second == 500
    assert seen.drain_estimate.seconds == 4
    assert (seen.lag_p50.seconds, seen.lag_p99.seconds) == (4, 8)


async def test_what_was_posted_long_ago_makes_no_rate(grpc_stub, record, post, time):
    await record(was_placed(an_order(1)), was_placed(an_order(2)))
    await post()
    time.pass_by(minutes=2)
    seen = await backlog(grpc_stub)
    assert (seen.posted, seen.rate_milli_per_second, seen.HasField("drain_estimate")) == (2, 0, False)


async def test_the_backlog_counts_calls_turned_away_and_answers_lost(grpc_stub, record, post, ledger, time):
    ledger.condition.slots = 0
    await record(was_placed(an_order()))
    await post()
    ledger.condition.slots = 1
    ledger.weather(answer_lost=1000)
    time.pass_by(seconds=10)
    await post()
    seen = await backlog(grpc_stub)
    assert (seen.throttled_calls, seen.unknown_outcomes) == (1, 1)
    assert seen.slots == 12


async def test_every_call_to_the_erp_is_listed_with_what_it_meant(grpc_stub, record, post, ledger, time):
    await record(was_placed(an_order()))
    ledger.weather(answer_lost=1000)
    await post()
    ledger.weather(answer_lost=0)
    time.pass_by(seconds=10)
    await post()
    ((posting,), _) = (await grpc_stub.ListPostings(pb.ListPostingsRequest())).postings, None
    calls = await calls_of(grpc_stub, posting.posting_id)
    assert [(call.operation, posting_pb2.StepOutcome.Name(call.outcome)[13:]) for call in calls] == [
        ("look up customer", "NOT_DONE"),
        ("post customer", "UNKNOWN"),
        ("look up customer", "DONE"),
        ("post header", "DONE"),
        ("post lines", "DONE"),
        ("post tax", "DONE"),
        ("post payment", "DONE"),
    ]
    assert calls[3].step == posting_pb2.POSTING_STEP_KIND_HEADER
    assert (calls[3].status, len(calls[3].request_digest), len(calls[3].trace_id)) == (201, 64, 32)


async def test_a_posting_without_calls_has_none_listed(grpc_stub):
    assert list(await calls_of(grpc_stub, str(uuid4()))) == []


async def test_the_erp_s_documents_are_read_from_it_page_by_page(grpc_stub, record, post, ledger):
    ledger.write(Kind.ORDER, "", currency="USD")
    await record(was_placed(an_order(1)), was_placed(an_order(2)), was_returned(a_return(1)))
    await post()
    await post()
    found, token = [], None
    while token != "":
        page, token = await documents(grpc_stub, page_size=2, page_token=token or "")
        found += page
    assert [(it.external_key, it.lines) for it in found] == [
        ("", 0),
        (f"S-{order_id(1)}", 2),
        (f"S-{order_id(2)}", 2),
        (f"R-{order_id(1)}-R1", 1),
    ]
    assert (found[1].amount, found[1].paid) == (usd("30.00"), usd("30.00"))
    assert (found[3].amount, found[3].paid) == (usd("-10.00"), usd("-10.00"))


async def test_an_erp_that_is_away_cannot_be_compared(grpc_stub, ledger):
    await ledger.stop()
    with refused("ERROR_REASON_ERP_UNREACHABLE") as seen:
        await documents(grpc_stub)
    assert seen.code == grpc.StatusCode.UNAVAILABLE
    assert seen.refusal.retry_after_seconds == 1.0


async def test_a_page_token_of_another_list_is_refused(grpc_stub, record):
    await record(was_placed(an_order(1)), was_placed(an_order(2)))
    listed = await grpc_stub.ListPostings(pb.ListPostingsRequest(page=PageRequest(page_size=1)))
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        await documents(grpc_stub, page_token=listed.page.next_page_token)
