"""The demonstration on a terminal: a bar for each stage while it runs, a scorecard at the end."""

from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

WIDTH = 100
"""The scorecard's; a file or a pipe has no width of its own."""


def console_of() -> Console:
    console = Console(highlight=False, emoji=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console


class CountColumn(ProgressColumn):
    """How many of how many; nothing for a stage that counts nothing."""

    def render(self, task: Task) -> Text:
        if task.total is None or not task.fields["counts"]:
            return Text("")
        return Text(f"{task.completed:,.0f}/{task.total:,.0f}")


class SecondsColumn(ProgressColumn):
    """A stage's own time; it stands when the stage has ended."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time if task.finished else task.elapsed
        return Text(f"{seconds or 0:.1f} s", style="cyan")


class Bars:
    """The `Screen` of the stages on a terminal; where there is none, a line for each finished stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: dict[str, TaskID] = {}
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✔[/]"),
            TextColumn("{task.description:<19}", table_column=Column(no_wrap=True)),
            BarColumn(bar_width=15, table_column=Column(min_width=15)),
            CountColumn(Column(justify="right", no_wrap=True, min_width=11)),
            SecondsColumn(Column(justify="right", no_wrap=True, min_width=6)),
            TextColumn("[dim]{task.fields[note]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=console,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> "Bars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, total: int | None) -> None:
        self._tasks[name] = self._progress.add_task(name, total=total, note="", counts=total is not None)

    def at(self, name: str, done: int, total: int | None = None, note: str = "") -> None:
        values: dict[str, Any] = {"completed": done, "note": note, "counts": True}
        if total is not None:
            values["total"] = total
        self._progress.update(self._tasks[name], **values)

    def finish(self, name: str, note: str = "") -> None:
        task = self._progress.tasks[self._tasks[name]]
        done = task.completed if task.fields["counts"] else 1
        self._progress.update(task.id, total=done or 1, completed=done or 1, note=note)
        if not self._console.is_terminal:
            count = f"{task.completed:,.0f}" if task.fields["counts"] else ""
            self._console.print(f"{name:<20} {count:>8} {task.finished_time or 0:6.1f} s  {note}")


class Silence:
    """The `Screen` when only JSON is wanted."""

    def stage(self, name: str, total: int | None) -> None:
        return None

    def at(self, name: str, done: int, total: int | None = None, note: str = "") -> None:
        return None

    def finish(self, name: str, note: str = "") -> None:
        return None
