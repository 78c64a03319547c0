"""PostgreSQL: engines, transactions, retries, migrations and invariants."""

from libs.database.engine import connect, create_engine, ping, transaction
from libs.database.failures import Conflict, is_conflict, is_unavailable, retry_conflicts
from libs.database.invariants import Violation, run_invariants
from libs.database.migrations import downgrade, migrate, run_migrations_env

__all__ = [
    "Conflict",
    "Violation",
    "connect",
    "create_engine",
    "downgrade",
    "is_conflict",
    "is_unavailable",
    "migrate",
    "ping",
    "retry_conflicts",
    "run_invariants",
    "run_migrations_env",
    "transaction",
]
