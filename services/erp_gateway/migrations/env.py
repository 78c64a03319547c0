from libs.database import run_migrations_env
from services.erp_gateway.adapters.tables import metadata

run_migrations_env(metadata)
