import grpc
import nats.errors
import pytest
from google.protobuf.message import DecodeError

from libs.database import Conflict
from libs.messaging import InvalidMessage
from libs.messaging.backoff import Backoff
from libs.messaging.failures import class_of
from libs.refusals import NotFound, Overloaded, Unavailable


def rpc_error(code):
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata())


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (Unavailable("away"), "unavailable"),
        (Overloaded("full"), "unavailable"),
        (ConnectionRefusedError(), "unavailable"),
        (nats.errors.NoRespondersError(), "unavailable"),
        (nats.errors.TimeoutError(), "unavailable"),
        (rpc_error(grpc.StatusCode.UNAVAILABLE), "unavailable"),
        (rpc_error(grpc.StatusCode.DEADLINE_EXCEEDED), "transient"),
        (TimeoutError(), "transient"),
        (Conflict(), "transient"),
        (NotFound("no such order"), "refused"),
        (DecodeError(), "invalid"),
        (InvalidMessage("order_id: value is required"), "invalid"),
        (KeyError("sku"), "bug"),
    ],
)
def test_a_failure_has_the_class_that_decides_what_happens_next(error, name):
    assert class_of(error) == name


def test_waits_grow_to_a_bound_and_begin_anew_after_a_success():
    backoff = Backoff(first=0.1, longest=1.0)
    waits = [backoff.next() for _ in range(50)]
    assert 0.05 <= waits[0] <= 0.1
    assert all(0.5 <= wait <= 1.0 for wait in waits[4:])
    backoff.reset()
    assert backoff.next() <= 0.1
