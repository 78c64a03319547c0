"""What each part is doing while a mesh starts or stops."""

import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from libs.stack import Progress, silent

if TYPE_CHECKING:
    from rich.table import Table

BUSY = {"starting", "stopping"}


@contextlib.contextmanager
def live_progress(*, quiet: bool) -> Iterator[Progress]:
    """Yields what `Mesh` wants as ``progress``. The display vanishes in the end; none when quiet."""
    if quiet:
        yield silent
        return
    from rich.live import Live

    parts = LiveParts()
    with Live(get_renderable=parts.render, transient=True, refresh_per_second=12):
        yield parts.report


class LiveParts:
    """Written by the threads that wait for parts, read by the one that draws."""

    def __init__(self) -> None:
        self.states: dict[str, tuple[str, float, float]] = {}

    def report(self, part: str, what: str) -> None:
        now = time.monotonic()
        _, since, _ = self.states.get(part, ("", now, now))
        self.states[part] = (what, since, now)

    def render(self) -> "Table":
        from rich.spinner import Spinner
        from rich.table import Table

        table = Table.grid(padding=(0, 2))
        for part, (what, since, until) in list(self.states.items()):
            busy = what in BUSY
            seconds = (time.monotonic() if busy else until) - since
            colour = "red" if what == "failed" else "green"
            state = Spinner("dots", what) if busy else f"[{colour}]{what}[/]"
            table.add_row(part, state, f"{seconds:.1f} s")
        return table
