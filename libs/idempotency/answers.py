"""Answers by request id, read and written for a whole batch of requests at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.message import Message
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.database import Conflict
from libs.refusals import RequestIdReused

RECALL = text(
    """
    select request_id, digest, response from idempotency
    where rpc = :rpc and request_id = any(cast(:request_ids as text[]))
    """
)
REMEMBER = text(
    """
    insert into idempotency (rpc, request_id, digest, response)
    select :rpc, answer.*
    from unnest(cast(:request_ids as text[]), cast(:digests as bytea[]), cast(:responses as bytea[]))
        as answer
    on conflict do nothing
    returning request_id
    """
)
FORGET = text(
    """
    delete from idempotency where ctid = any(array(
        select ctid from idempotency where created_at < :moment limit :limit
    ))
    """
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered: the digest of the request and the serialised response."""

    request_id: str
    digest: bytes
    response: bytes


class AnsweredMeanwhile(Conflict):
    """Another transaction answered one of the requests first, so this one must not take effect."""


def digest_of(message: Message) -> bytes:
    """SHA-256 of the request; equal requests have equal digests in every process of the same version."""
    return hashlib.sha256(message.SerializeToString(deterministic=True)).digest()


async def recall(
    connection: AsyncConnection, rpc: str, digests: Mapping[str, bytes]
) -> dict[str, bytes | RequestIdReused]:
    """The answers already given, by request id; a reused id has its refusal in place of an answer.

    A request id that is absent from the result is new.
    """
    if not digests:
        return {}
    rows = await connection.execute(RECALL, {"rpc": rpc, "request_ids": list(digests)})
    return {
        request_id: response if digest == digests[request_id] else reused(request_id)
        for request_id, digest, response in rows
    }


async def remember(connection: AsyncConnection, rpc: str, answers: Sequence[Answer]) -> set[str]:
    """Keep the answers in the transaction of their effects, and give the request ids kept, which are all.

    The request ids of ``answers`` are distinct: a batch answers two equal requests once.
    Raises `AnsweredMeanwhile` when another transaction has kept one of them since `recall`: the whole
    transaction must then roll back and run again, or the effect would happen twice.
    """
    # One order for all transactions, so that two batches with common ids cannot deadlock.
    ordered = sorted(answers, key=lambda answer: answer.request_id)
    parameters = {
        "rpc": rpc,
        "request_ids": [answer.request_id for answer in ordered],
        "digests": [answer.digest for answer in ordered],
        "responses": [answer.response for answer in ordered],
    }
    kept = {row.request_id for row in await connection.execute(REMEMBER, parameters)}
    if len(kept) < len(ordered):
        raise AnsweredMeanwhile(f"{len(ordered) - len(kept)} of {len(ordered)} requests of {rpc}")
    return kept


async def forget_before(connection: AsyncConnection, moment: datetime, *, limit: int = 10_000) -> int:
    """Drop at most ``limit`` answers older than ``moment`` and give their number; a later repeat is new."""
    return (await connection.execute(FORGET, {"moment": moment, "limit": limit})).rowcount


def reused(request_id: str) -> RequestIdReused:
    return RequestIdReused(
        "the request id was already used for another request", field="request_id", request_id=request_id
    )
