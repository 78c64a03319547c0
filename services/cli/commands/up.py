"""``retailmesh up``"""

import click

from services.cli.live_progress import live_progress
from services.cli.mesh_command import DEFAULT, mesh_command, open_mesh
from services.cli.parts_table import show_parts


@click.command()
@click.argument("services", nargs=-1)
@click.option("--free-ports", is_flag=True, help="Take any free ports instead of those of the service table.")
@mesh_command
def command(services: tuple[str, ...], free_ports: bool, name: str | None, as_json: bool) -> None:
    """Start the mesh, or what of it does not run.

    SERVICES limits it to these and the services they call. Settings of the services are taken from the
    environment (ERP=tryton retailmesh up); DATABASE_URL and NATS_URL replace the embedded servers.
    """
    mesh = open_mesh(DEFAULT if name is None else name, free_ports=free_ports)
    with live_progress(quiet=as_json) as progress:
        mesh.start(services or None, progress=progress)
    show_parts(mesh, mesh.status(), as_json=as_json)
