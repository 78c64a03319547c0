"""Our quicker headers against those of the client library."""

from nats.aio.client import Client

from libs.messaging.broker import Broker
from libs.messaging.cloudevents import headers_of
from libs.messaging.outbox import Recorded
from tests.builders.events import placed

EVENT = placed("Größe 42", "payload", traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")


def headers():
    row = Recorded(1, EVENT.id, EVENT.subject, EVENT.type, EVENT.key, EVENT.time, EVENT.traceparent, "", b"")
    return headers_of(row)


def test_headers_are_read_as_the_library_reads_them():
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers().items())
    for raw in (
        lines.encode() + b"\r\n",
        b"a:b\r\nc:  d \r\n\r\n",
        b"x: \xff\r\n\r\n",
        b"no colon\r\n\r\n",
        b"",
    ):
        assert Broker._parse_header_lines(raw) == Client._parse_header_lines(raw)


def test_the_library_reads_headers_through_the_method_we_replace():
    assert Broker._parse_header_lines is not Client._parse_header_lines
    assert "_parse_header_lines" in Client._process_headers.__code__.co_names


async def test_an_event_is_written_as_the_library_writes_it(monkeypatch):
    written = {}

    def writes_to(client, name):
        async def send(command):
            written[name] = bytes(command)

        monkeypatch.setattr(client, "_send_command", send)

    ours, library = Broker(), Client()
    writes_to(ours, "ours")
    writes_to(library, "library")
    await ours.publish_event(EVENT.subject, EVENT.payload, headers())
    await library._send_publish(EVENT.subject, "", EVENT.payload, len(EVENT.payload), headers())
    assert written["ours"] == written["library"]
