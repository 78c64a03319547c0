"""Waits until nothing is left to do: intake applied, events handled, postings ended."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from retailmesh.channel.v1 import channel_service_pb2
from retailmesh.erp.v1 import erp_service_pb2
from retailmesh.pos.v1 import pos_service_pb2
from retailmesh.type.v1 import intake_pb2
from services.cli.demo.connections import Connections

UNDER_WAY = (intake_pb2.INTAKE_STATE_RECEIVED, intake_pb2.INTAKE_STATE_WAITING)
DONE = (
    intake_pb2.INTAKE_STATE_APPLIED,
    intake_pb2.INTAKE_STATE_IGNORED,
    intake_pb2.INTAKE_STATE_QUARANTINED,
    intake_pb2.INTAKE_STATE_DISMISSED,
)
UNPUBLISHED = text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
QUIET_LOOKS = 2
"""Two looks in a row must find nothing: between two, what one system handed on has reached the next."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Raw messages that gateways keep, and how many they turned away without keeping them."""

    counts: Sequence[intake_pb2.IntakeCount]
    refused_unread: int

    def of(self, *states: intake_pb2.IntakeState) -> int:
        return sum(count.messages for count in self.counts if count.state in states)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still under way."""

    intake_waiting: int
    intake_done: int
    intake_ignored: int
    intake_quarantined: int
    unpublished: int
    unhandled: int
    postings_pending: int
    postings_ended: int
    rate_milli: int
    drain_seconds: int | None

    @property
    def quiet_but_for_postings(self) -> bool:
        return not (self.intake_waiting or self.unpublished or self.unhandled)

    @property
    def quiet(self) -> bool:
        return self.quiet_but_for_postings and not self.postings_pending


class Watch:
    """Looks at every queue of the mesh."""

    def __init__(self, to: Connections) -> None:
        self._channel = to.stubs["channel_gateway"]
        self._pos = to.stubs["pos_gateway"]
        self._erp = to.stubs["erp_gateway"]
        self._engines = to.engines
        self._nats = to.nats

    async def intake(self) -> Intake:
        """Counts of raw messages of both gateways."""
        webhooks, files = await asyncio.gather(
            self._channel.SummarizeMessages(channel_service_pb2.SummarizeMessagesRequest()),
            self._pos.SummarizeMessages(pos_service_pb2.SummarizeMessagesRequest()),
        )
        counts = [*webhooks.counts, *files.counts]
        return Intake(counts, webhooks.refused_unread + files.refused_unread)

    async def posting(self) -> erp_service_pb2.GetBacklogResponse:
        answer: erp_service_pb2.GetBacklogResponse = await self._erp.GetBacklog(
            erp_service_pb2.GetBacklogRequest()
        )
        return answer

    async def look(self) -> Backlog:
        intake = await self.intake()
        posting = await self.posting()
        return Backlog(
            intake_waiting=intake.of(*UNDER_WAY),
            intake_done=intake.of(*DONE),
            intake_ignored=intake.of(intake_pb2.INTAKE_STATE_IGNORED),
            intake_quarantined=intake.of(intake_pb2.INTAKE_STATE_QUARANTINED),
            unpublished=await self._unpublished(),
            unhandled=await self._unhandled(),
            postings_pending=posting.pending,
            postings_ended=posting.posted + posting.failed + posting.skipped,
            rate_milli=posting.rate_milli_per_second,
            drain_seconds=posting.drain_estimate.seconds if posting.HasField("drain_estimate") else None,
        )

    async def _unpublished(self) -> int:
        total = 0
        for engine in self._engines.values():
            async with engine.connect() as connection:
                total += await connection.scalar(UNPUBLISHED) or 0
        return total

    async def _unhandled(self) -> int:
        js = self._nats.jetstream()
        total = 0
        for stream in await js.streams_info():
            if stream.config.name is not None:
                consumers = await js.consumers_info(stream.config.name)
                total += sum((one.num_pending or 0) + (one.num_ack_pending or 0) for one in consumers)
        return total


async def settled(
    watch: Watch, report: Callable[[Backlog], None], *, drain_until: float, poll_seconds: float = 0.3
) -> Backlog:
    """Look until all is quiet; past ``drain_until`` (the loop's clock) postings may stay behind."""
    loop = asyncio.get_running_loop()
    quiet_looks = 0
    while True:
        backlog = await watch.look()
        report(backlog)
        late = loop.time() > drain_until
        quiet_looks = quiet_looks + 1 if backlog.quiet or (late and backlog.quiet_but_for_postings) else 0
        if quiet_looks >= QUIET_LOOKS or loop.time() > drain_until + GIVE_UP_SECONDS:
            return backlog
        await asyncio.sleep(poll_seconds)


GIVE_UP_SECONDS = 120.0
"""What is not applied or handled so long after the postings' time counts as stuck on the scorecard."""
