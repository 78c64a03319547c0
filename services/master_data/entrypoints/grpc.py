"""The gRPC face of master data: each RPC is a use case, or one read."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeVar

from grpc.aio import ServicerContext

from libs.database import retry_conflicts
from libs.idempotency import digest_of
from libs.paging import DEFAULT_PAGE_SIZE, Page, page_of, position_of
from libs.protos import timestamp_from_proto
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1 import master_data_service_pb2_grpc
from retailmesh.type.v1.page_pb2 import PageRequest, PageResponse
from services.master_data import convert
from services.master_data.application.ports import Call, Store
from services.master_data.application.resolve_identifiers import resolve_identifiers
from services.master_data.application.upsert_customers import upsert_customers
from services.master_data.application.upsert_locations import upsert_locations
from services.master_data.application.upsert_prices import upsert_prices
from services.master_data.application.upsert_products import upsert_products
from services.master_data.application.upsert_promotions import upsert_promotions
from services.master_data.domain.recorded import Upserted

T = TypeVar("T")
Upsert = Callable[[Store, Call, Sequence[T], datetime], Awaitable[Upserted]]


class MasterDataServicer(master_data_service_pb2_grpc.MasterDataServiceServicer):
    """Every request has passed its contract's rules and its policy; a refusal becomes a status outside."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def _upsert(self, use_case: Upsert[T], request: Any, resources: Sequence[T]) -> Upserted:
        """Runs again when a concurrent repeat of the same request was faster, to give its answer."""
        rpc = request.DESCRIPTOR.name.removesuffix("Request")
        call = Call(rpc, request.request_id, digest_of(request))
        return await retry_conflicts(lambda: use_case(self._store, call, resources, self._now()))

    async def BatchUpsertProducts(
        self, request: pb.BatchUpsertProductsRequest, context: ServicerContext
    ) -> pb.BatchUpsertProductsResponse:
        products = list(map(convert.product_from_proto, request.products))
        upserted = await self._upsert(upsert_products, request, products)
        return pb.BatchUpsertProductsResponse(**asdict(upserted))

    async def BatchUpsertPrices(
        self, request: pb.BatchUpsertPricesRequest, context: ServicerContext
    ) -> pb.BatchUpsertPricesResponse:
        prices = list(map(convert.price_from_proto, request.prices))
        upserted = await self._upsert(upsert_prices, request, prices)
        return pb.BatchUpsertPricesResponse(**asdict(upserted))

    async def BatchUpsertPromotions(
        self, request: pb.BatchUpsertPromotionsRequest, context: ServicerContext
    ) -> pb.BatchUpsertPromotionsResponse:
        promotions = list(map(convert.promotion_from_proto, request.promotions))
        upserted = await self._upsert(upsert_promotions, request, promotions)
        return pb.BatchUpsertPromotionsResponse(**asdict(upserted))

    async def BatchUpsertLocations(
        self, request: pb.BatchUpsertLocationsRequest, context: ServicerContext
    ) -> pb.BatchUpsertLocationsResponse:
        locations = list(map(convert.location_from_proto, request.locations))
        upserted = await self._upsert(upsert_locations, request, locations)
        return pb.BatchUpsertLocationsResponse(**asdict(upserted))

    async def BatchUpsertCustomers(
        self, request: pb.BatchUpsertCustomersRequest, context: ServicerContext
    ) -> pb.BatchUpsertCustomersResponse:
        customers = list(map(convert.customer_from_proto, request.customers))
        upserted = await self._upsert(upsert_customers, request, customers)
        return pb.BatchUpsertCustomersResponse(**asdict(upserted))

    async def BatchGetProducts(
        self, request: pb.BatchGetProductsRequest, context: ServicerContext
    ) -> pb.BatchGetProductsResponse:
        skus = once_each(request.skus)
        async with self._store.reading() as reads:
            found = await reads.find_products(skus)
        return pb.BatchGetProductsResponse(
            products=[convert.product_to_proto(found[sku]) for sku in skus if sku in found],
            unknown_skus=[sku for sku in skus if sku not in found],
        )

    async def BatchGetPrices(
        self, request: pb.BatchGetPricesRequest, context: ServicerContext
    ) -> pb.BatchGetPricesResponse:
        skus = once_each(request.skus)
        at = timestamp_from_proto(request.at, "at") if request.HasField("at") else self._now()
        async with self._store.reading() as reads:
            found = await reads.find_prices(skus, request.price_list, at)
        return pb.BatchGetPricesResponse(
            prices=[convert.price_to_proto(found[sku]) for sku in skus if sku in found],
            unpriced_skus=[sku for sku in skus if sku not in found],
        )

    async def BatchGetPromotions(
        self, request: pb.BatchGetPromotionsRequest, context: ServicerContext
    ) -> pb.BatchGetPromotionsResponse:
        ids = once_each(request.promotion_ids)
        async with self._store.reading() as reads:
            found = await reads.find_promotions(ids)
        return pb.BatchGetPromotionsResponse(
            promotions=[convert.promotion_to_proto(found[one]) for one in ids if one in found],
            unknown_promotion_ids=[one for one in ids if one not in found],
        )

    async def BatchGetCustomers(
        self, request: pb.BatchGetCustomersRequest, context: ServicerContext
    ) -> pb.BatchGetCustomersResponse:
        ids = once_each(request.customer_ids)
        async with self._store.reading() as reads:
            found = await reads.find_customers(ids)
        return pb.BatchGetCustomersResponse(
            customers=[convert.customer_to_proto(found[one]) for one in ids if one in found],
            unknown_customer_ids=[one for one in ids if one not in found],
        )

    async def ListLocations(
        self, request: pb.ListLocationsRequest, context: ServicerContext
    ) -> pb.ListLocationsResponse:
        after, size = asked_page("ListLocations", request.page)
        async with self._store.reading() as reads:
            rows = await reads.list_locations(after, size + 1)
        page = page_of("ListLocations", rows, size, lambda row: (row.value.location_id,))
        return pb.ListLocationsResponse(
            locations=map(convert.location_to_proto, page.rows), page=next_page(page)
        )

    async def ListProducts(
        self, request: pb.ListProductsRequest, context: ServicerContext
    ) -> pb.ListProductsResponse:
        after, size = asked_page("ListProducts", request.page)
        async with self._store.reading() as reads:
            rows = await reads.list_products(after, size + 1)
        page = page_of("ListProducts", rows, size, lambda row: (row.value.sku,))
        return pb.ListProductsResponse(
            products=map(convert.product_to_proto, page.rows), page=next_page(page)
        )

    async def ResolveIdentifiers(
        self, request: pb.ResolveIdentifiersRequest, context: ServicerContext
    ) -> pb.ResolveIdentifiersResponse:
        identifiers = list(map(convert.identifier_from_proto, request.identifiers))
        skus = await resolve_identifiers(self._store, identifiers)
        pairs = zip(request.identifiers, skus, strict=True)
        return pb.ResolveIdentifiersResponse(
            resolved=[pb.ResolvedIdentifier(identifier=asked, sku=sku) for asked, sku in pairs]
        )


def once_each(keys: Iterable[str]) -> list[str]:
    """Without repeats, in the order asked."""
    return list(dict.fromkeys(keys))


def asked_page(scope: str, page: PageRequest) -> tuple[str, int]:
    """The key behind which the page begins, and its size. Raises `PageTokenInvalid`."""
    (after,) = position_of(scope, page.page_token) or ("",)
    return after, page.page_size or DEFAULT_PAGE_SIZE


def next_page(page: Page[Any]) -> PageResponse:
    return PageResponse(next_page_token=page.next_token)
