"""The yardstick of placing: pgbench runs the same inserts and updates, an order a transaction.

Its database holds the tables of order and inventory, made by their own migrations in a schema each;
documents and events have the sizes that the services themselves have just written.
"""

import asyncio
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from libs.database import migrate
from libs.stack import Mesh, create_databases, database_url, drop_databases
from libs.stack.postgres import binary
from tests.bench.world import ENDLESS_MILLI, LOCATIONS, SKUS

DATABASE = "pgbench"
SERVICES_ROOT = Path(__file__).resolve().parents[2] / "services"
RATE = re.compile(r"tps = ([0-9.]+)")
LATENCY = re.compile(r"latency average = ([0-9.]+) ms")

# The lines' products in ascending order, so that no two transactions wait for each other in a circle.
THREE_LINES = """
\\set a random(0, {third} - 1)
\\set b random({third}, 2 * {third} - 1)
\\set c random(2 * {third}, 3 * {third} - 1)
"""
ONE_PRODUCT = "\\set a 0\n"

TRANSACTION = """
begin;
select sku, location_id, on_hand, reserved, version from inventory.levels
 where sku in ({skus}) and location_id = 'wh-0' order by sku for no key update;
update inventory.levels set reserved = reserved + 1000, version = version + 1
 where sku in ({skus}) and location_id = 'wh-0';
select gen_random_uuid() as id \\gset
insert into inventory.reservations (order_id, line_id, sku, location_id, quantity, state, reserved_at)
 values {reservations};
insert into inventory.holds (order_id, expires_at) values ((:id)::uuid, now() + interval '15 minutes');
insert into inventory.outbox (event_id, subject, type, key, time, payload) values (gen_random_uuid(),
  'retail.inventory.v1.stock.reserved.p0', 'retailmesh.inventory.v1.StockReserved', (:id)::text, now(),
  (select stock_event from sizes));
insert into orders.orders (order_id, channel, channel_order_id, request_id, digest, kind, state,
  hold_reasons, customer_id, region, location_id, currency, shipping_micros, tax_micros, tax_included,
  total_micros, paid_micros, paid, accepted, placed_at, recorded_at, trace_id, document, sourcing)
 select (:id)::uuid, 'bench', (:id)::text, (:id)::text, digest, 1, 1, '{{}}', '', 'north', '', 'USD',
  0, 0, false, 30000000, 30000000, true, true, now(), now(), trace, document, sourcing from sizes;
insert into orders.order_lines (order_id, number, line_id, sku, unit, stocked, total_micros, ordered,
  promised, short, shipped) values {lines};
insert into orders.outbox (event_id, subject, type, key, time, payload) values (gen_random_uuid(),
  'retail.order.v1.order.placed.p0', 'retailmesh.order.v1.OrderPlaced', (:id)::text, now(),
  (select order_event from sizes));
select pg_notify('outbox', '');
commit;
"""
RESERVATION = "((:id)::uuid, '{number}', {sku}, 'wh-0', 1000, 1, now())"
LINE = "((:id)::uuid, {number}, '{number}', {sku}, 1, true, 10000000, 1000, '{{\"wh-0\": 1000}}', 0, 0)"
SKU = "'SKU-' || lpad((:{name})::text, 5, '0')"


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of what the services write for one order."""

    document: int
    sourcing: int
    digest: int
    order_event: int
    stock_event: int


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Transactions a second and their mean latency."""

    rate: float
    milliseconds: float


def script_of(names: str, prologue: str) -> str:
    """A transaction with a line for each variable of ``names``."""
    skus = [SKU.format(name=name) for name in names]
    numbered = list(enumerate(skus, start=1))
    return prologue + TRANSACTION.format(
        skus=", ".join(skus),
        reservations=", ".join(RESERVATION.format(number=number, sku=one) for number, one in numbered),
        lines=", ".join(LINE.format(number=number, sku=one) for number, one in numbered),
    )


THREE_LINE_SCRIPT = script_of("abc", THREE_LINES.format(third=SKUS // 3))
HOT_SCRIPT = script_of("a", ONE_PRODUCT)


async def sizes_of(mesh: Mesh) -> Sizes:
    """What the latest placed order takes in the services' own tables."""
    order = await asyncpg.connect(mesh.database_url("order"))
    inventory = await asyncpg.connect(mesh.database_url("inventory"))
    try:
        row = await order.fetchrow(
            "select length(document) as document, length(sourcing) as sourcing, length(digest) as digest"
            " from orders order by position desc limit 1"
        )
        latest = "select length(payload) from outbox where type like $1 order by position desc limit 1"
        return Sizes(
            row["document"],
            row["sourcing"],
            row["digest"],
            await order.fetchval(latest, "%OrderPlaced"),
            await inventory.fetchval(latest, "%StockReserved"),
        )
    finally:
        await order.close()
        await inventory.close()


async def prepare(mesh: Mesh, sizes: Sizes) -> str:
    """Make the database with its stock; answers its URL."""
    server = mesh.state.database_server
    await asyncio.to_thread(drop_databases, server, [DATABASE])
    await asyncio.to_thread(create_databases, server, [DATABASE])
    url = database_url(server, DATABASE)
    for schema, service in (("orders", "order"), ("inventory", "inventory")):
        await _execute(url, f"create schema {schema}; alter database {DATABASE} set search_path = {schema}")
        await asyncio.to_thread(migrate, url, str(SERVICES_ROOT / service / "migrations"))
    await _execute(url, f"alter database {DATABASE} set search_path = public")
    await _execute(url, _stock(sizes))
    return url


def _stock(sizes: Sizes) -> str:
    return f"""
    create table public.sizes as select
        decode(repeat('5a', {sizes.document}), 'hex') as document,
        decode(repeat('5a', {sizes.sourcing}), 'hex') as sourcing,
        decode(repeat('5a', {sizes.digest}), 'hex') as digest,
        decode(repeat('5a', {sizes.order_event}), 'hex') as order_event,
        decode(repeat('5a', {sizes.stock_event}), 'hex') as stock_event,
        repeat('0', 32) as trace;
    insert into inventory.levels (sku, location_id, unit, on_hand, reserved, safety_stock, version)
    select 'SKU-' || lpad(number::text, 5, '0'), 'wh-' || place, 1, {ENDLESS_MILLI * 1000}, 0, 0, 1
    from generate_series(0, {SKUS - 1}) as number, generate_series(0, {LOCATIONS - 1}) as place;
    analyze;
    """


async def _execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def run_pgbench(url: str, script: str, *, connections: int, seconds: int) -> Yardstick:
    """Run the script over so many connections with prepared statements."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        process = await asyncio.create_subprocess_exec(
            str(binary("pgbench")),
            "--no-vacuum",
            "--protocol=prepared",
            f"--client={connections}",
            "--jobs=2",
            f"--time={seconds}",
            f"--file={file.name}",
            url,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
    rate, latency = RATE.search(out.decode()), LATENCY.search(out.decode())
    if process.returncode or rate is None or latency is None:
        raise RuntimeError(f"pgbench failed: {err.decode()[-500:]}")
    return Yardstick(float(rate[1]), float(latency[1]))
