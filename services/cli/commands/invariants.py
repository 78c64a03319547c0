"""``retailmesh invariants``"""

import asyncio
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from libs.database import Violation, create_engine, run_invariants
from libs.stack import Mesh, StackError
from libs.stack.table import ROOT
from services.cli.mesh_command import mesh_command, print_json, running_mesh


@click.command()
@click.argument("services", nargs=-1)
@mesh_command
def command(services: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """Run the queries that must return no row in the databases of SERVICES, by default of all.

    The exit status is 1 when one returns a row.
    """
    mesh = running_mesh(name)
    broken = asyncio.run(broken_in(mesh, services or tuple(mesh.state.services)))
    if as_json:
        print_json({"broken": broken})
    else:
        show(broken)
    if any(broken.values()):
        raise SystemExit(1)


async def broken_in(mesh: Mesh, services: tuple[str, ...]) -> dict[str, dict[str, list[Any]]]:
    """The first rows of each broken query, by service and query. Values are text: rows are for reading."""
    found = {}
    for service in services:
        path = ROOT / "services" / service / "invariants.sql"
        if mesh.table[service].database and path.exists():
            violations = await violations_of(mesh, service, path)
            found[service] = {it.name: [plain(row) for row in it.rows] for it in violations}
    return found


async def violations_of(mesh: Mesh, service: str, path: Any) -> list[Violation]:
    engine = create_engine(mesh.database_url(service), application_name="cli", pool_size=1)
    try:
        return await run_invariants(engine, path)
    except (OSError, SQLAlchemyError) as error:
        raise StackError(f"the database of {service} cannot be read: {type(error).__name__}") from None
    finally:
        await engine.dispose()


def plain(row: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def show(broken: dict[str, dict[str, list[Any]]]) -> None:
    for service, queries in broken.items():
        click.echo(f"{service}: {'all hold' if not queries else f'{len(queries)} broken'}")
        for query, rows in queries.items():
            click.secho(f"  {query}", fg="red")
            for row in rows:
                click.echo("    " + ", ".join(f"{name}={value}" for name, value in row.items()))
