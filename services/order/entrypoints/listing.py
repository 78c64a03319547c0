"""Pages of orders, and counts of them."""

from typing import Any

from libs.paging import DEFAULT_PAGE_SIZE, page_token, position_of
from libs.protos import timestamp_to_proto
from retailmesh.order.v1 import order_pb2
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.type.v1.page_pb2 import PageResponse
from services.order import convert
from services.order.application.ports import Counts, ListedOrder, ListedReturn, Reads, Wanted

START = ("order", "0")
RETURNS = "return"


async def listed(reads: Reads, request: pb.ListOrdersRequest) -> pb.ListOrdersResponse:
    """A page of orders; behind the last order come the returns that have none. Raises `PageTokenInvalid`."""
    wanted = wanted_of(request)
    scope = f"ListOrders {wanted}"
    size = request.page.page_size or DEFAULT_PAGE_SIZE
    what, *after = position_of(scope, request.page.page_token) or START
    orders: list[ListedOrder] = []
    returns: list[ListedReturn] = []
    if what != RETURNS:
        orders = [*await reads.list_orders(wanted, int(after[0]), size + 1)]
        after = ["", ""]
    if len(orders) <= size and not wanted.states and not wanted.kind:
        channel_after, return_after = after
        left = size - len(orders)
        returns = [
            *await reads.list_unlinked_returns(wanted.channel, (channel_after, return_after), left + 1)
        ]
    key = next_key(orders, returns, size)
    return pb.ListOrdersResponse(
        orders=map(summary_of, orders[:size]),
        unlinked_returns=[
            order_pb2.Return.FromString(it.document) for it in returns[: size - len(orders[:size])]
        ],
        page=PageResponse(next_page_token=page_token(scope, key) if key else ""),
    )


def next_key(orders: list[ListedOrder], returns: list[ListedReturn], size: int) -> tuple[str, ...]:
    """Where the next page begins; empty at the end. One row more than the page shows that there is one."""
    if len(orders) > size:
        return ("order", str(orders[size - 1].position))
    shown = size - len(orders)
    if len(returns) <= shown:
        return ()
    last = returns[shown - 1] if shown else ListedReturn("", "", b"")
    return (RETURNS, last.channel, last.return_id)


def wanted_of(request: Any) -> Wanted:
    return Wanted(
        states=tuple(getattr(request, "states", ())),
        kind=getattr(request, "kind", 0),
        channel=getattr(request, "channel", ""),
        placed_from=convert.instant_of(request, "placed_from"),
        placed_before=convert.instant_of(request, "placed_before"),
    )


def summary_of(it: ListedOrder) -> pb.OrderSummary:
    return pb.OrderSummary(
        order_id=it.order_id,
        channel=it.channel,
        channel_order_id=it.channel_order_id,
        order_number=order_pb2.NewOrder.FromString(it.document).order_number,
        kind=it.kind,
        state=it.state,
        hold_reasons=it.hold_reasons,
        total=convert.money_of(it.total, it.currency),
        refunded=convert.money_of(it.refunded, it.currency),
        allocated_locations=it.places,
        placed_at=timestamp_to_proto(it.placed_at),
        called_off=it.called_off,
    )


def counted(counts: Counts) -> pb.SummarizeOrdersResponse:
    return pb.SummarizeOrdersResponse(
        counts=[pb.OrderCount(**it._asdict()) for it in counts.counts],
        split_orders=counts.split_orders,
        returns=counts.returns,
    )
