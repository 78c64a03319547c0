"""A client span per SQL statement, only inside a recorded trace."""

from typing import Any

from opentelemetry.trace import Span, StatusCode, get_current_span
from sqlalchemy import event
from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.telemetry import SpanKind, tracer


def record_statements(engine: AsyncEngine) -> None:
    """Attributes follow the OpenTelemetry database conventions; parameters are never recorded."""
    event.listen(engine.sync_engine, "before_cursor_execute", begin)
    event.listen(engine.sync_engine, "after_cursor_execute", end)
    event.listen(engine.sync_engine, "handle_error", fail)


def begin(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    if context is None or not get_current_span().is_recording():
        return
    operation = statement.split(None, 1)[0].upper()
    context.retail_span = tracer().start_span(
        f"{operation} {connection.engine.url.database}",
        kind=SpanKind.CLIENT,
        attributes={
            "db.system.name": "postgresql",
            "db.namespace": connection.engine.url.database or "",
            "db.operation.name": operation,
            "db.query.text": statement,
        },
    )


def end(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> None:
    span = span_of(context)
    if span is not None:
        span.end()


def fail(failure: ExceptionContext) -> None:
    span = span_of(failure.execution_context)
    if span is not None:
        span.set_status(StatusCode.ERROR, type(failure.original_exception).__name__)
        span.end()


def span_of(context: Any) -> Span | None:
    return getattr(context, "retail_span", None)
