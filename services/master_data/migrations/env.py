from libs.database import run_migrations_env
from services.master_data.adapters.tables import metadata

run_migrations_env(metadata)
