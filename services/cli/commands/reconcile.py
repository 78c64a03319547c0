"""``retailmesh reconcile``"""

from datetime import datetime
from typing import Any
from uuid import uuid4

import click
from google.type.date_pb2 import Date
from rich.table import Table
from rich.text import Text

from retailmesh.reconciliation.v1 import reconciliation_pb2, reconciliation_service_pb2
from services.cli.asking import Services, on_mesh
from services.cli.mesh_command import mesh_command, print_json, running_mesh
from services.cli.screen import console_of
from services.cli.words import money, word

RUN_SECONDS = 300.0

Found = tuple[reconciliation_pb2.Run, list[reconciliation_pb2.Break]]


@click.command()
@click.option("--date", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The business day.")
@click.option(
    "--allowed-backlog",
    default=0,
    type=click.IntRange(min=0),
    help="Postings that may still be under way without counting as missing.",
)
@mesh_command
def command(day: datetime, allowed_backlog: int, name: str | None, as_json: bool) -> None:
    """Compare a business day in storefronts, tills, mesh and ERP.

    Prints every disagreement with what to do about it; the exit status is 1 when there is one.
    """
    request = reconciliation_service_pb2.RunReconciliationRequest(
        request_id=str(uuid4()),
        business_date=Date(year=day.year, month=day.month, day=day.day),
        allowed_backlog=allowed_backlog,
    )

    async def work(services: Services) -> Found:
        answer = await services.ask("reconciliation", "RunReconciliation", request, RUN_SECONDS)
        wanted = reconciliation_service_pb2.ListBreaksRequest(run_id=answer.run.run_id)
        pages = services.ask_all("reconciliation", "ListBreaks", wanted)
        return answer.run, [found async for page in pages for found in page.breaks]

    run, breaks = on_mesh(running_mesh(name), work)
    if as_json:
        print_json(described(run, breaks))
    else:
        show(run, breaks)
    if breaks:
        raise SystemExit(1)


def described(run: reconciliation_pb2.Run, breaks: list[reconciliation_pb2.Break]) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "comparisons": [
            {
                "comparison": it.comparison,
                "left": it.left,
                "right": it.right,
                "matched": it.matched,
                "breaks": it.breaks,
                "left_totals": list(map(money, it.left_totals)),
                "right_totals": list(map(money, it.right_totals)),
            }
            for it in run.comparisons
        ],
        "breaks": [
            {
                "kind": word(reconciliation_pb2.BreakKind, it.kind),
                "subject": it.subject,
                "order_id": it.order_id,
                "expected": it.expected,
                "found": it.found,
                "remedy": it.remedy,
            }
            for it in breaks
        ],
    }


def show(run: reconciliation_pb2.Run, breaks: list[reconciliation_pb2.Break]) -> None:
    console = console_of()
    console.print(comparisons_table(run))
    console.print()
    if not breaks:
        console.print(Text("all systems agree", style="bold green"))
        return
    console.print(Text(f"{len(breaks)} breaks", style="bold red"))
    for it in breaks:
        console.print(Text(f"{word(reconciliation_pb2.BreakKind, it.kind)}: {it.subject}", style="red"))
        console.print(f"  expected {it.expected}; found {it.found}")
        console.print(f"  {it.remedy}")
        if it.order_id:
            console.print(Text(f"  retailmesh orders show {it.order_id}", style="dim"))


def comparisons_table(run: reconciliation_pb2.Run) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("comparison")
    for heading in ("first", "second", "agree", "breaks", "sum of first", "sum of second"):
        table.add_column(heading, justify="right")
    for it in run.comparisons:
        counts = (str(number) for number in (it.left, it.right, it.matched, it.breaks))
        sums = ("\n".join(map(money, totals)) for totals in (it.left_totals, it.right_totals))
        table.add_row(it.comparison, *counts, *sums)
    return table
