"""The gRPC face of inventory: each RPC is a use case, or one read."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from grpc.aio import ServicerContext

from libs.paging import DEFAULT_PAGE_SIZE, page_of, position_of
from libs.refusals import InvalidField, Refusal
from libs.telemetry import current_traceparent
from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1 import inventory_service_pb2_grpc
from services.inventory import convert
from services.inventory.application.count_stock import count_stock
from services.inventory.application.ports import Atlas, Call, MovementFilter, Store
from services.inventory.application.preview_sourcing import preview_sourcing
from services.inventory.application.put_sourcing_rule import put_sourcing_rule
from services.inventory.application.record_facts import record_facts
from services.inventory.application.release_stock import release_stock
from services.inventory.application.reserve_stock import reserve_stock
from services.inventory.config import Settings
from services.inventory.domain.commands import Command
from services.inventory.entrypoints.batches import CallBatches, UseCase


class InventoryServicer(inventory_service_pb2_grpc.InventoryServiceServicer):
    """Every request has passed its contract's rules and its policy; a refusal becomes a status outside."""

    def __init__(self, store: Store, atlas: Atlas, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._atlas = atlas
        self._clock = clock
        self._most_levels = settings.most_levels
        self._default_hold = timedelta(seconds=settings.reservation_ttl)
        reserve = partial(
            reserve_stock, store, atlas, clock=clock, most_locked_locations=settings.most_locked_locations
        )
        facts = partial(record_facts, store, atlas, clock=clock)

        def batches(name: str, use_case: UseCase) -> CallBatches:
            return CallBatches(
                name,
                use_case,
                max_calls=settings.batch_calls,
                max_lines=settings.batch_lines,
                max_waiting=settings.batch_waiting,
            )

        self._reserve = batches("reserve", reserve)
        self._release = batches("release", partial(release_stock, store, atlas, clock=clock))
        self._issue = batches("issue", facts)
        self._receive = batches("receive", facts)
        self._adjust = batches("adjust", facts)

    async def close(self) -> None:
        """Answer what has been accepted."""
        for batches in (self._reserve, self._release, self._issue, self._receive, self._adjust):
            await batches.close()

    async def ReserveStock(
        self, request: pb.ReserveStockRequest, context: ServicerContext
    ) -> pb.ReserveStockResponse:
        response = pb.ReserveStockResponse()
        read = partial(convert.reserve_of, default_hold=self._default_hold)
        await answer(self._reserve, request.reservations, read, response.results, "reserved")
        return response

    async def ReleaseStock(
        self, request: pb.ReleaseStockRequest, context: ServicerContext
    ) -> pb.ReleaseStockResponse:
        response = pb.ReleaseStockResponse()
        await answer(self._release, request.releases, convert.release_of, response.results, "released")
        return response

    async def IssueStock(
        self, request: pb.IssueStockRequest, context: ServicerContext
    ) -> pb.IssueStockResponse:
        response = pb.IssueStockResponse()
        await answer(self._issue, request.issues, convert.issue_of, response.results, "issued")
        return response

    async def ReceiveStock(
        self, request: pb.ReceiveStockRequest, context: ServicerContext
    ) -> pb.ReceiveStockResponse:
        response = pb.ReceiveStockResponse()
        await answer(self._receive, request.receipts, convert.receive_of, response.results, "received")
        return response

    async def AdjustStock(
        self, request: pb.AdjustStockRequest, context: ServicerContext
    ) -> pb.AdjustStockResponse:
        response = pb.AdjustStockResponse()
        await answer(self._adjust, request.adjustments, convert.adjust_of, response.results, "adjusted")
        return response

    async def CountStock(
        self, request: pb.CountStockRequest, context: ServicerContext
    ) -> pb.CountStockResponse:
        call = convert.call_of(request, convert.count_of(request), current_traceparent())
        result = await count_stock(self._store, self._atlas, call, clock=self._clock)
        if isinstance(result, Exception):
            raise result
        return pb.CountStockResponse.FromString(result)

    async def PreviewSourcing(
        self, request: pb.PreviewSourcingRequest, context: ServicerContext
    ) -> pb.PreviewSourcingResponse:
        order = convert.previewed_of(request)
        return convert.preview_message(await preview_sourcing(self._store, self._atlas, order))

    async def PutSourcingRule(
        self, request: pb.PutSourcingRuleRequest, context: ServicerContext
    ) -> pb.PutSourcingRuleResponse:
        call = convert.rule_call_of(request)
        return pb.PutSourcingRuleResponse.FromString(await put_sourcing_rule(self._store, self._atlas, call))

    async def BatchGetAvailability(
        self, request: pb.BatchGetAvailabilityRequest, context: ServicerContext
    ) -> pb.BatchGetAvailabilityResponse:
        response = pb.BatchGetAvailabilityResponse()
        levels = await self._store.find_levels(request.skus, request.location_ids, self._most_levels + 1)
        if len(levels) > self._most_levels:
            raise InvalidField(f"more than {self._most_levels} levels: ask for fewer products", field="skus")
        convert.add_levels(response.levels, levels)
        return response

    async def ListReservations(
        self, request: pb.ListReservationsRequest, context: ServicerContext
    ) -> pb.ListReservationsResponse:
        response = pb.ListReservationsResponse()
        listed = await self._store.list_reservations(request.order_id)
        convert.add_listed_reservations(response.reservations, listed)
        return response

    async def ListMovements(
        self, request: pb.ListMovementsRequest, context: ServicerContext
    ) -> pb.ListMovementsResponse:
        wanted = MovementFilter(request.source_reference, request.sku, request.location_id)
        scope = f"ListMovements {wanted}"
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        after = int(*position_of(scope, request.page.page_token) or ("0",))
        listed = await self._store.list_movements(wanted, after, size + 1)
        page = page_of(scope, listed, size, lambda it: (str(it.position),))
        response = pb.ListMovementsResponse()
        convert.add_listed_movements(response.movements, page.rows)
        response.page.next_page_token = page.next_token
        return response


async def answer(
    batches: CallBatches,
    messages: Iterable[Any],
    read: Callable[[Any], Command],
    results: Any,
    field: str,
) -> None:
    """Carry out one call for each message and put each result; one that cannot be read is refused alone."""
    calls: list[Call] = []
    traceparent = current_traceparent()
    answers: list[bytes | Exception | None] = []
    for message in messages:
        try:
            calls.append(convert.call_of(message, read(message), traceparent))
            answers.append(None)
        except Refusal as refusal:
            answers.append(refusal)
    carried_out = iter(await batches.submit(calls) if calls else ())
    convert.add_results(results, field, filled(answers, carried_out))


def filled(
    answers: Sequence[bytes | Exception | None], carried_out: Iterable[bytes | Exception]
) -> list[bytes | Exception]:
    rest = iter(carried_out)
    return [next(rest) if it is None else it for it in answers]
