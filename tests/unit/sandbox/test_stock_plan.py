from collections import Counter

import pytest

from services.sandbox.domain.receipts import ReceiptKind
from tests.builders.outside_world import basket, dataset, day, line, product


def sales_of(planned):
    return [r for r in planned.truth.receipts if r.kind is ReceiptKind.SALE]


def test_a_few_per_cent_of_lines_meet_a_shortage():
    planned = day(shortage_share=30)
    lines = sum(len(r.lines) for r in sales_of(planned))
    assert 0 < planned.stock.short_lines_at_tills <= lines // 10


def test_nothing_is_short_when_nothing_shall_be():
    stock = day(shortage_share=0).stock
    assert (stock.short_lines_at_tills, stock.short_lines_online) == (0, 0)


def test_a_store_opens_with_its_demand_or_more_unless_it_is_short():
    planned = day(shortage_share=0)
    demand = Counter()
    for receipt in sales_of(planned):
        for sold in receipt.lines:
            demand[receipt.store, sold.sku] += sold.quantity_milli
    assert all(need <= planned.stock.opening[place] <= need + 3000 for place, need in demand.items())


def test_a_warehouse_opens_with_the_demand_of_its_region():
    planned = day(shortage_share=0, malformed_each=0, store_only_share=0)
    demand = Counter()
    for state in planned.truth.orders.values():
        warehouse = planned.places.warehouse_of(state.order.region).location_id
        for row in state.order.lines:
            demand[warehouse, row.line.sku] += row.line.quantity_milli
    assert all(planned.stock.opening[place] >= need for place, need in demand.items())


@pytest.fixture(scope="module")
def scarce():
    return day(data=wide_range(), shortage_share=100, cancel_share=0, malformed_each=0, authorized_share=0)


def wide_range():
    """A seller of so many articles that most are asked for once."""
    products = {f"SKU-{number}": product(number) for number in range(1, 401)}
    rows = [basket(n, [line(p, (n * 5 + p) % 400 + 1, p) for p in range(1, 4)]) for n in range(1, 121)]
    return dataset(rows, products=products)


def test_an_article_short_online_is_in_no_warehouse_and_in_no_parcel(scarce):
    short = scarce.stock.short_online
    assert short
    warehouses = {warehouse.location_id for warehouse in scarce.places.warehouses}
    assert all(
        milli == 0
        for (place, sku), milli in scarce.stock.opening.items()
        if place in warehouses and sku in short
    )
    for state, row in lines_of(scarce):
        if row.line.sku in short:
            assert state.shipped_of(row.line_id) == 0


def test_what_is_short_is_paid_back_or_waits_and_some_orders_wait_as_a_whole(scarce):
    fates = set()
    for state, row in lines_of(scarce):
        if row.line.sku in scarce.stock.short_online:
            back = state.refunded_of(row.line_id)
            assert back in (0, row.line.quantity_milli)
            fates.add((back > 0, bool(state.fulfilments)))
    assert fates == {(True, True), (False, True), (False, False)}


def test_some_articles_are_kept_by_one_store_alone_and_leave_from_there():
    planned = day(
        data=wide_range(), store_only_share=60, cancel_share=0, authorized_share=0, malformed_each=0
    )
    kept = planned.stock.kept_by_store
    lines = [row for _, row in lines_of(planned)]
    assert len(kept) == round(len(lines) * 0.06)
    ships = {store.number for store in planned.places.stores if store.ships}
    for sku, store in kept.items():
        holders = {place for (place, held), milli in planned.stock.opening.items() if held == sku and milli}
        assert holders == {store} <= ships
    sold = {row.sku for receipt in sales_of(planned) for row in receipt.lines}
    assert not kept.keys() & (sold | planned.stock.short_online)
    for state, row in lines_of(planned):
        origins = {p.location_id for p in state.fulfilments if row.line_id in dict(p.lines)}
        assert origins <= {
            kept.get(row.line.sku) or planned.places.warehouse_of(state.order.region).location_id
        }


def test_an_order_with_such_an_article_comes_from_two_places():
    options = {"cancel_share": 0, "authorized_share": 0, "malformed_each": 0, "shortage_share": 0}
    planned = day(data=wide_range(), store_only_share=60, **options)
    for state in planned.truth.orders.values():
        kept = [planned.stock.kept_by_store.get(row.line.sku) for row in state.order.lines]
        assert sum(store is not None for store in kept) <= 1
        if any(kept) and len(state.fulfilments) > 1:
            assert len({parcel.location_id for parcel in state.fulfilments}) == 2


def test_a_seller_without_stores_keeps_everything_in_its_warehouse():
    assert not day(data=dataset(online_only=True), store_only_share=500).stock.kept_by_store


def lines_of(planned):
    return [(state, row) for state in planned.truth.orders.values() for row in state.order.lines]


def test_services_have_no_stock():
    services = {f"SKU-{n}": product(n, stocked=False) for n in range(1, 41)}
    assert not day(data=dataset(products=services)).stock.opening
