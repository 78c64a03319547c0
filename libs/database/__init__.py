"""PostgreSQL: engines, transactions, retries, migrations and invariants."""

from libs.database.engine import connect, create_engine, engine_of, ping, transaction
from libs.database.failures import Conflict, is_conflict, is_unavailable, retry_conflicts, sqlstate_of
from libs.database.invariants import Violation, run_invariants
from libs.database.leadership import Lead, leadership
from libs.database.migrations import downgrade, migrate, run_migrations_env

__all__ = [
    "Conflict",
    "Lead",
    "Violation",
    "connect",
    "create_engine",
    "downgrade",
    "engine_of",
    "is_conflict",
    "is_unavailable",
    "leadership",
    "migrate",
    "ping",
    "retry_conflicts",
    "run_invariants",
    "run_migrations_env",
    "sqlstate_of",
    "transaction",
]
