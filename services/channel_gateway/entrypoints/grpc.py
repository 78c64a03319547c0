"""The gRPC face of the channel gateway, for operators and reconciliation."""

from collections.abc import Callable
from datetime import datetime

from libs.intake import IntakeRpcs
from libs.intake.desk import Desk
from libs.paging import DEFAULT_PAGE_SIZE, page_token, position_of
from libs.protos import timestamp_from_proto
from retailmesh.channel.v1 import channel_service_pb2 as pb
from retailmesh.channel.v1 import channel_service_pb2_grpc
from retailmesh.type.v1.page_pb2 import PageResponse
from services.channel_gateway import convert
from services.channel_gateway.application.ports import Storefront


class ChannelGatewayServicer(IntakeRpcs, channel_service_pb2_grpc.ChannelGatewayServiceServicer):
    """Five RPCs about raw messages come from the intake; a refusal becomes a status outside."""

    def __init__(self, desk: Desk, storefront: Storefront, now: Callable[[], datetime]) -> None:
        IntakeRpcs.__init__(self, desk, pb, now)
        self._storefront = storefront

    async def ListStorefrontOrders(
        self, request: pb.ListStorefrontOrdersRequest, context: object
    ) -> pb.ListStorefrontOrdersResponse:
        since = instant(request, "created_from")
        until = instant(request, "created_before")
        scope = f"ListStorefrontOrders {since} {until}"
        (cursor,) = position_of(scope, request.page.page_token) or ("",)
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        page = await self._storefront.list_orders(since, until, size, cursor)
        token = page_token(scope, (page.next_cursor,)) if page.next_cursor else ""
        return pb.ListStorefrontOrdersResponse(
            orders=map(convert.figures_to_proto, page.orders), page=PageResponse(next_page_token=token)
        )


def instant(request: pb.ListStorefrontOrdersRequest, field: str) -> datetime | None:
    return timestamp_from_proto(getattr(request, field), field) if request.HasField(field) else None
