from libs.database import run_migrations_env
from services.inventory.adapters.tables import metadata

run_migrations_env(metadata)
