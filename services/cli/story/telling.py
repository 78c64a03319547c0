"""Makes a story of what the systems answered."""

from services.cli.story.entries import entries_of
from services.cli.story.gathering import Sources
from services.cli.story.heading import header_of, lines_of, sourcing_of
from services.cli.story.story import Story


def tell(name: str, sources: Sources) -> Story:
    """``name`` is what the person asked for."""
    order = sources.order
    return Story(
        name=name,
        header=header_of(order) if order else None,
        lines=lines_of(order, sources.reservations) if order else (),
        sourcing=sourcing_of(order) if order else None,
        timeline=sorted(entries_of(sources), key=lambda entry: entry.at),
        unreadable=sources.unreadable,
    )
