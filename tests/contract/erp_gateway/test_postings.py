from uuid import uuid4

import grpc
import pytest

from retailmesh.erp.v1 import erp_service_pb2 as pb
from retailmesh.erp.v1 import posting_pb2
from retailmesh.type.v1.page_pb2 import PageRequest
from tests.builders.order_facts import a_return, an_order, order_id, usd, was_placed, was_returned
from tests.builders.refused import refused
from tests.contract.erp_gateway.conftest import NOW

SALE = f"S-{order_id(1)}"


async def listed(stub, **asked):
    answer = await stub.ListPostings(pb.ListPostingsRequest(**asked))
    return list(answer.postings), answer.page.next_page_token


async def only(stub):
    ((posting,), _) = await listed(stub)
    return posting


def numbers(postings):
    by_id = {order_id(number): number for number in range(1, 10)}
    return [by_id[posting.order_id] for posting in postings]


async def test_a_posting_is_answered_with_its_fact_and_steps(grpc_stub, record):
    await record(was_placed(an_order()))
    listed_one = await only(grpc_stub)
    answer = await grpc_stub.GetPosting(pb.GetPostingRequest(posting_id=listed_one.posting_id))
    posting = answer.posting
    assert posting == listed_one
    assert (posting.external_key, posting.order_id, posting.amount) == (SALE, order_id(1), usd("30.00"))
    assert (posting.kind, posting.state) == (posting_pb2.POSTING_KIND_SALE, posting_pb2.POSTING_STATE_PENDING)
    assert posting.created_at.ToDatetime(NOW.tzinfo) == NOW
    assert [posting_pb2.PostingStepKind.Name(step.kind)[18:] for step in posting.steps] == [
        "CUSTOMER",
        "HEADER",
        "LINES",
        "TAX",
        "PAYMENT",
    ]
    assert {step.outcome for step in posting.steps} == {posting_pb2.STEP_OUTCOME_UNSPECIFIED}


async def test_a_posted_posting_names_its_documents_and_instants(grpc_stub, record, post, ledger, time):
    await record(was_placed(an_order()))
    time.pass_by(seconds=3)
    await post()
    posting = await only(grpc_stub)
    assert posting.state == posting_pb2.POSTING_STATE_POSTED
    assert posting.posted_at.ToDatetime(NOW.tzinfo) == time.now
    assert not posting.HasField("next_attempt_at")
    assert [step.document_id[:2] for step in posting.steps] == ["CU", "SO", "SL", "ST", "PY"]


async def test_an_unknown_posting_is_not_found(grpc_stub):
    with refused("ERROR_REASON_NOT_FOUND") as seen:
        await grpc_stub.GetPosting(pb.GetPostingRequest(posting_id=str(uuid4())))
    assert (seen.code, seen.field) == (grpc.StatusCode.NOT_FOUND, "posting_id")


@pytest.mark.parametrize("posting_id", ["", "S-1"])
@pytest.mark.parametrize(
    ("rpc", "request_type"),
    [("GetPosting", pb.GetPostingRequest), ("ListErpCalls", pb.ListErpCallsRequest)],
)
async def test_a_posting_is_named_by_its_id(grpc_stub, rpc, request_type, posting_id):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await getattr(grpc_stub, rpc)(request_type(posting_id=posting_id))
    assert seen.field == "posting_id"


async def test_postings_are_listed_oldest_first_in_pages(grpc_stub, record):
    await record(*(was_placed(an_order(number)) for number in (3, 1, 2)))
    first, token = await listed(grpc_stub, page=PageRequest(page_size=2))
    second, end = await listed(grpc_stub, page=PageRequest(page_size=2, page_token=token))
    assert (numbers(first), numbers(second), end) == ([3, 1], [2], "")


async def test_postings_are_listed_of_one_order(grpc_stub, record):
    await record(was_placed(an_order(1)), was_placed(an_order(2)), was_returned(a_return(1)))
    found, _ = await listed(grpc_stub, order_id=order_id(1))
    assert [posting.external_key for posting in found] == [SALE, f"R-{order_id(1)}-R1"]


async def test_postings_are_listed_by_state(grpc_stub, record, post):
    await record(was_placed(an_order(1)), was_returned(a_return(2)))
    await post()
    for state, count in [("POSTED", 1), ("SKIPPED", 1), ("FAILED", 0)]:
        found, _ = await listed(grpc_stub, states=[f"POSTING_STATE_{state}"])
        assert len(found) == count
    both, _ = await listed(grpc_stub, states=["POSTING_STATE_POSTED", "POSTING_STATE_SKIPPED"])
    assert len(both) == 2


async def test_a_page_token_of_another_filter_is_refused(grpc_stub, record):
    await record(was_placed(an_order(1)), was_placed(an_order(2)))
    _, token = await listed(grpc_stub, page=PageRequest(page_size=1))
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        await listed(grpc_stub, order_id=order_id(1), page=PageRequest(page_token=token))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"order_id": "x" * 65}, "order_id"),
        ({"states": [1] * 17}, "states"),
        ({"page": PageRequest(page_size=1001)}, "page.page_size"),
    ],
)
async def test_a_list_asked_for_wrongly_is_invalid(grpc_stub, asked, field):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await listed(grpc_stub, **asked)
    assert seen.field == field


@pytest.mark.parametrize("rpc", ["GetPosting", "ListPostings", "RetryPosting", "GetBacklog"])
async def test_strangers_are_told_nothing(grpc_create_channel, grpc_stub_cls, rpc):
    stub = grpc_stub_cls(grpc_create_channel("stranger"))
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await getattr(stub, rpc)(getattr(pb, f"{rpc}Request")())


async def test_reconciliation_may_read_and_not_retry(grpc_create_channel, grpc_stub_cls):
    stub = grpc_stub_cls(grpc_create_channel("reconciliation"))
    await stub.ListPostings(pb.ListPostingsRequest())
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await stub.RetryPosting(pb.RetryPostingRequest(request_id="1", posting_id=str(uuid4())))
