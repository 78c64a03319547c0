"""What surrounds every RPC: one span, identity and policy, deadline, validation, and errors as statuses."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import status_pb2
from grpc_status import rpc_status
from opentelemetry.trace import Span, StatusCode

from libs.rpc.calls import Call, current_call
from libs.rpc.policies import EVERYBODY, Callers, refuse
from libs.rpc.reasons import Reasons
from libs.rpc.statuses import status_of
from libs.rpc.validation import check
from libs.telemetry import SpanKind, span

T = TypeVar("T")
M = TypeVar("M", bound=Message)
Behavior = Callable[[Any, Any], Any]
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
PerhapsHandler: TypeAlias = "grpc.RpcMethodHandler[Any, Any] | None"

# Codes that are the server's fault, by the OpenTelemetry conventions for RPC server spans.
FAULTS = {"DATA_LOSS", "DEADLINE_EXCEEDED", "INTERNAL", "UNAVAILABLE", "UNIMPLEMENTED", "UNKNOWN"}
CODE_NAMES: dict[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}
STATUS_CODE = "rpc.response.status_code"


@dataclass(frozen=True, slots=True)
class Guard:
    """The surroundings of one method, made once and used by each of its calls."""

    method: str
    """``/package.Service/Method``."""
    allowed: frozenset[str]
    """Workloads of the method's policy."""
    callers: Callers
    default_deadline: float | None
    """Seconds for a call whose client gave none; None leaves it unlimited."""
    reasons: Reasons

    def span(self, context: Any) -> AbstractContextManager[Span]:
        traceparent = tracestate = ""
        for key, value in context.invocation_metadata():
            if key == "traceparent":
                traceparent = value
            elif key == "tracestate":
                tracestate = value
        name = self.method[1:]
        attributes = {"rpc.system.name": "grpc", "rpc.method": name}
        return span(name, SpanKind.SERVER, attributes, traceparent=traceparent, tracestate=tracestate)

    def admit(self, context: Any) -> float | None:
        """Let the caller in and make the call known; returns the seconds that are ours to enforce.

        A deadline that the client set is enforced by gRPC, which cancels the handler.
        """
        caller = self.callers.workload(context)
        if caller not in self.allowed and not (caller and EVERYBODY in self.allowed):
            raise refuse(caller, self.method)
        given = context.time_remaining()
        seconds = self.default_deadline if given is None else given
        deadline = None if seconds is None else time.monotonic() + seconds
        current_call.set(Call(caller, deadline, self.reasons))
        return seconds if given is None else None


def guarded(handler: Handler, guard: Guard) -> Handler:
    """The handler inside ``guard``; it may be unary or streaming on either side, and must be async."""
    kind = f"{cardinality(handler.request_streaming)}_{cardinality(handler.response_streaming)}"
    behavior: Behavior = getattr(handler, kind)
    admitted = checked_stream if handler.request_streaming else checked
    answer = relaying(behavior) if handler.response_streaming else behavior

    async def serve(request: Any, context: Any) -> Any:
        with guard.span(context) as current:
            try:
                limit = guard.admit(context)
                work = answer(admitted(request), context)
                response = await (work if limit is None else asyncio.wait_for(work, limit))
                if current.is_recording():
                    current.set_attribute(STATUS_CODE, "OK")
                return response
            except grpc.aio.AbortError:  # gRPC's own servicers answer this way
                raise
            except Exception as error:
                status = status_of(error)
                describe(current, status)
        return await context.abort_with_status(rpc_status.to_status(status))

    make = getattr(grpc, f"{kind}_rpc_method_handler")
    wrapped: Handler = make(serve, handler.request_deserializer, handler.response_serializer)
    return wrapped


def cardinality(streaming: bool) -> str:
    return "stream" if streaming else "unary"


def checked(request: M) -> M:
    check(request)
    return request


async def checked_stream(requests: AsyncIterator[M]) -> AsyncIterator[M]:
    async for request in requests:
        check(request)
        yield request


def relaying(behavior: Behavior) -> Behavior:
    """Write what an async generator yields; a generator around it could be left half-way, its span open."""

    async def relay(request: Any, context: Any) -> None:
        responses = behavior(request, context)
        if not hasattr(responses, "__aiter__"):
            await responses  # writes to the context by itself
            return
        async with aclosing(responses):
            async for response in responses:
                await context.write(response)

    return relay


def describe(current: Span, status: status_pb2.Status) -> None:
    if current.is_recording():
        code = CODE_NAMES.get(status.code, "UNKNOWN")
        current.set_attribute(STATUS_CODE, code)
        if code in FAULTS:
            current.set_attribute("error.type", code)
            current.set_status(StatusCode.ERROR, code)
