from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from libs.settings import ServiceSettings
from libs.telemetry import span, start_telemetry
from tests.builders.polling import poll_until
from tests.integration.libs.rpc.conftest import Echo
from tests.integration.libs.rpc.echo import SERVICE, EchoRequest, TooLoud, call

Finished = Callable[[], tuple[ReadableSpan, ...]]


@pytest.fixture
def finished() -> Iterator[Finished]:
    """Finished spans of a process that samples every trace."""
    telemetry = start_telemetry(ServiceSettings(service="order", trace_ratio=1.0))
    exporter = InMemorySpanExporter()
    telemetry.add_processor(SimpleSpanProcessor(exporter))
    yield exporter.get_finished_spans
    telemetry.stop()
    start_telemetry(ServiceSettings(service="order"))


async def spans_of(finished: Finished, count: int) -> dict[str | SpanKind, ReadableSpan]:
    """By kind, and the test's own by name; a call's span may end just after its answer."""
    await poll_until(lambda: len(finished()) == count)
    return {one.name if one.kind is SpanKind.INTERNAL else one.kind: one for one in finished()}


async def test_caller_and_service_share_one_trace(echo: Echo, finished: Finished) -> None:
    say = call(await echo.channel(), "Say")
    with span("place order"):
        await say(EchoRequest(text="hello"))
    spans = await spans_of(finished, 3)
    outer, client, server = spans["place order"], spans[SpanKind.CLIENT], spans[SpanKind.SERVER]
    assert client.parent is not None
    assert server.parent is not None
    assert client.parent.span_id == outer.context.span_id
    assert server.parent.span_id == client.context.span_id
    assert server.context.trace_id == outer.context.trace_id
    for one in (client, server):
        assert one.name == f"{SERVICE}/Say"
        assert dict(one.attributes or {}) == {
            "rpc.system.name": "grpc",
            "rpc.method": f"{SERVICE}/Say",
            "rpc.response.status_code": "OK",
        }


@pytest.mark.parametrize(
    ("error", "code", "on_server"),
    [
        (TooLoud("too loud"), "FAILED_PRECONDITION", StatusCode.UNSET),
        (RuntimeError("bug"), "INTERNAL", StatusCode.ERROR),
    ],
)
async def test_a_refusal_is_the_callers_error_and_a_defect_is_also_the_services(
    echo: Echo, finished: Finished, error: Exception, code: str, on_server: StatusCode
) -> None:
    async def answer(request: Any, context: Any) -> Any:
        raise error

    echo.servicer.answer = answer
    say = call(await echo.channel(), "Say")
    with span("place order"), pytest.raises(grpc.aio.AioRpcError):
        await say(EchoRequest(text="hello"))
    spans = await spans_of(finished, 3)
    client, server = spans[SpanKind.CLIENT], spans[SpanKind.SERVER]
    assert (client.attributes or {})["rpc.response.status_code"] == code
    assert (server.attributes or {})["rpc.response.status_code"] == code
    assert client.status.status_code is StatusCode.ERROR
    assert server.status.status_code is on_server
