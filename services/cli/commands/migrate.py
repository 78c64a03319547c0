"""``retailmesh migrate``"""

import click

from services.cli.live_progress import live_progress
from services.cli.mesh_command import chosen_mesh, mesh_command, print_json


@click.command()
@click.argument("services", nargs=-1)
@mesh_command
def command(services: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """Bring the databases of SERVICES, of all services by default, up to date."""
    mesh = chosen_mesh(name)
    with live_progress(quiet=as_json) as progress:
        migrated = mesh.migrate(services or None, progress=progress)
    if as_json:
        print_json({"mesh": mesh.home.path.name, "migrated": migrated})
    else:
        click.echo(f"up to date: {', '.join(migrated)}")
