"""The local stack: PostgreSQL, NATS and the services of the table as processes of this machine."""

from libs.stack.databases import clone_database, create_databases, database_url, drop_databases
from libs.stack.errors import PartFailed, PortTaken, StackError
from libs.stack.mesh import Mesh
from libs.stack.nats import Nats
from libs.stack.postgres import Postgres
from libs.stack.service_process import ServiceProcess
from libs.stack.starting import Progress, silent
from libs.stack.status import PartStatus
from libs.stack.table import Companion, Service, ServiceTable
from libs.stack.temporary import temporary_mesh

__all__ = [
    "Companion",
    "Mesh",
    "Nats",
    "PartFailed",
    "PartStatus",
    "PortTaken",
    "Postgres",
    "Progress",
    "Service",
    "ServiceProcess",
    "ServiceTable",
    "StackError",
    "clone_database",
    "create_databases",
    "database_url",
    "drop_databases",
    "silent",
    "temporary_mesh",
]
