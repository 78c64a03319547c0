"""``retailmesh down``"""

import click

from services.cli.live_progress import live_progress
from services.cli.mesh_command import chosen_mesh, mesh_command, print_json


@click.command()
@mesh_command
def command(name: str | None, as_json: bool) -> None:
    """Stop all processes of the mesh; its data stays."""
    mesh = chosen_mesh(name)
    stopped: list[str] = []
    with live_progress(quiet=as_json) as progress:

        def report(part: str, what: str) -> None:
            progress(part, what)
            if what == "stopped":
                stopped.append(part)

        if mesh.home.path.exists():
            mesh.stop(progress=report)
    if as_json:
        print_json({"mesh": mesh.home.path.name, "stopped": stopped})
    else:
        click.echo(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")
