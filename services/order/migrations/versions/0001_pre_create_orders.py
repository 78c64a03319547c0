"""Orders, their lines and documents, and what inventory has still to be told."""

from alembic import op

from libs.idempotency import create_idempotency_table, drop_idempotency_table
from libs.messaging import (
    create_inbox_tables,
    create_outbox_tables,
    drop_inbox_tables,
    drop_outbox_tables,
)

revision = "0001"
down_revision = None

# Money is in micros of the order's currency, quantities in thousandths of the line's unit; numbers in
# smallint columns are those of the contract's enums. A column stands for what is asked, constrained or
# checked; the rest of an order is in its document, kept as it came.

# order_id is derived from channel and channel order id, so look-ups by either name take its index; that a
# channel order is recorded once is a constraint of its own. request_id and digest belong to the call that
# placed the order: they make a repeat known. The fill factor leaves room for a row's next versions on its
# page: most orders change a few times.
ORDERS = """
    create table orders (
        position bigint generated always as identity primary key,
        order_id uuid not null unique,
        channel text collate "C" not null,
        channel_order_id text collate "C" not null,
        request_id text collate "C" not null unique,
        digest bytea not null,
        kind smallint not null,
        state smallint not null,
        hold_reasons smallint[] not null,
        overruled smallint[] not null default '{}',
        refusal_reason smallint,
        customer_id text not null,
        region text not null,
        location_id text not null,
        currency text not null,
        shipping_micros bigint not null,
        tax_micros bigint not null,
        tax_included boolean not null,
        total_micros bigint not null,
        paid_micros bigint not null,
        refunded_micros bigint not null default 0,
        paid boolean not null,
        accepted boolean not null,
        placed_at timestamptz not null,
        channel_version timestamptz,
        recorded_at timestamptz not null,
        version integer not null default 1,
        trace_id text not null,
        document bytea not null,
        sourcing bytea not null,
        shipped_from text[] not null default '{}',
        constraint channel_order_once unique (channel, channel_order_id),
        constraint refunded_at_most_paid check (refunded_micros between 0 and greatest(paid_micros, 0)),
        constraint held_for_a_reason check ((state = 2) = (hold_reasons <> '{}')),
        constraint refused_for_a_reason check ((state = 4) = (refusal_reason is not null))
    ) with (fillfactor = 85)
"""
# No foreign key: lines are only ever written by the statement that writes their order, and checking a key
# costs as much as the row. promised is {location: quantity} without zeros.
ORDER_LINES = """
    create table order_lines (
        order_id uuid not null,
        number smallint not null,
        line_id text not null,
        sku text collate "C" not null,
        unit smallint not null,
        stocked boolean not null,
        total_micros bigint not null,
        ordered bigint not null,
        promised jsonb not null,
        short bigint not null,
        shipped bigint not null,
        cancelled bigint not null default 0,
        returned bigint not null default 0,
        primary key (order_id, number),
        constraint something_ordered check (ordered > 0),
        constraint parts_not_negative check (short >= 0 and shipped >= 0 and cancelled >= 0),
        constraint parts_within_ordered check (short + shipped + cancelled <= ordered),
        constraint returned_at_most_shipped check (returned between 0 and shipped)
    ) with (fillfactor = 85)
"""
SHIPMENTS = """
    create table shipments (
        order_id uuid not null,
        shipment_id text collate "C" not null,
        digest bytea not null,
        document bytea not null,
        recorded_at timestamptz not null default now(),
        primary key (order_id, shipment_id)
    )
"""
# order_id is null for a return without its order.
RETURNS = """
    create table returns (
        channel text collate "C" not null,
        return_id text collate "C" not null,
        order_id uuid,
        digest bytea not null,
        currency text not null,
        amount_micros bigint not null,
        returned_at timestamptz not null,
        document bytea not null,
        recorded_at timestamptz not null default now(),
        primary key (channel, return_id)
    )
"""
# What inventory has still to be told or asked; a row goes when it has answered. Instructions of one subject,
# the order or the return that has none, are carried out in turn.
INSTRUCTIONS = """
    create table instructions (
        position bigint generated always as identity primary key,
        request_id text collate "C" not null unique,
        subject text collate "C" not null,
        kind text not null,
        instruction jsonb not null,
        traceparent text not null,
        recorded_at timestamptz not null default now(),
        attempts integer not null default 0,
        due_at timestamptz not null default now(),
        last_error text
    )
"""
INDEXES = (
    "create index orders_placed_at on orders using brin (placed_at)",
    "create index order_lines_short on order_lines (sku, order_id) where short > 0",
    "create index returns_of_order on returns (order_id) where order_id is not null",
    "create index returns_unlinked on returns (channel, return_id) where order_id is null",
    "create index instructions_of_subject on instructions (subject, position)",
)


def upgrade() -> None:
    for statement in (ORDERS, ORDER_LINES, SHIPMENTS, RETURNS, INSTRUCTIONS, *INDEXES):
        op.execute(statement)
    create_idempotency_table(op)
    create_outbox_tables(op)
    create_inbox_tables(op)


def downgrade() -> None:
    drop_inbox_tables(op)
    drop_outbox_tables(op)
    drop_idempotency_table(op)
    for table in ("instructions", "returns", "shipments", "order_lines", "orders"):
        op.execute(f"drop table {table}")
