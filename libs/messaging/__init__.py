"""Events between services: recorded with the change, published in order, taking effect once."""

from libs.messaging import deadletters
from libs.messaging.bounds import Bounds
from libs.messaging.broker import connect_broker
from libs.messaging.consumer import Consumer
from libs.messaging.event import Event, InvalidMessage, event_of
from libs.messaging.handlers import BatchHandler, Handlers, Prepared
from libs.messaging.inbox import forget_processed_before
from libs.messaging.outbox import record_events, republish_events
from libs.messaging.received import Received
from libs.messaging.relay import Relay
from libs.messaging.streams import DEADLETTER_STREAM, ensure_streams, stream_of
from libs.messaging.tables import (
    create_inbox_tables,
    create_outbox_tables,
    drop_inbox_tables,
    drop_outbox_tables,
)

__all__ = [
    "DEADLETTER_STREAM",
    "BatchHandler",
    "Bounds",
    "Consumer",
    "Event",
    "Handlers",
    "InvalidMessage",
    "Prepared",
    "Received",
    "Relay",
    "connect_broker",
    "create_inbox_tables",
    "create_outbox_tables",
    "deadletters",
    "drop_inbox_tables",
    "drop_outbox_tables",
    "ensure_streams",
    "event_of",
    "forget_processed_before",
    "record_events",
    "republish_events",
    "stream_of",
]
