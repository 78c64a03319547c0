"""Master data, asked rarely: what was answered lately is remembered."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import grpc

from libs.readthrough import ReadThrough
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1.master_data_service_pb2_grpc import MasterDataServiceStub
from retailmesh.type.v1 import page_pb2
from services.pos_gateway import convert
from services.pos_gateway.adapters.order_client import asked
from services.pos_gateway.application.ports import Skus
from services.pos_gateway.domain.receipts import Identifier

PAGE = 1000
ZONES = "zones"


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
        self._zones: ReadThrough[str, Mapping[str, tzinfo]] = ReadThrough(
            self._load_zones, name=ZONES, max_entries=1, ttl_seconds=ttl
        )

    async def resolve(self, names: Collection[tuple[Identifier, ...]]) -> Skus:
        """Round by round: an article's second name is only asked for when nobody knows its first."""
        found: dict[Identifier, str] = {}
        left = [list(article) for article in names if article]
        while left:
            found |= await self._skus.get_many({article[0] for article in left})
            left = [article[1:] for article in left if article[0] not in found and len(article) > 1]
        return found

    async def zones(self, stores: Collection[str]) -> Mapping[str, tzinfo]:
        known = (await self._zones.get(ZONES) or {}) if stores else {}
        return {store: known.get(store, UTC) for store in stores}

    async def _load_skus(self, names: Sequence[Identifier]) -> Mapping[Identifier, str]:
        request = pb.ResolveIdentifiersRequest(identifiers=map(convert.identifier_to_proto, names))
        answer = await asked(self._stub.ResolveIdentifiers(request))
        return {name: one.sku for name, one in zip(names, answer.resolved, strict=True) if one.sku}

    async def _load_zones(self, _: Sequence[str]) -> Mapping[str, Mapping[str, tzinfo]]:
        zones: dict[str, tzinfo] = {}
        token = ""
        while True:
            page = page_pb2.PageRequest(page_size=PAGE, page_token=token)
            answer = await asked(self._stub.ListLocations(pb.ListLocationsRequest(page=page)))
            zones |= {one.location_id: zone_of(one.time_zone) for one in answer.locations}
            token = answer.page.next_page_token
            if not token:
                return {ZONES: zones}


def zone_of(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
