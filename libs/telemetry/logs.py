"""Structured logs: one JSON object a line on stderr, with the trace it belongs to."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

from opentelemetry.trace import format_span_id, format_trace_id, get_current_span

PERSONAL = {
    "card_number",
    "email",
    "first_name",
    "full_name",
    "last_name",
    "phone",
    "postal_address",
    "street",
}
MESSAGE_LIMIT = 500


class Log:
    """``log.info("order_placed", order_id=...)``: a fixed event name and fields, no sentence."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: object) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, error: BaseException | None = None, **fields: object) -> None:
        """``error`` adds its type, the first line of its message and its traceback."""
        self._write(logging.ERROR, event, fields, error)

    def _write(
        self, level: int, event: str, fields: dict[str, object], error: BaseException | None = None
    ) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, event, extra={"fields": fields}, exc_info=error)


def get_logger(name: str) -> Log:
    return Log(name)


def configure_logging(service: str, level: str, stream: TextIO | None = None) -> None:
    """Send every logger of the process, libraries included, to ``stream`` (stderr) in the JSON form."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


class JsonLines(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "service": self._service,
            "logger": record.name,
        }
        line |= trace_fields() | failure_fields(record)
        line |= {key: "[personal]" if key in PERSONAL else value for key, value in fields_of(record).items()}
        return json.dumps(line, default=str, ensure_ascii=False)


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    return getattr(record, "fields", {})


def trace_fields() -> dict[str, str]:
    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": format_trace_id(context.trace_id), "span_id": format_span_id(context.span_id)}


def failure_fields(record: logging.LogRecord) -> dict[str, object]:
    """A database's message may quote the row from its second line on, so only the first line is kept."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return {}
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error_type": type(error).__name__,
        "error": (str(error).splitlines() or [""])[0][:MESSAGE_LIMIT],
        "stack": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }
