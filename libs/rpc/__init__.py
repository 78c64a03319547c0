"""gRPC between the services: mutual TLS, policy, deadlines, validation, statuses, health and channels."""

from libs.rpc.calls import caller, remaining_seconds
from libs.rpc.channel import open_channel
from libs.rpc.readiness import Readiness
from libs.rpc.refusals import (
    DeadlineExceeded,
    FieldViolation,
    InvalidRequest,
    RemoteRefusal,
    detail,
    raise_from_status,
    refusal_of,
)
from libs.rpc.server import MeshServer, RpcService, build_server
from libs.rpc.statuses import status_of

__all__ = [
    "DeadlineExceeded",
    "FieldViolation",
    "InvalidRequest",
    "MeshServer",
    "Readiness",
    "RemoteRefusal",
    "RpcService",
    "build_server",
    "caller",
    "detail",
    "open_channel",
    "raise_from_status",
    "refusal_of",
    "remaining_seconds",
    "status_of",
]
