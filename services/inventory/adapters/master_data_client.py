"""Master data's locations, for those of which no event has told yet."""

import grpc

from libs.rpc import refusal_of
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1.master_data_service_pb2_grpc import MasterDataServiceStub
from retailmesh.type.v1.page_pb2 import PageRequest
from services.inventory.convert import location_of
from services.inventory.domain.places import Location

PAGE_SIZE = 1000


class MasterDataClient:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = MasterDataServiceStub(channel)

    async def all_locations(self) -> list[Location]:
        """Every location of the mesh. Raises `Unavailable`."""
        locations: list[Location] = []
        page = PageRequest(page_size=PAGE_SIZE)
        while True:
            try:
                response = await self._stub.ListLocations(pb.ListLocationsRequest(page=page))
            except grpc.aio.AioRpcError as error:
                raise refusal_of(error) from error
            locations += map(location_of, response.locations)
            page.page_token = response.page.next_page_token
            if not page.page_token:
                return locations
