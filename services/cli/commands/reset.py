"""``retailmesh reset``"""

import click

from services.cli.live_progress import live_progress
from services.cli.mesh_command import chosen_mesh, mesh_command, print_json


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@mesh_command
def command(yes: bool, name: str | None, as_json: bool) -> None:
    """Stop the mesh and delete all its data."""
    mesh = chosen_mesh(name)
    if not yes:
        click.confirm(f"Delete all data of {mesh.home.path}?", abort=True, err=True)
    with live_progress(quiet=as_json) as progress:
        mesh.reset(progress=progress)
    if as_json:
        print_json({"mesh": mesh.home.path.name, "reset": True})
    else:
        click.echo(f"{mesh.home.path} is empty")
