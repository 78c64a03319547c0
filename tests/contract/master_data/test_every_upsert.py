"""What all five upserts promise alike."""

import asyncio

import grpc
import pytest

from tests.builders.master_data_upserts import PRICES, PRODUCTS, UPSERTS, Upsert
from tests.builders.refused import refused


@pytest.fixture(params=UPSERTS, ids=lambda upsert: upsert.rpc)
async def upsert(request, grpc_stub) -> Upsert:
    if request.param is PRICES:
        await PRODUCTS.send(grpc_stub, PRODUCTS.first, PRODUCTS.other)
    return request.param


def counts(answer) -> tuple[int, int, int]:
    return answer.created, answer.changed, answer.unchanged


async def test_new_changed_and_unchanged_are_counted(upsert, grpc_stub):
    assert counts(await upsert.send(grpc_stub, upsert.first)) == (1, 0, 0)
    assert counts(await upsert.send(grpc_stub, upsert.first, upsert.other)) == (1, 0, 1)
    assert counts(await upsert.send(grpc_stub, upsert.changed, upsert.other)) == (0, 1, 1)


async def test_a_repeat_gets_the_first_answer(upsert, grpc_stub):
    first = await upsert.send(grpc_stub, upsert.first, request_id="r1")
    await upsert.send(grpc_stub, upsert.changed)
    assert await upsert.send(grpc_stub, upsert.first, request_id="r1") == first
    assert counts(await upsert.send(grpc_stub, upsert.changed)) == (0, 0, 1)


async def test_concurrent_repeats_get_one_answer(upsert, grpc_stub):
    repeats = [upsert.send(grpc_stub, upsert.first, request_id="r1") for _ in range(6)]
    assert {counts(answer) for answer in await asyncio.gather(*repeats)} == {(1, 0, 0)}


async def test_another_body_under_a_used_request_id_is_refused(upsert, grpc_stub):
    await upsert.send(grpc_stub, upsert.first, request_id="r1")
    with refused("ERROR_REASON_REQUEST_ID_REUSED") as seen:
        await upsert.send(grpc_stub, upsert.changed, request_id="r1")
    assert seen.code is grpc.StatusCode.ALREADY_EXISTS
    assert counts(await upsert.send(grpc_stub, upsert.first)) == (0, 0, 1)


async def test_one_request_id_may_serve_two_rpcs(upsert, grpc_stub):
    other = next(one for one in UPSERTS if one is not upsert and one is not PRICES)
    await upsert.send(grpc_stub, upsert.first, request_id="r1")
    assert counts(await other.send(grpc_stub, other.other, request_id="r1")) != (0, 0, 0)


async def test_the_same_resource_twice_in_a_batch_is_refused_and_nothing_written(upsert, grpc_stub):
    with refused("ERROR_REASON_DUPLICATE_IN_BATCH") as seen:
        await upsert.send(grpc_stub, upsert.other, upsert.first, upsert.changed)
    assert seen.code is grpc.StatusCode.INVALID_ARGUMENT
    assert seen.metadata["resource"] == upsert.field.removesuffix("s")
    assert counts(await upsert.send(grpc_stub, upsert.other)) == (1, 0, 0)


@pytest.mark.parametrize("request_id", ["", "x" * 129])
async def test_a_request_id_of_no_or_too_many_characters_is_invalid(upsert, grpc_stub, request_id):
    request = upsert.request(upsert.first)
    request.request_id = request_id
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await getattr(grpc_stub, upsert.rpc)(request)
    assert (seen.code, seen.field) == (grpc.StatusCode.INVALID_ARGUMENT, "request_id")


@pytest.mark.parametrize("size", [0, 1001])
async def test_a_batch_has_one_to_a_thousand_resources(upsert, grpc_stub, size):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await upsert.send(grpc_stub, *[upsert.first] * size)
    assert seen.field == upsert.field


async def test_a_workload_that_the_policy_does_not_list_is_refused(
    upsert, grpc_create_channel, grpc_stub_cls
):
    stub = grpc_stub_cls(grpc_create_channel("stranger"))
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED") as seen:
        await upsert.send(stub, upsert.first)
    assert seen.code is grpc.StatusCode.PERMISSION_DENIED
