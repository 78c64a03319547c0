"""``retailmesh demo``"""

import asyncio
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from libs.stack import Mesh, StackError
from services.cli.live_progress import live_progress
from services.cli.mesh_command import mesh_command, open_mesh, print_json, running_meshes

if TYPE_CHECKING:
    from services.cli.demo.stages import Lap, Wanted

MESH = "demo"
SETTINGS = {"ORDER_WAIT": "5", "STATE_WAIT": "30"}
"""Seconds that a message waits for its order, and for a state in which its order allows it.

A day that is played at once has sent everything by then, and what still waits would hold up the scorecard.
"""
DRAIN_SECONDS = {"sandbox": 180.0, "tryton": 220.0}
TRYTON_STORES = 12
"""A real ERP takes about one paid order a second here, so it gets the day of the busiest stores only."""


@click.command()
@click.option(
    "--date", type=click.DateTime(["%Y-%m-%d"]), help="Which day; by default the busiest of the data set."
)
@click.option("--stores", type=click.IntRange(min=1), help="Only so many of the busiest stores.")
@click.option("--speed", type=click.FloatRange(min=0), default=0.0, help="Real-time factor; 0: no waiting.")
@click.option("--seed", default="retailmesh", show_default=True, help="Chooses what goes wrong.")
@click.option(
    "--online-retail",
    "online_retail",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    metavar="FILE.csv.gz",
    help="Play a day of the UCI Online Retail data set instead.",
)
@click.option("--free-ports", is_flag=True, help="Take any free ports: another mesh may run beside it.")
@click.option(
    "--stop", is_flag=True, help="Stop the mesh at the end instead of leaving it up to be looked into."
)
@mesh_command
def command(name: str | None, as_json: bool, stop: bool, free_ports: bool, speed: float, **day: Any) -> None:
    """Play a real trading day through storefront, tills and ERP, and prove that it adds up.

    Starts an empty mesh named "demo" and leaves it up. ERP=tryton posts into a real Tryton. The exit status
    is 1 unless nothing was lost, doubled or oversold and all systems agree.
    """
    import grpc

    from services.cli.demo.outside import OutsideError
    from services.cli.demo.stages import Lap, Wanted

    erp = os.environ.get("ERP", "sandbox")
    wanted = Wanted(plan_of(erp, **day), speed, DRAIN_SECONDS.get(erp, 180.0))
    mesh = empty_mesh(name or MESH, free_ports=free_ports)
    lap = Lap()
    with live_progress(quiet=as_json) as progress:
        mesh.start(progress=progress)
    lap.done("start")
    try:
        clean = asyncio.run(run(mesh, wanted, lap, as_json=as_json))
    except OutsideError as error:
        # There is no day to look into.
        stop = True
        raise StackError(str(error)) from error
    except grpc.aio.AioRpcError as error:
        raise StackError(
            f"a service failed: {error.details()}; see the logs in {mesh.home['logs']}"
        ) from error
    finally:
        if stop:
            mesh.stop()
    if not stop and not as_json:
        click.echo("\nThe mesh is still up: look with `retailmesh status`, end it with `retailmesh down`.")
    if not clean:
        raise SystemExit(1)


def empty_mesh(name: str, *, free_ports: bool) -> Mesh:
    """The mesh of that name without the data of an earlier run.

    Raises StackError where another mesh runs, unless this one takes free ports.
    """
    others = [mesh.home.path.name for mesh in running_meshes() if mesh.home.path.name != name]
    if others and not free_ports:
        raise StackError(
            f"mesh {others[0]} is running; end it first with: retailmesh down --mesh {others[0]}, "
            "or play beside it with --free-ports"
        )
    mesh = open_mesh(name, free_ports=free_ports, defaults=SETTINGS)
    mesh.reset()
    return mesh


def plan_of(
    erp: str, date: datetime | None, stores: int | None, seed: str, online_retail: str | None
) -> dict[str, Any]:
    """What the sandbox is asked to plan."""
    if erp == "tryton" and stores is None:
        stores = TRYTON_STORES
    wanted: dict[str, Any] = {"seed": seed, "date": date and f"{date:%Y-%m-%d}", "stores": stores}
    if online_retail:
        wanted |= {"source": "online-retail", "file": online_retail}
    return {name: value for name, value in wanted.items() if value is not None}


async def run(mesh: Mesh, wanted: "Wanted", lap: "Lap", *, as_json: bool) -> bool:
    """Play the day on a mesh that is up and show the scorecard; answers whether it is clean."""
    from services.cli.demo.connections import connected
    from services.cli.demo.paper import show_scorecard
    from services.cli.demo.screen import Bars, Silence, console_of
    from services.cli.demo.stages import play

    console = console_of()
    async with connected(mesh) as connections:
        if as_json:
            card = await play(connections, wanted, Silence(), lap)
            print_json(card.described())
        else:
            with Bars(console) as bars:
                card = await play(connections, wanted, bars, lap)
            show_scorecard(console, card)
    return card.clean
