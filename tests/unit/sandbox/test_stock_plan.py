from collections import Counter

from services.sandbox.domain.receipts import ReceiptKind
from tests.builders.outside_world import dataset, day, product


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
        for line in receipt.lines:
            demand[receipt.store, line.sku] += line.quantity_milli
    assert all(need <= planned.stock.opening[place] <= need + 3000 for place, need in demand.items())


def test_a_warehouse_opens_with_the_demand_of_its_region():
    planned = day(shortage_share=0, malformed_each=0)
    demand = Counter()
    for state in planned.truth.orders.values():
        warehouse = planned.places.warehouse_of(state.order.region).location_id
        for line in state.order.lines:
            demand[warehouse, line.line.sku] += line.line.quantity_milli
    assert all(planned.stock.opening[place] >= need for place, need in demand.items())


def test_an_article_short_online_is_in_no_warehouse_and_left_out_of_the_parcels():
    data = dataset(products={f"SKU-{n}": product(n) for n in range(1, 41)})
    planned = day(data=data, shortage_share=100, storefront_share=300, cancel_share=0, malformed_each=0)
    short = planned.stock.short_online
    assert short
    warehouses = {warehouse.location_id for warehouse in planned.places.warehouses}
    assert all(
        milli == 0
        for (place, sku), milli in planned.stock.opening.items()
        if place in warehouses and sku in short
    )
    for state in planned.truth.orders.values():
        for line in state.order.lines:
            if line.line.sku in short:
                assert state.shipped_of(line.line_id) == 0
                assert state.refunded_of(line.line_id) == line.line.quantity_milli


def test_services_have_no_stock():
    services = {f"SKU-{n}": product(n, stocked=False) for n in range(1, 41)}
    assert not day(data=dataset(products=services)).stock.opening
