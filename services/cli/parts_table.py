"""The parts of a mesh as a table for people, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from libs.stack import Mesh, PartStatus
from services.cli.mesh_command import print_json

PIPE_WIDTH = 160
COLOURS = {"ready": "green", "live": "yellow", "dead": "red"}


def show_parts(mesh: Mesh, parts: Sequence[PartStatus], *, as_json: bool) -> None:
    if as_json:
        print_json(described(mesh, parts))
    else:
        console = Console()
        # A file or a pipe has no width of its own, and its reader wants whole addresses.
        if not console.is_terminal:
            console.width = PIPE_WIDTH
        console.print(parts_table(mesh, parts))


def described(mesh: Mesh, parts: Sequence[PartStatus]) -> dict[str, Any]:
    return {
        "mesh": mesh.home.path.name,
        "home": str(mesh.home.path),
        "healthy": all(part.condition == "ready" for part in parts),
        "parts": [asdict(part) for part in parts],
    }


def parts_table(mesh: Mesh, parts: Sequence[PartStatus]) -> Table:
    table = Table(title=f"retailmesh {mesh.home.path.name}", title_justify="left", box=None, pad_edge=False)
    for heading in ("part", "", "pid", "address", "http", "database"):
        table.add_column(heading, overflow="fold")
    for heading in ("uptime", "memory"):
        table.add_column(heading, justify="right", no_wrap=True)
    for part in parts:
        table.add_row(
            part.name,
            f"[{COLOURS[part.condition]}]{part.condition}[/]",
            str(part.pid or ""),
            part.address,
            part.http_address,
            part.database,
            "" if part.uptime_seconds is None else duration(part.uptime_seconds),
            "" if part.memory_bytes is None else decimal(part.memory_bytes),
        )
    return table


def duration(seconds: float) -> str:
    """The two largest units."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
    first = next((index for index, (count, _) in enumerate(units) if count), 3)
    return " ".join(f"{count}{unit}" for count, unit in units[first : first + 2])
