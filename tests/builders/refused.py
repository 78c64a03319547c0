"""Expecting that a call is refused, for the reason that its contract names."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc

from libs.refusals import Refusal
from libs.rpc import refusal_of


@dataclass
class Refused:
    """What the caller saw; complete when the block has ended."""

    code: grpc.StatusCode | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    field: str = ""
    refusal: Refusal | None = None


@contextmanager
def refused(reason: str) -> Iterator[Refused]:
    """``with refused("ERROR_REASON_STOCK_SHORTAGE") as seen: await stub.Call(...)``."""
    seen = Refused()
    try:
        yield seen
    except grpc.aio.AioRpcError as error:
        refusal = refusal_of(error)
        assert refusal.reason == reason, f"refused for {refusal.reason}: {refusal.message}"
        seen.code, seen.refusal = error.code(), refusal
        seen.metadata, seen.field = dict(refusal.metadata), refusal.field
    else:
        raise AssertionError(f"not refused, where {reason} was expected")
