"""``python -m tests.bench``: runs the benchmarks one after the other and prints each beside its yardstick."""

import argparse
import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import uvloop

from libs.stack import Mesh, temporary_mesh
from retailmesh.inventory.v1 import inventory_service_pb2
from retailmesh.order.v1 import order_service_pb2
from tests.bench import figures, pgbench
from tests.bench.echo import echo_caller
from tests.bench.events import measure_events
from tests.bench.figures import Figure
from tests.bench.load import Load, run_load
from tests.bench.world import BATCH, LOCATIONS, SERVICES, World, location, sku

REPORT = Path(".build/bench.json")
IN_FLIGHT = 64
BULK_IN_FLIGHT = 4
HOT_CALLERS = (32, 256)
HOT_SKU = 0
READ_SKUS = 100
EVENTS = 40_000
EVENT_BYTES = 500
# Numbers of orders of different measurements must not meet: an order number is an order.
UNARY, BULK, HOT, LOADED = (number * 100_000_000 for number in range(1, 5))

Measure = Callable[[World, float], Awaitable[list[Figure]]]


async def measure_unary(world: World, seconds: float) -> list[Figure]:
    """One order a call, beside an empty call."""
    async with echo_caller() as echo:
        empty = await run_load(echo, in_flight=IN_FLIGHT, seconds=seconds)
    placed = await run_load(
        lambda number: world.orders.PlaceOrder(world.order(UNARY + number)),
        in_flight=IN_FLIGHT,
        seconds=seconds,
    )
    return [
        Figure(
            f"PlaceOrder unary, 3 lines, {IN_FLIGHT} in flight",
            placed.rate,
            "orders/s",
            empty.rate,
            "empty grpc.aio echo",
            0.35,
            latencies(placed),
        )
    ]


async def measure_bulk(world: World, seconds: float) -> list[Figure]:
    """Orders by the batch, beside hand-written SQL."""

    async def place(number: int) -> None:
        first = BULK + number * BATCH
        orders = [world.order(first + offset) for offset in range(BATCH)]
        request = order_service_pb2.BatchPlaceOrdersRequest(orders=orders)
        answer = await world.orders.BatchPlaceOrders(request, timeout=60)
        if any(result.HasField("refusal") for result in answer.results):
            raise RuntimeError("an order was refused")

    placed = await run_load(place, in_flight=BULK_IN_FLIGHT, seconds=seconds)
    url = await pgbench.prepare(world.mesh, await pgbench.sizes_of(world.mesh))
    by_hand = await pgbench.run_pgbench(
        url, pgbench.THREE_LINE_SCRIPT, connections=8, seconds=max(1, round(seconds))
    )
    return [
        Figure(
            f"BatchPlaceOrders, 3 lines, {BATCH} a call",
            placed.rate * BATCH,
            "orders/s",
            by_hand.rate,
            "pgbench, 8 connections",
            1.0,
            failures(placed),
        )
    ]


async def measure_hot_sku(world: World, seconds: float) -> list[Figure]:
    """Everybody orders one product, beside pgbench on one row."""
    url = await pgbench.prepare(world.mesh, await pgbench.sizes_of(world.mesh))
    by_hand = await pgbench.run_pgbench(
        url, pgbench.HOT_SCRIPT, connections=32, seconds=max(1, round(seconds))
    )
    found = []
    for callers in HOT_CALLERS:
        first = HOT + callers * 100_000
        placed = await run_load(
            lambda number, first=first: world.orders.PlaceOrder(world.order(first + number, [HOT_SKU])),
            in_flight=callers,
            seconds=seconds,
        )
        found.append(
            Figure(
                f"hot SKU, {callers} callers",
                placed.rate,
                "orders/s",
                by_hand.rate,
                "pgbench, one row, 32 connections",
                4.0,
                f"{latencies(placed)}; {await oversold(world)} oversold",
            )
        )
    return found


async def oversold(world: World) -> int:
    """Thousandths promised beyond what is there, over all locations."""
    request = inventory_service_pb2.BatchGetAvailabilityRequest(skus=[sku(HOT_SKU)])
    levels = (await world.stock.BatchGetAvailability(request)).levels
    return sum(max(0, level.reserved.milli - level.on_hand.milli) for level in levels)


async def measure_reads(world: World, seconds: float) -> list[Figure]:
    """Availability while orders are placed."""
    request = inventory_service_pb2.BatchGetAvailabilityRequest(
        skus=[sku(number) for number in range(READ_SKUS)],
        location_ids=[location(number) for number in range(LOCATIONS)],
    )
    orders, reads = await asyncio.gather(
        run_load(
            lambda number: world.orders.PlaceOrder(world.order(LOADED + number)),
            in_flight=IN_FLIGHT,
            seconds=seconds,
        ),
        run_load(lambda _: world.stock.BatchGetAvailability(request), in_flight=1, seconds=seconds),
    )
    name = f"BatchGetAvailability {READ_SKUS} × {LOCATIONS}, p99 under order load"
    note = f"p50 {reads.milliseconds(0.5):.1f} ms, {reads.rate:.0f} reads/s beside {orders.rate:.0f} orders/s"
    return [Figure(name, reads.milliseconds(0.99), "ms", note=note)]


async def measure_event_path(world: World, seconds: float) -> list[Figure]:
    """Outbox to consumer, beside raw publishing."""
    found = await measure_events(world.mesh, events=EVENTS, payload_bytes=EVENT_BYTES)
    note = f"delay at a quarter of the rate p50 {found.delay_p50:.0f} ms, p99 {found.delay_p99:.0f} ms"
    return [
        Figure(
            "events, outbox → JetStream → consumer",
            found.rate,
            "events/s",
            found.raw_rate,
            "raw nats-py publishing",
            0.5,
            note,
        )
    ]


MEASURES: dict[str, Measure] = {
    "unary": measure_unary,
    "bulk": measure_bulk,
    "hot": measure_hot_sku,
    "reads": measure_reads,
    "events": measure_event_path,
}


def latencies(load: Load) -> str:
    text = f"p50 {load.milliseconds(0.5):.0f} ms, p99 {load.milliseconds(0.99):.0f} ms"
    return ", ".join(filter(None, (text, failures(load))))


def failures(load: Load) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in load.failures.items())


def measure_idle_mesh() -> list[Figure]:
    """How long the whole mesh takes to be ready, and what it takes up doing nothing."""
    with temporary_mesh(durable=True) as mesh:
        began = time.perf_counter()
        mesh.start()
        seconds = time.perf_counter() - began
        used = sum(part.memory_bytes or 0 for part in mesh.status())
        parts = len(mesh.status())
    return [
        Figure("start of the whole mesh", seconds, "s", note=f"{parts} parts, databases made anew"),
        Figure("memory of the idle mesh", used / 2**20, "MiB", note=f"{parts} processes"),
    ]


async def measure(mesh: Mesh, names: Iterable[str], seconds: float) -> list[Figure]:
    world = World.of(mesh)
    await world.furnish()
    found: list[Figure] = []
    for name in names:
        print(f"measuring {name} …", flush=True)
        found.extend(await MEASURES[name](world, seconds))
    await world.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each load runs")
    parser.add_argument("--only", choices=[*MEASURES, "idle"], action="append", help="leave the others out")
    arguments = parser.parse_args()
    # gRPC warns at every fork that it cannot follow; the processes started here use none of it.
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    about = figures.machine()
    names = [name for name in MEASURES if not arguments.only or name in arguments.only]
    found: list[Figure] = []
    if not arguments.only or "idle" in arguments.only:
        found.extend(measure_idle_mesh())
    if names:
        with temporary_mesh(durable=True) as mesh:
            mesh.start(SERVICES)
            found = [*uvloop.run(measure(mesh, names, arguments.seconds)), *found]
    figures.show(found, about)
    figures.write(REPORT, found, about)
    print(f"also in {REPORT}")


if __name__ == "__main__":
    main()
