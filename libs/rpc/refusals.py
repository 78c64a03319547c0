"""Refusals that arise at the edge itself, and those that another service sent."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError
from grpc_status import rpc_status

from libs.refusals import (
    CallerNotAllowed,
    InvalidField,
    NotFound,
    Overloaded,
    PageTokenInvalid,
    Refusal,
    RequestIdReused,
    Unavailable,
)
from libs.rpc.reasons import ERROR_DOMAIN

Detail = TypeVar(
    "Detail", error_details_pb2.BadRequest, error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo
)

DEFAULT_RETRY_SECONDS = 1.0


class FieldViolation(NamedTuple):
    field: str
    """Path from the request, such as ``lines[2].quantity``."""
    description: str


class InvalidRequest(InvalidField):
    """A request that breaks the rules of its contract in one or more fields."""

    def __init__(self, message: str, violations: Sequence[FieldViolation]) -> None:
        super().__init__(message, field=violations[0].field)
        self.violations = violations


class DeadlineExceeded(Refusal):
    """The time for the call ran out; what it asked for may have been done all the same."""

    reason = "ERROR_REASON_DEADLINE_EXCEEDED"


class InternalDefect(Refusal):
    """Stands before the caller in place of an error that nobody foresaw."""

    reason = "ERROR_REASON_INTERNAL"


class RemoteRefusal(Refusal):
    """A refusal of another service; ``reason`` is a name in that service's ``ErrorReason``."""

    def __init__(self, status: status_pb2.Status, info: error_details_pb2.ErrorInfo) -> None:
        super().__init__(
            status.message,
            field=field_of(status),
            retry_after_seconds=retry_seconds_of(status),
            **info.metadata,
        )
        self.reason = info.reason or Refusal.reason  # type: ignore[misc]  # known only once it has arrived
        self.domain = info.domain
        self.code = status.code
        self.status = status


COMMON: dict[str, type[Refusal]] = {
    kind.reason: kind
    for kind in (
        CallerNotAllowed,
        DeadlineExceeded,
        InvalidField,
        NotFound,
        Overloaded,
        PageTokenInvalid,
        RequestIdReused,
        Unavailable,
    )
}


def raise_from_status(status: status_pb2.Status) -> None:
    """Raise the refusal that a batch item carries; a status of OK is none."""
    if status.code:
        raise refusal_of(status)


def refusal_of(answer: status_pb2.Status | AioRpcError) -> Refusal:
    """The refusal that another service meant.

    A reason common to all services comes back as its own class (`Unavailable`, `NotFound`, …), every other
    as `RemoteRefusal`. A failure to reach the service at all is `Unavailable`.
    """
    if isinstance(answer, AioRpcError):
        answer = status_in(answer)
    info = detail(answer, error_details_pb2.ErrorInfo()) or error_details_pb2.ErrorInfo()
    if not info.reason and answer.code == StatusCode.UNAVAILABLE.value[0]:
        return Unavailable(answer.message, retry_after_seconds=DEFAULT_RETRY_SECONDS)
    if info.domain == ERROR_DOMAIN and info.reason in COMMON:
        return COMMON[info.reason](
            answer.message,
            field=field_of(answer),
            retry_after_seconds=retry_seconds_of(answer),
            **info.metadata,
        )
    return RemoteRefusal(answer, info)


def status_in(error: AioRpcError) -> status_pb2.Status:
    """The rich status in the trailers; without one, the bare code and message."""
    plain = status_pb2.Status(code=error.code().value[0], message=error.details() or "")
    carrier: Any = error  # reads like a finished call, though its type does not say so
    try:
        rich: status_pb2.Status | None = rpc_status.from_call(carrier)
    except (ValueError, DecodeError):  # trailers that contradict the call's own code, or no status at all
        return plain
    return rich or plain


def detail(status: status_pb2.Status, into: Detail) -> Detail | None:
    """Unpack the first detail of the type of ``into``."""
    return next((into for packed in status.details if packed.Unpack(into)), None)


def field_of(status: status_pb2.Status) -> str:
    bad = detail(status, error_details_pb2.BadRequest())
    return bad.field_violations[0].field if bad and bad.field_violations else ""


def retry_seconds_of(status: status_pb2.Status) -> float | None:
    retry = detail(status, error_details_pb2.RetryInfo())
    return retry.retry_delay.ToTimedelta().total_seconds() if retry else None
