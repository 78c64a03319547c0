import grpc
import pytest

from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.type.v1.page_pb2 import PageRequest
from tests.builders.master_data import a_location, a_product
from tests.builders.master_data_upserts import LOCATIONS, PRODUCTS
from tests.builders.refused import refused

LISTS = {
    "ListProducts": (PRODUCTS, a_product, "sku"),
    "ListLocations": (LOCATIONS, a_location, "location_id"),
}


@pytest.fixture(params=LISTS)
def listing(request, grpc_stub):
    """``await listing(page_size=2)`` gives the keys of a page and the next token."""
    upsert, make, key = LISTS[request.param]
    kind = getattr(pb, f"{request.param}Request")

    async def page(**asked) -> tuple[list[str], str]:
        answer = await getattr(grpc_stub, request.param)(kind(page=PageRequest(**asked)))
        return [getattr(row, key) for row in getattr(answer, upsert.field)], answer.page.next_page_token

    async def fill(*keys: str) -> None:
        await upsert.send(grpc_stub, *map(make, keys))

    page.fill = fill
    return page


async def test_pages_follow_each_other_in_the_order_of_the_keys(listing):
    await listing.fill("c", "B", "a", "ä", "A", "1")
    seen, token = await listing(page_size=4)
    rest, end = await listing(page_size=4, page_token=token)
    assert [*seen, *rest] == ["1", "A", "B", "a", "c", "ä"]
    assert end == ""


async def test_a_row_added_between_two_pages_neither_hides_nor_repeats_another(listing):
    await listing.fill("b", "d", "f")
    first, token = await listing(page_size=2)
    await listing.fill("a", "e")
    second, _ = await listing(page_size=2, page_token=token)
    assert (first, second) == (["b", "d"], ["e", "f"])


async def test_a_page_that_ends_with_the_last_row_is_the_last(listing):
    await listing.fill("a", "b")
    assert await listing(page_size=2) == (["a", "b"], "")


async def test_an_empty_list_is_one_empty_page(listing):
    assert await listing() == ([], "")


async def test_without_a_size_a_page_has_a_hundred_rows(listing):
    await listing.fill(*(f"{number:03}" for number in range(101)))
    rows, token = await listing()
    assert len(rows) == 100
    assert token


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "!"])
async def test_a_token_of_no_list_is_refused(listing, token):
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID") as seen:
        await listing(page_token=token)
    assert (seen.code, seen.field) == (grpc.StatusCode.INVALID_ARGUMENT, "page.page_token")


async def test_a_token_of_the_other_list_is_refused(grpc_stub):
    await LOCATIONS.send(grpc_stub, a_location("a"), a_location("b"))
    locations = await grpc_stub.ListLocations(pb.ListLocationsRequest(page=PageRequest(page_size=1)))
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        token = locations.page.next_page_token
        await grpc_stub.ListProducts(pb.ListProductsRequest(page=PageRequest(page_token=token)))


@pytest.mark.parametrize("size", [-1, 1001])
async def test_a_page_of_more_than_a_thousand_rows_is_invalid(listing, size):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await listing(page_size=size)
    assert seen.field == "page.page_size"
