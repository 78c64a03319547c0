"""``retailmesh status``"""

import click

from services.cli.mesh_command import chosen_mesh, mesh_command, running_mesh
from services.cli.parts_table import show_parts


@click.command()
@mesh_command
def command(name: str | None, as_json: bool) -> None:
    """Show every part of the mesh; the exit status is 1 unless all are ready."""
    mesh = running_mesh(None) if name is None else chosen_mesh(name)
    parts = mesh.status()
    show_parts(mesh, parts, as_json=as_json)
    if any(part.condition != "ready" for part in parts):
        raise SystemExit(1)
