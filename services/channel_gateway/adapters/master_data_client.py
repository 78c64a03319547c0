"""Master data, asked rarely: what was answered lately is remembered."""

from collections.abc import Collection, Mapping, Sequence

import grpc

from libs.readthrough import ReadThrough
from libs.rpc import refusal_of
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1 import party_pb2
from retailmesh.masterdata.v1.master_data_service_pb2_grpc import MasterDataServiceStub
from retailmesh.type.v1 import page_pb2
from services.channel_gateway import convert
from services.channel_gateway.domain.storefront import Identifier

PAGE = 1000
LOCATIONS = "locations"


class MasterDataClient:
    """The `MasterData` port. Unknown names are asked for again after ``missing_ttl`` seconds."""

    def __init__(
        self, channel: grpc.aio.Channel, *, max_entries: int, ttl: float, missing_ttl: float
    ) -> None:
        self._stub = MasterDataServiceStub(channel)  # type: ignore[no-untyped-call]
        self._skus: ReadThrough[Identifier, str] = ReadThrough(
            self._load_skus,
            name="identifiers",
            max_entries=max_entries,
            ttl_seconds=ttl,
            missing_ttl_seconds=missing_ttl,
        )
        self._locations: ReadThrough[str, Sequence[party_pb2.Location]] = ReadThrough(
            self._load_locations, name=LOCATIONS, max_entries=1, ttl_seconds=ttl
        )

    async def resolve(self, names: Collection[Identifier]) -> Mapping[Identifier, str]:
        return await self._skus.get_many(names)

    async def location_of(self, place: str) -> str:
        if not place:
            return ""
        known = {
            name: location.location_id
            for location in await self._all_locations()
            for name in (location.name, location.location_id)
        }
        return known.get(place, "")

    async def only_warehouse(self) -> str:
        warehouses = [
            location.location_id
            for location in await self._all_locations()
            if location.kind == party_pb2.LOCATION_KIND_WAREHOUSE
        ]
        return warehouses[0] if len(warehouses) == 1 else ""

    async def _all_locations(self) -> Sequence[party_pb2.Location]:
        return await self._locations.get(LOCATIONS) or ()

    async def _load_skus(self, names: Sequence[Identifier]) -> Mapping[Identifier, str]:
        request = pb.ResolveIdentifiersRequest(identifiers=map(convert.identifier_to_proto, names))
        try:
            answer = await self._stub.ResolveIdentifiers(request)
        except grpc.aio.AioRpcError as error:
            raise refusal_of(error) from None
        return {name: one.sku for name, one in zip(names, answer.resolved, strict=True) if one.sku}

    async def _load_locations(self, _: Sequence[str]) -> Mapping[str, Sequence[party_pb2.Location]]:
        found: list[party_pb2.Location] = []
        token = ""
        while True:
            page = page_pb2.PageRequest(page_size=PAGE, page_token=token)
            try:
                answer = await self._stub.ListLocations(pb.ListLocationsRequest(page=page))
            except grpc.aio.AioRpcError as error:
                raise refusal_of(error) from None
            found += answer.locations
            token = answer.page.next_page_token
            if not token:
                return {LOCATIONS: found}
