"""The terminal, or what stands in its place."""

from rich.console import Console

PIPE_WIDTH = 160


def console_of() -> Console:
    """Colours only on a terminal, and text as it is: what outsiders wrote is no markup.

    A file or a pipe has no width of its own, and its reader wants whole ids.
    """
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console
