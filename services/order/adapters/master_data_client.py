"""Master data behind the `Catalogue` port, read through bounded caches."""

from collections.abc import Collection, Mapping, Sequence

from grpc.aio import Channel

from libs.readthrough import ReadThrough
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1.master_data_service_pb2_grpc import MasterDataServiceStub
from retailmesh.type.v1.page_pb2 import PageRequest
from services.order.adapters.asked import asked
from services.order.config import Settings
from services.order.domain.stock import Article

LARGEST_PAGE = 1000


class MasterDataClient:
    """The `Catalogue` port over gRPC. What is unknown is asked for again soon: it may have been loaded."""

    def __init__(self, channel: Channel, settings: Settings) -> None:
        self._stub = MasterDataServiceStub(channel)
        self._articles: ReadThrough[str, Article] = ReadThrough(
            self._load_articles,
            name="articles",
            max_entries=settings.article_cache_entries,
            ttl_seconds=settings.catalogue_ttl,
            missing_ttl_seconds=settings.catalogue_missing_ttl,
        )
        self._locations: ReadThrough[str, str] = ReadThrough(
            self._load_locations,
            name="locations",
            max_entries=settings.location_cache_entries,
            ttl_seconds=settings.catalogue_ttl,
            missing_ttl_seconds=settings.catalogue_missing_ttl,
        )

    async def articles(self, skus: Collection[str]) -> Mapping[str, Article]:
        return await self._articles.get_many([sku for sku in skus if sku])

    async def locations(self, location_ids: Collection[str]) -> Collection[str]:
        return await self._locations.get_many([it for it in location_ids if it])

    async def _load_articles(self, skus: Sequence[str]) -> dict[str, Article]:
        response = await asked(
            "master data", self._stub.BatchGetProducts, pb.BatchGetProductsRequest(skus=skus)
        )
        return {it.sku: Article(it.unit, it.stocked) for it in response.products}

    async def _load_locations(self, location_ids: Sequence[str]) -> dict[str, str]:
        """Locations cannot be asked for by id; there are few, and all are read at once."""
        found: set[str] = set()
        page = PageRequest(page_size=LARGEST_PAGE)
        while True:
            response = await asked(
                "master data", self._stub.ListLocations, pb.ListLocationsRequest(page=page)
            )
            found.update(it.location_id for it in response.locations)
            page.page_token = response.page.next_page_token
            if not page.page_token:
                return {it: it for it in location_ids if it in found}
