"""A story on a terminal."""

from collections.abc import Iterator
from datetime import date

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.story.entries import lag_text
from services.cli.story.story import Entry, Header, LineStory, Promise, Sourcing, Story
from services.cli.words import clock, day_and_clock

COLOURS = {
    "channel_gateway": "cyan",
    "pos_gateway": "cyan",
    "order": "magenta",
    "inventory": "blue",
    "erp_gateway": "yellow",
    "ERP": "bright_black",
}
OUTSIDE_COLOUR = "green"
BAD_STATES = {"held", "backordered", "refused"}


def show_story(console: Console, story: Story) -> None:
    for part in parts_of(story):
        console.print(part)


def parts_of(story: Story) -> Iterator[RenderableType]:
    if story.header is None:
        yield Text(f"{story.name}: no order was recorded; this is what came", style="bold red")
    else:
        yield from heading(story.header)
    if story.lines:
        yield Text("\nlines", style="bold")
        yield lines_table(story.lines)
    if story.sourcing:
        yield from sourcing(story.sourcing)
    yield Text("\nwhat happened (UTC)", style="bold")
    yield timeline(story) if story.timeline else Text("nothing is known", style="dim")
    for system, why in story.unreadable.items():
        yield Text(f"{system} could not be asked, its part is missing: {why}", style="red")
    if len(story.trace_ids) > 1:
        yield Text("\nother traces", style="bold")
        yield Text("\n".join(other_traces(story)), style="dim")


def other_traces(story: Story) -> Iterator[str]:
    """Each with what began it."""
    for trace_id in story.trace_ids[1:]:
        first = next(entry for entry in story.timeline if entry.trace_id == trace_id)
        yield f"{trace_id}  {first.system}: {first.what}"


def heading(header: Header) -> Iterator[RenderableType]:
    number = f"{header.number}  " if header.number else ""
    title = Text(f"{number}{header.channel}/{header.channel_order_id}  ", style="bold")
    yield title.append(header.state, style="bold red" if header.state in BAD_STATES else "bold green")
    for reason in (*header.hold_reasons, header.refusal_reason):
        if reason:
            yield Text(f"because of {reason}", style="red")
    facts = Table.grid(padding=(0, 2))
    rows = {
        "order": f"{header.order_id}  {header.kind}, version {header.version}",
        "customer": header.customer_id or "unknown",
        "place": header.location_id or header.region,
        "total": f"{header.total}  (tax {header.tax or '–'}, shipping {header.shipping or '–'})",
        "paid": f"{header.paid}, refunded {header.refunded}",
        "bought": f"{day_and_clock(header.placed_at)}, recorded {day_and_clock(header.recorded_at)}",
        "trace": header.trace_id,
    }
    for name, text in rows.items():
        if text:
            facts.add_row(Text(name, style="dim"), Text(text))
    yield facts


def lines_table(lines: list[LineStory] | tuple[LineStory, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("line", "product", "title"):
        table.add_column(name, overflow="fold")
    for name in ("quantity", "price", "total"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("promised by", overflow="fold")
    for name in ("waits", "sent", "back"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        product = line.sku or f"? {line.channel_product}"
        table.add_row(
            line.line_id,
            Text(product, style="" if line.sku else "red"),
            line.title,
            line.quantity,
            line.unit_price,
            line.total,
            Text("\n").join(map(promise, line.promises)),
            Text(line.waiting, style="red"),
            line.sent,
            line.taken_back,
        )
    return table


def promise(it: Promise) -> Text:
    """What inventory keeps is said only where it differs, or is no longer a promise."""
    if it.allocated == it.reserved and it.state in ("firm", "tentative"):
        return Text(f"{it.location_id}: {it.allocated} {it.state}")
    allocated = it.allocated or "nothing"
    kept = f"{it.reserved} {it.state}" if it.state else "nothing"
    closed = not it.allocated and it.state not in ("firm", "tentative")
    text = f"{it.location_id}: {kept}" if closed else f"{it.location_id}: {allocated}, inventory has {kept}"
    return Text(text, style="dim" if closed else "")


def sourcing(it: Sourcing) -> Iterator[RenderableType]:
    yield Text(f"\nsourced by rule {it.rule}", style="bold")
    yield Text(f"  chosen: {', '.join(it.chosen) or 'nowhere'}")
    for rejection in it.rejected:
        lines = f" (lines {', '.join(rejection.lines)})" if rejection.lines else ""
        yield Text(f"  {rejection.cause}: {', '.join(rejection.locations)}{lines}", style="dim")


def timeline(story: Story) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True, style="dim")
    day: date | None = None
    for entry in story.timeline:
        if entry.at.date() != day:
            day = entry.at.date()
            table.add_row(Text(f"{day:%Y-%m-%d}", style="bold"), "", "", "")
        table.add_row(clock(entry.at), system(entry), what(entry), lag_text(entry))
    return table


def system(entry: Entry) -> Text:
    return Text(entry.system, style=COLOURS.get(entry.system, OUTSIDE_COLOUR))


def what(entry: Entry) -> Text:
    text = Text(entry.what, style="red" if entry.trouble else "")
    for line in entry.details:
        text.append(f"\n  {line}", style="" if entry.trouble else "dim")
    return text
