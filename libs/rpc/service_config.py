"""The gRPC service config of a channel: where calls go, and which of them may be repeated.

Format: https://github.com/grpc/grpc/blob/master/doc/service_config.md
"""

import json
from collections.abc import Iterable

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default

from libs.rpc.options import method_policy
from retailmesh.policy.v1 import policy_pb2

REPEATABLE = {
    policy_pb2.IDEMPOTENCY_READ,
    policy_pb2.IDEMPOTENCY_REQUEST_ID,
    policy_pb2.IDEMPOTENCY_NATURAL,
}


def service_config(methods: Iterable[str], attempts: int) -> str:
    """JSON for ``methods`` (``/package.Service/Method``); only what is declared idempotent is repeated."""
    repeatable = [name_of(method) for method in map(described, methods) if method and may_repeat(method)]
    config: dict[str, object] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if repeatable and attempts > 1:
        config["methodConfig"] = [{"name": repeatable, "retryPolicy": retry_policy(attempts)}]
        # When one call in ten fails, repeating makes an outage worse.
        config["retryThrottling"] = {"maxTokens": 100, "tokenRatio": 0.1}
    return json.dumps(config)


def retry_policy(attempts: int) -> dict[str, object]:
    return {
        "maxAttempts": attempts,
        "initialBackoff": "0.1s",
        "maxBackoff": "1s",
        "backoffMultiplier": 2,
        "retryableStatusCodes": ["UNAVAILABLE"],
    }


def described(method: str) -> MethodDescriptor | None:
    """The contract of a method, known since its stub was imported; None for what is no RPC of a contract."""
    try:
        return Default().FindMethodByName(method.removeprefix("/").replace("/", "."))
    except KeyError:
        return None


def may_repeat(method: MethodDescriptor) -> bool:
    return method_policy(method).idempotency in REPEATABLE


def name_of(method: MethodDescriptor) -> dict[str, str]:
    return {"service": method.containing_service.full_name, "method": method.name}
