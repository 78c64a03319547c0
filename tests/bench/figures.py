"""A table of figures, each with its yardstick of the same run, and the same as JSON."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """``value`` and ``yardstick`` are in ``unit``; ``target`` is what their ratio shall reach."""

    name: str
    value: float
    unit: str
    yardstick: float | None = None
    yardstick_name: str = ""
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.yardstick if self.yardstick else None

    @property
    def reached(self) -> bool | None:
        """None where nothing is aimed at."""
        if self.target is None or self.ratio is None:
            return None
        return self.ratio >= self.target


def machine() -> dict[str, object]:
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def show(figures: Sequence[Figure], about: dict[str, object]) -> None:
    console = Console()
    if not console.is_terminal:
        console.width = 150
    table = Table(title=f"retailmesh bench · {about['processor']} · {about['cores']} cores", box=None)
    for heading in ("figure", "", "yardstick", "", "ratio", "target", ""):
        table.add_column(heading, justify="right" if heading in ("ratio", "target") else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            number(figure.value, figure.unit),
            "" if figure.yardstick is None else number(figure.yardstick, figure.unit),
            figure.yardstick_name,
            "" if figure.ratio is None else f"{figure.ratio:.2f}",
            "" if figure.target is None else f"{figure.target:g}",
            verdict(figure),
        )
    console.print(table)


def number(value: float, unit: str) -> str:
    text = f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"
    return f"{text} {unit}"


def verdict(figure: Figure) -> str:
    if figure.reached is None:
        return figure.note
    return ("reached" if figure.reached else "[red]missed[/]") + (f" · {figure.note}" if figure.note else "")


def write(path: Path, figures: Sequence[Figure], about: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) | {"ratio": figure.ratio, "reached": figure.reached} for figure in figures]
    path.write_text(json.dumps({"machine": about, "figures": rows}, indent=2) + "\n")
