"""The scorecard as people read it, on 80 to 100 columns: the zeros first, since they decide."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from services.cli.demo.facts import Whereabouts
from services.cli.demo.scorecard import (
    BreakLine,
    ComparisonLine,
    Counts,
    Messages,
    Orders,
    Postings,
    Scorecard,
)

LABEL_WIDTH, WIDE, ZERO_WIDTH, ROOMY = 16, 30, 28, 96
SHOWN = 20
STATES = {
    "confirmed": "confirmed",
    "backordered": "backordered",
    "partially shipped": "part sent",
    "completed": "completed",
    "cancelled": "cancelled",
    "held": "held",
    "refused": "refused",
}
"""States of the contract, and the words that fit above a column."""
INTAKE = ("applied", "ignored", "quarantined", "waiting", "received", "dismissed")
ZEROS = {
    "facts_lost": "facts lost",
    "erp_documents_doubled": "ERP documents doubled",
    "invariant_rows": "rows of invariant queries",
}
"""Where the name itself does not say it."""


def show_scorecard(console: Console, card: Scorecard) -> None:
    console.print()
    total = sum(card.seconds.values())
    console.rule(f"[bold]{card.dataset} · {card.business_date} · ERP {card.erp} · {total:.0f} s")
    show_zeros(console, card.zeros)
    console.print()
    show_messages(console, card.messages)
    console.print()
    show_orders(console, card.orders)
    console.print()
    show_facts(console, card.facts)
    console.print()
    show_comparisons(console, card.comparisons)
    show_breaks(console, card.breaks)
    console.print()
    show_postings(console, card.erp, card.postings)
    show_invariants(console, card.invariants, card.broken_invariants)
    line(console, "time", listed({name: f"{value:.1f} s" for name, value in card.seconds.items()}, "{0} {1}"))
    verdict = Text(
        "✔ clean: nothing lost, nothing doubled, nothing oversold, all systems agree", "bold green"
    )
    console.rule(style="green" if card.clean else "red")
    console.print(verdict if card.clean else Text("✘ not clean: see what is red above", "bold red"))
    for name, order_id in card.examples.items():
        console.print(f"  {name:<13}retailmesh orders show {order_id}", soft_wrap=True)


def show_zeros(console: Console, zeros: Counts) -> None:
    cells = [zero_cell(name, value) for name, value in zeros.items()]
    a_row = max(1, (console.width - LABEL_WIDTH) // ZERO_WIDTH)
    table = grid(LABEL_WIDTH, *[ZERO_WIDTH] * a_row)
    for start in range(0, len(cells), a_row):
        table.add_row(heading("must be zero" if not start else ""), *cells[start : start + a_row])
    console.print(table)


def zero_cell(name: str, value: int) -> Text:
    said = ZEROS.get(name, name.replace("_", " "))
    return Text.assemble(
        (f"{value:,} ", "bold red" if value else "bold green"), (said, "red" if value else "")
    )


def show_messages(console: Console, messages: Messages) -> None:
    states = [state for state in INTAKE if any(state in counts for counts in messages.taken_in.values())]
    table = columns(console, "messages", "kept", *states)
    for kind, counts in messages.taken_in.items():
        numbers(table, kind, [sum(counts.values()), *(counts.get(state, 0) for state in states)])
    console.print(table)
    total = sum(messages.sent.values())
    line(
        console, "  sent", f"{total:,}: {messages.sent_again:,} repeated, {messages.sent_late:,} out of order"
    )
    line(console, "  malformed", listed(messages.malformed).replace("_", " "))
    line(console, "  turned away", f"{messages.refused_unread:,} unread, for a bad signature")
    for name, counts in (
        ("ignored", messages.ignored),
        ("quarantined", messages.quarantined),
        ("waiting", messages.waiting),
    ):
        line(console, f"  {name}", listed(counts))
    for answer in messages.unexpected_answers:
        line(console, "  unexpected", answer, "yellow")


def show_orders(console: Console, orders: Orders) -> None:
    table = columns(console, "orders", *STATES.values(), width=12)
    for kind, counts in orders.by_state.items():
        if counts:
            numbers(table, kind, [counts.get(state, 0) for state in STATES])
    console.print(table)
    line(console, "  split", f"{orders.split:,} supplied from several locations")
    line(console, "  returns", f"{orders.returns:,} returns and refunds")
    line(console, "  held", listed(orders.held))
    line(console, "  refused", listed(orders.refused))


def show_facts(console: Console, facts: Mapping[str, Whereabouts]) -> None:
    table = columns(console, "happened outside", "told", "in the mesh", "quarantined", "lost", width=WIDE)
    for name, found in facts.items():
        if found.told:
            numbers(table, name, [found.told, found.known, found.set_aside], [len(found.lost)])
    console.print(table)
    for name, found in facts.items():
        for fact in found.lost[:SHOWN]:
            line(console, "  lost", f"{name}: {fact}", "red")


def show_comparisons(console: Console, comparisons: Iterable[ComparisonLine]) -> None:
    table = columns(console, "reconciled", "left", "right", "agree", "breaks", width=WIDE)
    for one in comparisons:
        numbers(table, one.comparison, [one.left, one.right, one.matched], [one.breaks])
    console.print(table)


def show_breaks(console: Console, breaks: Sequence[BreakLine]) -> None:
    for found in breaks[:SHOWN]:
        said = f"{found.kind} {found.subject}: {found.expected} ≠ {found.found}. {found.remedy}"
        line(console, "  break", said, "red")
    if len(breaks) > SHOWN:
        line(console, "", f"… and {len(breaks) - SHOWN} more: retailmesh reconcile")


def show_postings(console: Console, erp: str, postings: Postings) -> None:
    line(console, f"ERP {erp}", f"postings: {listed(postings.by_state)}", heads=True)
    line(
        console,
        "",
        f"lag p50 {postings.lag_p50_seconds:.2f} s, p99 {postings.lag_p99_seconds:.2f} s; "
        f"{postings.rate_per_second:.1f} postings/s",
    )
    line(
        console,
        "",
        f"{postings.lost_answers:,} answers lost and looked up, {postings.throttled_calls:,} calls turned "
        "away and repeated",
    )
    if postings.by_state.get("pending"):
        known = postings.drain_seconds is not None
        estimate = f"{postings.drain_seconds} s at this rate" if known else "unknown"
        line(console, "  backlog", f"{postings.by_state['pending']:,} postings, drained in {estimate}")


def show_invariants(console: Console, invariants: Counts, broken: Counts) -> None:
    queries = f"{sum(invariants.values())} queries in {len(invariants)} databases"
    line(console, "invariants", f"{queries}: {'no row' if not broken else 'broken'}", heads=True)
    for name, rows in broken.items():
        line(console, "  broken", f"{name}: {rows} rows", "red")


# ---- pieces


def grid(*widths: int) -> Table:
    table = Table.grid()
    for width in widths:
        table.add_column(width=width, no_wrap=True)
    return table


def columns(console: Console, title: str, *names: str, width: int = 24) -> Table:
    """A table of numbers under small headings; ``width`` is that of the labels."""
    table = Table(box=None, pad_edge=False, padding=(0, 2 if console.width >= ROOMY else 1, 0, 0))
    table.add_column(heading(title), width=width, no_wrap=True)
    for name in names:
        table.add_column(Text(name, "dim"), justify="right", min_width=max(len(name), 6), no_wrap=True)
    return table


def numbers(table: Table, name: str, values: Iterable[int], zeros: Iterable[int] = ()) -> None:
    """``zeros`` are numbers that should be none."""
    plain = [Text(f"{value:,}" if value else "·", "" if value else "dim") for value in values]
    judged = [Text(f"{value:,}", "bold red" if value else "green") for value in zeros]
    table.add_row(f"  {name}", *plain, *judged)


def line(console: Console, label: str, said: str, style: str = "", *, heads: bool = False) -> None:
    """A label and what it says, indented alike on every line; nothing where nothing is said."""
    if said:
        table = grid(LABEL_WIDTH)
        table.add_column(width=console.width - LABEL_WIDTH)
        table.add_row(heading(label) if heads or label == "time" else Text(label, "dim"), Text(said, style))
        console.print(table)


def heading(text: str) -> Text:
    return Text(text.upper() if text.islower() else text, "bold")


def listed(counts: Mapping[str, int] | Mapping[str, str], form: str = "{1} {0}") -> str:
    return ", ".join(form.format(name, value) for name, value in counts.items())
