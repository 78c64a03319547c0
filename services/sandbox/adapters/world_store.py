"""What the outside world remembers, in one SQLite file that outlives the process.

SQLite is called on the event loop: with a write-ahead log a write takes some ten microseconds, less than the
hop to a thread. A commit survives a killed process; only a power cut may take the last ones.
"""

import sqlite3
from pathlib import Path

SCHEMA = """
create table if not exists documents (
    number integer primary key autoincrement,
    kind text not null,
    parent integer not null,
    external_key text not null,
    body text not null,
    posted_at text not null
);
create index if not exists documents_by_key on documents (kind, external_key);
create index if not exists documents_by_parent on documents (parent);
create table if not exists storefront_orders (
    order_id integer primary key,
    created_at text not null,
    updated_at text not null,
    cancelled integer not null,
    body text not null
);
create index if not exists storefront_orders_by_creation on storefront_orders (created_at, order_id);
create table if not exists journal (
    business_date text not null,
    store text not null,
    till text not null,
    sequence integer not null,
    body text not null,
    primary key (business_date, store, till, sequence)
);
"""
IN_MEMORY = ":memory:"
FILE = "outside-world.sqlite3"


def open_store(folder: str) -> sqlite3.Connection:
    """Opens or makes the file in ``folder``; an empty folder name keeps everything in memory."""
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    store = sqlite3.connect(str(Path(folder) / FILE) if folder else IN_MEMORY, isolation_level=None)
    store.execute("pragma journal_mode = wal")
    store.execute("pragma synchronous = normal")
    store.executescript(SCHEMA)
    return store


def forget(store: sqlite3.Connection) -> None:
    """Empties every table."""
    for table in ("documents", "storefront_orders", "journal"):
        store.execute(f"delete from {table}")
