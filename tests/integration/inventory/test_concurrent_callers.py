"""Many callers and several processes on the same stock."""

import asyncio
import random

from libs.refusals import Refusal
from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from tests.builders.inventory_requests import (
    a_count,
    a_line,
    a_receipt,
    a_release,
    a_reservation,
    a_shipment,
    adjust,
    an_adjustment,
    an_issue,
    counted,
    issue,
    levels,
    opening_stock,
    order_id,
    receive,
    release,
    reserve,
)


async def test_a_hot_product_is_promised_exactly_as_often_as_it_is_there(worker, start_worker, violations):
    await opening_stock(worker, W1_MILK=70, S1_MILK=30)
    workers = [worker, start_worker()]
    calls = [reserve(workers[number % 2], a_reservation(order_id=order_id(number))) for number in range(256)]
    answers = [result.reserved for [result] in await asyncio.gather(*calls)]
    assert sum(len(answer.allocations) for answer in answers) == 100
    assert sum(len(answer.shortages) for answer in answers) == 156
    assert await levels(worker) == {"W1_MILK": (70, 70), "S1_MILK": (30, 30)}
    assert await violations() == []


async def test_a_request_sent_to_two_processes_at_once_happens_once(worker, start_worker, violations):
    await opening_stock(worker, W1_MILK=1000, S1_MILK=1000)
    other = start_worker()
    requests = [a_reservation(order_id=order_id(number), request_id=f"r{number}") for number in range(100)]
    sales = [an_issue(request_id=f"s{number}", source_reference=f"receipt-{number}") for number in range(100)]
    calls = [
        *[
            reserve(it, *requests[start : start + 10])
            for it in (worker, other)
            for start in range(0, 100, 10)
        ],
        *[issue(it, sale) for sale in sales for it in (other, worker)],
    ]
    random.Random(7).shuffle(calls)
    answers = await asyncio.gather(*calls)
    assert all(not result.HasField("refusal") for results in answers for result in results)
    assert await levels(worker) == {"W1_MILK": (1000, 100), "S1_MILK": (900, 0)}
    assert await violations() == []


async def test_all_kinds_of_writers_at_once_leave_stock_true(worker, start_worker, violations):
    skus, places = [f"SKU{number}" for number in range(6)], ["W1", "S1", "S2"]
    await worker.CountStock(a_count(*[counted(sku, at, 20) for sku in skus for at in places]))
    workers = [worker, start_worker(batch_calls=7), start_worker(most_locked_locations=1)]
    dice = random.Random(11)

    def lines() -> list[pb.StockLine]:
        return [a_line(sku, dice.randint(1, 4), line_id=sku) for sku in dice.sample(skus, 3)]

    def call():
        stub, number, at = dice.choice(workers), dice.randint(1, 60), dice.choice(places)
        return dice.choice(
            [
                lambda: reserve(stub, a_reservation(*lines(), order_id=order_id(number))),
                lambda: reserve(
                    stub, a_reservation(*lines(), order_id=order_id(number), replace_reserved=True)
                ),
                lambda: release(stub, a_release(order_id=order_id(number))),
                lambda: issue(stub, an_issue(*lines(), location_id=at)),
                lambda: issue(stub, a_shipment(*lines(), location_id=at, order_id=order_id(number))),
                lambda: receive(stub, a_receipt(*lines(), location_id=at)),
                lambda: adjust(stub, an_adjustment(dice.choice([-3, 3]), dice.choice(skus), location_id=at)),
                lambda: stub.CountStock(a_count(*[counted(sku, at, 15) for sku in skus])),
            ]
        )()

    answers = await asyncio.gather(*[call() for _ in range(400)], return_exceptions=True)
    assert [it for it in answers if isinstance(it, Exception) and not isinstance(it, Refusal)] == []
    assert await violations() == []


async def test_first_facts_about_a_product_agree_on_one_unit(worker, start_worker, violations):
    other = start_worker()
    pieces = [issue(worker, an_issue(a_line("NEW"), location_id=at)) for at in ("W1", "S1", "S2")]
    litres = [receive(other, a_receipt(a_line("NEW", unit=3), location_id=at)) for at in ("S2", "S1", "W1")]
    answers = await asyncio.gather(*pieces, *litres)
    refused = [result.HasField("refusal") for [result] in answers]
    assert refused in ([True] * 3 + [False] * 3, [False] * 3 + [True] * 3)
    assert await violations() == []
