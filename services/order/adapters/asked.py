"""Calling another service."""

from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.message import Message
from grpc import StatusCode
from grpc.aio import AioRpcError

from libs.refusals import Unavailable
from libs.rpc import refusal_of

RETRY_SECONDS = 1.0
PASSING = {
    StatusCode.UNAVAILABLE,
    StatusCode.DEADLINE_EXCEEDED,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.ABORTED,
    StatusCode.CANCELLED,
}


async def asked(service: str, rpc: Callable[[Any], Awaitable[Any]], request: Message) -> Any:
    """The response. Raises `Unavailable` for what passes: whether the call took effect is then unknown."""
    try:
        return await rpc(request)
    except AioRpcError as error:
        if error.code() not in PASSING:
            raise
        after = refusal_of(error).retry_after_seconds or RETRY_SECONDS
        raise Unavailable(f"{service} gives no answer", retry_after_seconds=after) from error
