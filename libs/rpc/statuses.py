"""Exceptions as ``google.rpc.Status``, the form in which callers and batch items see them."""

from datetime import timedelta

from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError

from libs.refusals import Refusal, Unavailable
from libs.rpc.calls import current_call
from libs.rpc.reasons import known_reasons
from libs.rpc.refusals import (
    DEFAULT_RETRY_SECONDS,
    DeadlineExceeded,
    FieldViolation,
    InternalDefect,
    InvalidRequest,
    RemoteRefusal,
    refusal_of,
)
from libs.telemetry import current_trace_id, get_logger

log = get_logger(__name__)

MESSAGE_LIMIT = 500
# A service behind this one that answers so may soon answer otherwise; other codes the caller must handle.
PASSING = {StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED, StatusCode.ABORTED, StatusCode.CANCELLED}


def status_of(error: Exception) -> status_pb2.Status:
    """The status that says why: a refusal in full, an outage as UNAVAILABLE, all else as INTERNAL.

    ``details`` hold an ``ErrorInfo``, a ``BadRequest`` when a field is at fault and a ``RetryInfo`` when
    waiting may help. Of an unforeseen error the caller learns nothing but the trace id; it is logged here.
    """
    if isinstance(error, RemoteRefusal):
        return error.status
    return status_of_refusal(error if isinstance(error, Refusal) else refusal_for(error))


def refusal_for(error: Exception) -> Refusal:
    if isinstance(error, AioRpcError):
        return refusal_for_remote(error)
    if is_outage(error):
        log.warning("dependency_unavailable", error_type=type(error).__name__)
        return Unavailable("a dependency cannot be reached", retry_after_seconds=DEFAULT_RETRY_SECONDS)
    if isinstance(error, TimeoutError):
        return DeadlineExceeded("the work was not done in time")
    return defect(error)


def refusal_for_remote(error: AioRpcError) -> Refusal:
    code = error.code()
    if code is StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded("a service behind this one did not answer in time")
    if code in PASSING:
        log.warning("dependency_unavailable", error_type=code.name)
        after = refusal_of(error).retry_after_seconds or DEFAULT_RETRY_SECONDS
        return Unavailable("a service behind this one is not available", retry_after_seconds=after)
    return defect(error, remote_code=code.name, remote_message=error.details())


def defect(error: Exception, **fields: object) -> Refusal:
    log.error("unexpected_error", error=error, **fields)
    return InternalDefect("internal error", trace_id=current_trace_id())


def is_outage(error: Exception) -> bool:
    # Imported on the first failure: a client that only calls should not load the drivers of servers.
    from nats import errors as broker

    from libs.database import is_unavailable

    lost = (
        broker.ConnectionClosedError,
        broker.ConnectionDrainingError,
        broker.ConnectionReconnectingError,
        broker.NoRespondersError,
        broker.NoServersError,
        broker.OutboundBufferLimitError,
        broker.StaleConnectionError,
        broker.TimeoutError,
    )
    return isinstance(error, lost) or is_unavailable(error)


def status_of_refusal(refusal: Refusal) -> status_pb2.Status:
    call = current_call.get()
    rule = (call.reasons.rule(refusal.reason) if call else None) or known_reasons.rule(refusal.reason)
    if rule is None:
        # Found by the first test of the refusal: a reason must stand in the contract before it is used.
        log.error("refusal_not_in_contract", error=refusal, reason=refusal.reason)
        return status_of_refusal(InternalDefect("internal error", trace_id=current_trace_id()))
    status = status_pb2.Status(code=rule.code, message=refusal.message[:MESSAGE_LIMIT])
    info = error_details_pb2.ErrorInfo(
        reason=refusal.reason, domain=rule.domain, metadata={k: str(v) for k, v in refusal.metadata.items()}
    )
    status.details.add().Pack(info)
    if violations := violations_of(refusal):
        bad = error_details_pb2.BadRequest()
        for violation in violations:
            bad.field_violations.add(field=violation.field, description=violation.description)
        status.details.add().Pack(bad)
    if refusal.retry_after_seconds is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromTimedelta(timedelta(seconds=refusal.retry_after_seconds))
        status.details.add().Pack(retry)
    return status


def violations_of(refusal: Refusal) -> list[FieldViolation]:
    if isinstance(refusal, InvalidRequest):
        return list(refusal.violations)
    return [FieldViolation(refusal.field, refusal.message)] if refusal.field else []
