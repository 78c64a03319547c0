"""Databases for tests: a service's migrations run once, every test gets a copy of the result."""

from uuid import uuid4

from libs.database import migrate
from libs.stack import ServiceTable, clone_database, create_databases, database_url, drop_databases


class DatabaseServer:
    """The PostgreSQL server of one test process."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.templates: dict[str, str] = {}

    def fresh(self, service: str = "") -> str:
        """URL of a new database: empty, or with the tables of a service."""
        name = f"test_{uuid4().hex[:12]}"
        if service:
            clone_database(self.url, self.template(service), name)
        else:
            create_databases(self.url, [name])
        return database_url(self.url, name)

    def drop(self, url: str) -> None:
        drop_databases(self.url, [url.partition("?")[0].rpartition("/")[2]])

    def template(self, service: str) -> str:
        if service not in self.templates:
            name = f"template_{service}"
            create_databases(self.url, [name])
            migrate(database_url(self.url, name), str(ServiceTable.load()[service].migrations))
            self.templates[service] = name
        return self.templates[service]
