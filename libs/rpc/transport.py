"""The HTTP/2 settings of both ends, which must agree: a server cuts off a client that pings too often."""

from libs.settings import ServiceSettings

MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024
PING_MILLISECONDS = 30_000
PING_TIMEOUT_MILLISECONDS = 10_000
SHORTEST_PING_MILLISECONDS = 10_000

BOTH_ENDS = (
    ("grpc.max_receive_message_length", MESSAGE_LIMIT_BYTES),
    ("grpc.keepalive_time_ms", PING_MILLISECONDS),
    ("grpc.keepalive_timeout_ms", PING_TIMEOUT_MILLISECONDS),
    ("grpc.keepalive_permit_without_calls", 1),
)

CHANNEL_OPTIONS = (
    *BOTH_ENDS,
    # A service that was restarted is found again within seconds; the default waits up to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
)


def server_options(settings: ServiceSettings) -> list[tuple[str, int]]:
    return [
        *BOTH_ENDS,
        ("grpc.http2.min_ping_interval_without_data_ms", SHORTEST_PING_MILLISECONDS),
        # Off, or a second server started by mistake would silently take half of the calls.
        ("grpc.so_reuseport", int(settings.grpc_reuse_port)),
    ]
