"""CloudEvents 1.0 in NATS binary mode: attributes as headers, the protobuf message as payload.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/nats-protocol-binding.md
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from libs.messaging.outbox import Recorded

# Printable ASCII without space, quote and percent goes as it is; the rest is percent-encoded UTF-8.
PLAIN = re.compile(r"[!#$&-~]*")
SAFE = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')

ID = "ce-id"
TYPE = "ce-type"
SUBJECT = "ce-subject"
TIME = "ce-time"
TRACEPARENT = "traceparent"
TRACESTATE = "tracestate"
MESSAGE_ID = "Nats-Msg-Id"


def headers_of(event: Recorded) -> dict[str, str]:
    """``Nats-Msg-Id`` lets the broker drop what it has seen lately; the inbox does the rest."""
    event_id, key = str(event.event_id), encode(event.key)
    headers = {
        MESSAGE_ID: event_id,
        "ce-specversion": "1.0",
        ID: event_id,
        TYPE: event.type,
        "ce-source": source_of(event.subject),
        SUBJECT: key,
        TIME: event.time.isoformat(),
        "ce-dataschema": f"urn:retailmesh:schema:{event.type}",
        "ce-partitionkey": key,
        "content-type": "application/protobuf",
    }
    if event.traceparent:
        headers[TRACEPARENT] = event.traceparent
        if event.tracestate:
            headers[TRACESTATE] = event.tracestate
    return headers


def key_of(headers: Mapping[str, str]) -> str:
    return unquote(headers.get(SUBJECT, ""))


def source_of(subject: str) -> str:
    return f"/retailmesh/{domain_of(subject)}"


def domain_of(subject: str) -> str:
    return subject.split(".", 2)[1]


def encode(value: str) -> str:
    return value if PLAIN.fullmatch(value) else quote(value, safe=SAFE)
