"""What a batch is made of does not show in what comes of it."""

import asyncio
import random
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import event, insert

from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from services.inventory import convert
from services.inventory.adapters.tables import locations
from services.inventory.domain.book import Book
from services.inventory.domain.decide import decide
from services.inventory.domain.levels import Level, Unit
from tests.builders.inventory_requests import (
    HOUR,
    MONDAY,
    a_count,
    a_line,
    a_receipt,
    a_release,
    a_reservation,
    a_shipment,
    an_adjustment,
    an_issue,
    counted,
    levels,
    opening_stock,
    order_id,
    refusal_in,
    reservations,
    reserve,
)
from tests.builders.stock import places, store, warehouse

SKUS, LOCATIONS = ("MILK", "BREAD", "EGGS"), ("W1", "S1", "S2")
NETWORK = places(warehouse("W1"), store("S1"), store("S2", "WEST"))


@pytest.fixture
def statements(worker):
    """``with statements() as seen``: the SQL sent meanwhile."""

    @contextmanager
    def recorded():
        seen: list[str] = []

        def record(connection, cursor, statement, *_):
            seen.append(statement)

        event.listen(worker.engine.sync_engine, "before_cursor_execute", record)
        yield seen
        event.remove(worker.engine.sync_engine, "before_cursor_execute", record)

    return recorded


def some_call(dice: random.Random) -> tuple[str, str, object, object]:
    """RPC, its list, a request and its conversion to a command."""
    lines = [a_line(sku, dice.randint(1, 5), line_id=sku) for sku in dice.sample(SKUS, dice.randint(1, 3))]
    it, at = order_id(dice.randint(1, 8)), dice.choice(LOCATIONS)
    when = MONDAY + dice.randint(-3, 3) * HOUR
    calls = [
        (
            "ReserveStock",
            "reservations",
            a_reservation(*lines, order_id=it, replace_reserved=dice.random() < 0.3),
        ),
        ("ReserveStock", "reservations", a_reservation(*lines, order_id=it, excluded_location_ids=[at])),
        ("ReleaseStock", "releases", a_release(order_id=it)),
        ("IssueStock", "issues", an_issue(*lines, location_id=at, occurred_at=when)),
        ("IssueStock", "issues", a_shipment(*lines, location_id=at, order_id=it, occurred_at=when)),
        ("ReceiveStock", "receipts", a_receipt(*lines, location_id=at, occurred_at=when)),
        (
            "AdjustStock",
            "adjustments",
            an_adjustment(dice.choice([-4, 2]), dice.choice(SKUS), location_id=at),
        ),
    ]
    rpc, field, request = dice.choice(calls)
    return rpc, field, request, COMMANDS[rpc](request)


COMMANDS = {
    "ReserveStock": lambda it: convert.reserve_of(it, HOUR / 4),
    "ReleaseStock": convert.release_of,
    "IssueStock": convert.issue_of,
    "ReceiveStock": convert.receive_of,
    "AdjustStock": convert.adjust_of,
}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("settings", [{}, {"most_locked_locations": 1}, {"batch_calls": 3}], ids=str)
async def test_the_database_comes_to_what_the_rules_alone_come_to(
    worker, start_worker, clock, violations, seed, settings
):
    """Although each batch reads only the rows that it may need."""
    dice = random.Random(seed)
    stub = start_worker(**settings)
    await stub.CountStock(a_count(*[counted(sku, at, 6) for sku in SKUS for at in LOCATIONS]))
    book = Book(NETWORK, [Level(sku, at, Unit.PIECE, 6000, version=1) for sku in SKUS for at in LOCATIONS])
    for level in (level for there in book.stock.values() for level in there.values()):
        level.counted_at = MONDAY - HOUR
    for number in range(40):
        clock.now = MONDAY + number * HOUR / 60
        rpc, field, *_ = some_call(dice)
        batch = [call for call in (some_call(dice) for _ in range(30)) if call[0] == rpc][
            : dice.randint(1, 8)
        ]
        if not batch:
            continue
        requests = [request for _, _, request, _ in batch]
        await getattr(stub, rpc)(getattr(pb, f"{rpc}Request")(**{field: requests}))
        decide([command for *_, command in batch], book, clock.now)
        found = await stub.BatchGetAvailability(pb.BatchGetAvailabilityRequest(skus=SKUS))
        states = {level.state() for there in book.stock.values() for level in there.values()}
        assert {
            (it.sku, it.location_id, it.on_hand.unit, it.on_hand.milli, it.reserved.milli, 0, it.version)
            for it in found.levels
        } == states
    assert await violations() == []


@pytest.mark.parametrize("size", [1, 200])
async def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(worker, statements, size):
    stock = {f"W1_SKU{number}": 5 for number in range(200)}
    await opening_stock(worker, **stock)
    orders = [
        a_reservation(
            a_line(f"SKU{number}", line_id="1"),
            a_line(f"SKU{(number + 1) % 200}", line_id="2"),
            order_id=order_id(number),
        )
        for number in range(size)
    ]
    with statements() as seen:
        await reserve(worker, *orders)
    assert len(seen) == 7


async def test_a_call_that_cannot_be_stored_fails_alone(worker):
    await opening_stock(worker, W1_MILK=100)
    orders = [a_reservation(order_id=order_id(number)) for number in range(20)]
    orders[7].lines[0].line_id = "nul \0"
    results = await reserve(worker, *orders)
    assert [result.HasField("reserved") for result in results] == [number != 7 for number in range(20)]
    assert refusal_in(results[7]).reason == "ERROR_REASON_INVALID_FIELD"
    assert await levels(worker) == {"W1_MILK": (100, 19)}


async def test_a_wide_network_is_searched_without_locking_it(worker, start_worker, rows):
    async with worker.engine.begin() as connection:
        many = [store(f"S{number:03d}") for number in range(100, 150)]
        await connection.execute(insert(locations), [it._asdict() for it in many])
    stub = start_worker(most_locked_locations=8)
    stock = {f"S{number}_MILK": 1 for number in range(100, 150)}
    await opening_stock(stub, **stock)
    async with worker.engine.begin() as connection:
        # Somebody works at a location that is not needed.
        await connection.exec_driver_sql("select from levels where location_id = 'S149' for update")
        results = await asyncio.wait_for(reserve(stub, a_reservation(a_line("MILK", 3))), timeout=5)
    assert [it.location_id for it in results[0].reserved.allocations] == ["S100", "S101", "S102"]


async def test_a_shortage_in_a_wide_network_is_certain(worker, start_worker):
    stub = start_worker(most_locked_locations=1)
    await opening_stock(stub, W1_MILK=1, S1_MILK=1, S2_MILK=1)
    orders = [
        reserve(stub, a_reservation(a_line("MILK", 1), order_id=order_id(number))) for number in range(5)
    ]
    answers = [result.reserved for [result] in await asyncio.gather(*orders)]
    assert sum(len(answer.allocations) for answer in answers) == 3
    assert sum(len(answer.shortages) for answer in answers) == 2


async def test_each_event_belongs_to_the_trace_of_its_own_order(worker, rows):
    await opening_stock(worker, W1_MILK=5)
    traces = [f"00-{number:032x}-{number:016x}-01" for number in (1, 2)]
    await reserve(
        worker,
        *[
            a_reservation(order_id=order_id(number), traceparent=trace)
            for number, trace in enumerate(traces, 1)
        ],
    )
    told = await rows(
        "select key, traceparent from outbox where type like '%StockReserved' order by position"
    )
    assert told == [(str(UUID(int=number)), trace) for number, trace in enumerate(traces, 1)]
    assert await reservations(worker, 1) == [("1", "W1", 1, "TENTATIVE")]
