"""Why an event could not be handled, and with it what happens next."""

from enum import StrEnum

import grpc
import nats.errors
import nats.js.errors
from google.protobuf.message import DecodeError

from libs.database import is_conflict, is_unavailable, sqlstate_of
from libs.messaging.event import InvalidMessage
from libs.refusals import Overloaded, Refusal, Unavailable

# Statement timeout, lock timeout.
TIMEOUT_STATES = ("57014", "55P03")
BROKER_AWAY = (
    nats.errors.ConnectionClosedError,
    nats.errors.ConnectionReconnectingError,
    nats.errors.NoRespondersError,
    nats.errors.NoServersError,
    nats.errors.OutboundBufferLimitError,
    nats.errors.StaleConnectionError,
    nats.errors.TimeoutError,
    nats.js.errors.ServiceUnavailableError,
)


class FailureClass(StrEnum):
    """The classes of dead letters, and ``UNAVAILABLE``, which waits and never becomes one."""

    UNAVAILABLE = "unavailable"
    """A server that the event needs cannot be reached; tried until it can."""
    TRANSIENT = "transient"
    """A conflict or timeout that outlasted all attempts; redriving will likely do."""
    INVALID = "invalid"
    """Not an event, or a payload against its contract; never retried."""
    REFUSED = "refused"
    """The business said no to each attempt."""
    BUG = "bug"
    """Anything else: a fault of our own."""


def class_of(error: BaseException) -> FailureClass:
    if isinstance(error, (Unavailable, Overloaded)) or is_unavailable(error) or is_unreachable(error):
        return FailureClass.UNAVAILABLE
    if isinstance(error, Refusal):
        return FailureClass.REFUSED
    if isinstance(error, (DecodeError, InvalidMessage)):
        return FailureClass.INVALID
    if isinstance(error, (TimeoutError, grpc.RpcError)) or is_conflict(error):
        return FailureClass.TRANSIENT
    if sqlstate_of(error) in TIMEOUT_STATES:
        return FailureClass.TRANSIENT
    return FailureClass.BUG


def is_unreachable(error: BaseException) -> bool:
    """Whether the broker or a service behind did not answer at all."""
    if isinstance(error, grpc.aio.AioRpcError):
        return error.code() is grpc.StatusCode.UNAVAILABLE
    return isinstance(error, BROKER_AWAY)
