"""One RPC method seen from its caller: deadline, trace and connection are settled at each call."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import grpc
from opentelemetry.trace import Span, StatusCode, get_current_span, use_span

from libs.rpc.calls import remaining_seconds
from libs.telemetry import SpanKind, current_traceparent, current_tracestate, tracer

Metadata = list[tuple[str, str | bytes]]
STATUS_CODE = "rpc.response.status_code"

finishing: set[asyncio.Task[None]] = set()
"""Tasks that end the spans of answered calls; asyncio itself would let go of them."""


class Outgoing:
    """Called like gRPC's own multi-callables; ``connect`` gives the one to use now."""

    def __init__(self, connect: Callable[[], Any], method: str, default_timeout: float | None) -> None:
        self._connect = connect
        self._name = method.removeprefix("/")
        self._default_timeout = default_timeout

    def __call__(
        self,
        request: Any = None,
        timeout: float | None = None,
        metadata: Sequence[tuple[str, str | bytes]] | grpc.aio.Metadata | None = None,
        **options: Any,
    ) -> Any:
        limit = sooner(self._default_timeout if timeout is None else timeout, remaining_seconds())
        sent: Metadata = list(metadata) if metadata else []
        if get_current_span().is_recording():
            return self._traced(request, limit, sent, options)
        return self._connect()(request, timeout=limit, metadata=with_trace(sent), **options)

    def _traced(self, request: Any, limit: float | None, sent: Metadata, options: dict[str, Any]) -> Any:
        attributes = {"rpc.system.name": "grpc", "rpc.method": self._name}
        span = tracer().start_span(self._name, kind=SpanKind.CLIENT, attributes=attributes)
        with use_span(span):
            call = self._connect()(request, timeout=limit, metadata=with_trace(sent), **options)
        call.add_done_callback(lambda done: keep(asyncio.ensure_future(finish(span, done))))
        return call


def sooner(timeout: float | None, remaining: float | None) -> float | None:
    if timeout is None or remaining is None:
        return remaining if timeout is None else timeout
    return min(timeout, remaining)


def with_trace(metadata: Metadata) -> Metadata:
    if traceparent := current_traceparent():
        metadata.append(("traceparent", traceparent))
    if tracestate := current_tracestate():
        metadata.append(("tracestate", tracestate))
    return metadata


def keep(task: asyncio.Task[None]) -> None:
    finishing.add(task)
    task.add_done_callback(finishing.discard)


async def finish(span: Span, call: grpc.aio.Call) -> None:
    code = await call.code()
    span.set_attribute(STATUS_CODE, code.name)
    if code is not grpc.StatusCode.OK:
        span.set_attribute("error.type", code.name)
        span.set_status(StatusCode.ERROR, code.name)
    span.end()
