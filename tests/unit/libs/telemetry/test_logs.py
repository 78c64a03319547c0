import json
import logging
from io import StringIO

import pytest

from libs.telemetry import current_trace_id, get_logger, span
from libs.telemetry.logs import configure_logging


@pytest.fixture
def lines():
    """Configures logging and gives the JSON lines written since."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = StringIO()
    configure_logging("order", "INFO", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before


def test_a_line_is_one_json_object_with_its_fields(lines):
    get_logger("test").info("order_placed", order_id="o-1", lines=3)
    (line,) = lines()
    assert (line["event"], line["level"], line["service"]) == ("order_placed", "info", "order")
    assert (line["order_id"], line["lines"]) == ("o-1", 3)
    assert line["time"].endswith("+00:00")


def test_a_line_carries_the_trace_it_belongs_to(lines):
    with span("place"):
        get_logger("test").info("order_placed")
        trace_id = current_trace_id()
    assert lines()[0]["trace_id"] == trace_id


def test_personal_fields_are_withheld(lines):
    get_logger("test").warning("customer_seen", email="ada@example.org")
    assert lines()[0]["email"] == "[personal]"


def test_an_error_keeps_only_the_first_line_of_its_message(lines):
    try:
        raise ValueError("duplicate key\nDETAIL: Key (email)=(ada@example.org)")
    except ValueError as error:
        get_logger("test").error("write_failed", error)
    (line,) = lines()
    assert (line["error_type"], line["error"]) == ("ValueError", "duplicate key")
    assert "ada@example.org" not in json.dumps(line)
    assert line["stack"]


def test_library_loggers_take_the_same_form(lines):
    logging.getLogger("nats.aio.client").warning("disconnected from %s", "broker")
    assert lines()[0]["event"] == "disconnected from broker"


def test_levels_below_the_configured_one_are_dropped(lines):
    get_logger("test").debug("noise")
    assert lines() == []
