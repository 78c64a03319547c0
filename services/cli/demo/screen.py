"""The demonstration on a terminal: a bar for each stage while it runs, a scorecard at the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed
from rich.table import Table
from rich.text import Text

from services.cli.demo.scorecard import Scorecard

PIPE_WIDTH = 110
BREAKS_SHOWN = 20


def console_of() -> Console:
    """A file or a pipe has no width of its own."""
    console = Console()
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console


class Bars:
    """The `Screen` of the stages on a terminal; where there is none, a line for each finished stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            Elapsed(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        self._tasks[name] = self._progress.add_task(name, total=total, note="")

    def at(self, name: str, done: int, total: int | None = None, note: str = "") -> None:
        values: dict[str, Any] = {"completed": done, "note": note}
        if total is not None:
            values["total"] = total
        self._progress.update(self._tasks[name], **values)

    def finish(self, name: str, note: str = "") -> None:
        task = self._progress.tasks[self._tasks[name]]
        done = task.completed or 1
        self._progress.update(task.id, total=done, completed=done, note=note)
        if not self._console.is_terminal:
            self._console.print(f"{name:<22} {task.elapsed or 0:6.1f} s  {note}")


class Silence:
    """The `Screen` when only JSON is wanted."""

    def stage(self, name: str, total: int | None) -> None:
        return None

    def at(self, name: str, done: int, total: int | None = None, note: str = "") -> None:
        return None

    def finish(self, name: str, note: str = "") -> None:
        return None


def show_scorecard(console: Console, card: Scorecard) -> None:
    """The scorecard as people read it: the zeros first, since they decide."""
    console.print()
    console.rule(f"[bold]{card.dataset} · {card.business_date} · ERP {card.erp}")
    console.print(zeros_table(card.zeros))
    for title, rows in sections(card).items():
        if rows:
            console.print(section_table(title, rows))
    console.print(comparisons_table(card.comparisons))
    for found in card.breaks[:BREAKS_SHOWN]:
        console.print(
            f"[red]{found.kind}[/] {found.subject}: {found.expected} ≠ {found.found}. {found.remedy}"
        )
    if len(card.breaks) > BREAKS_SHOWN:
        console.print(f"… and {len(card.breaks) - BREAKS_SHOWN} more: retailmesh reconcile")
    for name, rows in card.broken_invariants.items():
        console.print(f"[red]invariant broken[/] {name}: {rows} rows")
    for answer in card.unexpected_answers:
        console.print(f"[yellow]unexpected answer[/] {answer}")
    verdict = "[bold green]clean: nothing lost, nothing doubled, nothing oversold"
    console.print(Panel(verdict if card.clean else "[bold red]not clean: see the figures above"))
    for name, order_id in card.examples.items():
        console.print(f"  a {name} order: [bold]retailmesh orders show {order_id}")


def sections(card: Scorecard) -> dict[str, Mapping[str, Any]]:
    """What is told beside the zeros."""
    refused = {"refused unread (bad signature)": card.refused_unread} if card.refused_unread else {}
    return {
        "messages sent": card.messages_sent,
        "messages taken in": {**card.messages, **refused},
        "quarantined, by reason": card.quarantined,
        "orders": {**card.orders, "split over locations": card.split_orders, "returns": card.returns},
        "held, by reason": card.held,
        "refused, by reason": card.refused,
        "ERP": {
            **{f"postings {state}": count for state, count in card.postings.items()},
            **drain_rows(card),
            "lag p50": f"{card.posting_lag_p50_seconds:.2f} s",
            "lag p99": f"{card.posting_lag_p99_seconds:.2f} s",
            "calls turned away (429)": card.erp_throttled_calls,
            "answers lost, looked up": card.erp_lost_answers,
        },
        "seconds": {name: f"{value:.1f}" for name, value in card.seconds.items()},
    }


def drain_rows(card: Scorecard) -> dict[str, Any]:
    if not card.posting_backlog:
        return {}
    estimate = f"{card.posting_drain_seconds} s" if card.posting_drain_seconds is not None else "unknown"
    return {
        "backlog": card.posting_backlog,
        "rate": f"{card.posting_rate_per_second:.2f}/s",
        "drain estimate": estimate,
    }


def zeros_table(zeros: Mapping[str, int]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in zeros.items():
        table.add_row(name, Text(str(value), style="bold green" if not value else "bold red"))
    return table


def section_table(title: str, rows: Mapping[str, Any]) -> Table:
    table = Table(title=title, title_justify="left", box=None, show_header=False, pad_edge=False)
    table.add_column(min_width=44)
    table.add_column(justify="right")
    for name, value in rows.items():
        table.add_row(f"  {name}", f"{value:,}" if isinstance(value, int) else str(value))
    return table


def comparisons_table(comparisons: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(title="reconciliation", title_justify="left", box=None, pad_edge=False)
    table.add_column("  comparison", min_width=30)
    for heading in ("left", "right", "agree", "breaks"):
        table.add_column(heading, justify="right")
    for row in comparisons:
        numbers = [f"{row[name]:,}" for name in ("left", "right", "matched")]
        colour = "red" if row["breaks"] else "green"
        table.add_row(f"  {row['comparison']}", *numbers, f"[{colour}]{row['breaks']}[/]")
    return table
