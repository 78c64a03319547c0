import asyncio
from uuid import uuid4

import grpc
import pytest
from sqlalchemy import text

from libs.database import transaction
from retailmesh.erp.v1 import erp_service_pb2 as pb
from retailmesh.erp.v1 import posting_pb2
from tests.builders.order_facts import an_order, was_placed
from tests.builders.refused import refused

PENDING, FAILED = posting_pb2.POSTING_STATE_PENDING, posting_pb2.POSTING_STATE_FAILED

SOME_ID = "1b4e28ba-2fa1-5d3b-a3f5-ef19b5a7633b"


@pytest.fixture
async def failed(grpc_stub, record, post, engine):
    """A posting that the ERP refused: it does not know the account that we believe in."""
    async with transaction(engine) as connection:
        await connection.execute(
            text("insert into customer values ('C-C1', gen_random_uuid(), 'CU-0000099')")
        )
    await record(was_placed(an_order(customer="C1")))
    await post()
    (posting,) = (await grpc_stub.ListPostings(pb.ListPostingsRequest())).postings
    assert posting.state == FAILED
    return posting


async def retry(stub, posting_id, request_id="again"):
    request = pb.RetryPostingRequest(request_id=request_id, posting_id=posting_id)
    return (await stub.RetryPosting(request)).posting


async def test_a_failed_posting_says_why(failed):
    assert failed.failure.startswith("404: ")
    assert [step.last_error for step in failed.steps] == ["", failed.failure, "", "", ""]


async def test_a_failed_posting_waits_for_its_turn_again(grpc_stub, failed, time):
    time.pass_by(hours=1)
    posting = await retry(grpc_stub, failed.posting_id)
    assert (posting.state, posting.failure) == (PENDING, "")
    assert posting.next_attempt_at.ToDatetime(time.now.tzinfo) == time.now
    assert posting.steps[0] == failed.steps[0]


async def test_a_repeat_changes_nothing_even_when_the_posting_failed_again(grpc_stub, failed, post):
    await retry(grpc_stub, failed.posting_id)
    await post()
    again = await retry(grpc_stub, failed.posting_id)
    assert again.state == FAILED


async def test_two_repeats_at_once_are_one_retry(grpc_stub, failed):
    answers = await asyncio.gather(*(retry(grpc_stub, failed.posting_id) for _ in range(8)))
    assert {answer.state for answer in answers} == {PENDING}


async def test_a_request_id_stands_for_one_posting(grpc_stub, failed):
    await retry(grpc_stub, failed.posting_id)
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await retry(grpc_stub, str(uuid4()))


async def test_only_failed_postings_are_retried_by_a_person(grpc_stub, failed):
    await retry(grpc_stub, failed.posting_id)
    with refused("ERROR_REASON_POSTING_NOT_FAILED") as seen:
        await retry(grpc_stub, failed.posting_id, "once more")
    assert (seen.code, seen.metadata) == (grpc.StatusCode.FAILED_PRECONDITION, {"state": "PENDING"})


async def test_a_posting_that_does_not_exist_is_not_retried(grpc_stub):
    with refused("ERROR_REASON_NOT_FOUND"):
        await retry(grpc_stub, str(uuid4()))


@pytest.mark.parametrize(
    ("request_id", "posting_id", "field"),
    [("", SOME_ID, "request_id"), ("x" * 129, SOME_ID, "request_id"), ("1", "S-1", "posting_id")],
)
async def test_a_retry_asked_for_wrongly_is_invalid(grpc_stub, request_id, posting_id, field):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await retry(grpc_stub, posting_id, request_id)
    assert seen.field == field
