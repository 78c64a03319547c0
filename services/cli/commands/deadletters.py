"""``retailmesh deadletters``"""

import base64
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from libs.stack import StackError
from services.cli.asking import Services, on_mesh
from services.cli.letters import acting, reading
from services.cli.letters.acting import Result
from services.cli.letters.letter import EVENT, Letter, LetterId, Wanted
from services.cli.mesh_command import mesh_command, print_json, running_mesh
from services.cli.screen import console_of
from services.cli.words import day_and_clock

FILTERS = (
    click.option("--service", default="", help="Given up by this service."),
    click.option("--class", "category", default="", help="transient, invalid, refused, bug or quarantined."),
    click.option("--type", "type_", default="", help="An event's type or a message's topic."),
    click.option("--key", default="", help="About this order or document."),
    click.option("--reason", default="", help="With this text in the reason."),
)


def filtered(run: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options that choose letters."""
    for option in reversed(FILTERS):
        run = option(run)
    return run


@click.group()
def command() -> None:
    """Look at what the mesh could not handle, and have it tried again.

    event:NUMBER is an event that a consumer gave up, channel:UUID and pos:UUID are raw messages that lie in
    quarantine at their gateway.
    """


@command.command("list")
@filtered
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1))
@mesh_command
def list_letters(
    limit: int,
    name: str | None,
    as_json: bool,
    service: str,
    category: str,
    type_: str,
    key: str,
    reason: str,
) -> None:
    """List dead letters and quarantined messages, oldest first.

    The exit status is 1 when a place could not be looked into.
    """
    wanted = Wanted(service=service, category=category, type=type_, key=key, reason=reason)
    found = on_mesh(running_mesh(name), lambda services: reading.find(services, wanted))
    shown = found.letters[:limit]
    if as_json:
        letters = [letter.described() for letter in shown]
        print_json({"letters": letters, "found": len(found.letters), "unreadable": found.unreadable})
    else:
        show_letters(shown, len(found.letters))
        show_unreadable(found)
    if found.unreadable:
        raise SystemExit(1)


@command.command()
@click.argument("letter")
@click.option("--body", "with_body", is_flag=True, help="Print the body too; it may hold personal data.")
@mesh_command
def show(letter: str, with_body: bool, name: str | None, as_json: bool) -> None:
    """Show why LETTER could not be handled."""
    letter_id = LetterId.parse(letter)
    found = on_mesh(running_mesh(name), lambda services: reading.get(services, letter_id))
    if as_json:
        body = {"body": base64.b64encode(found.body).decode()} if with_body else {}
        print_json({**found.described(), "headers": dict(found.headers), "bytes": len(found.body), **body})
        return
    show_letter(found)
    if with_body:
        click.echo()
        click.echo(found.body, nl=not found.body.endswith(b"\n"))


@command.command()
@click.argument("letters", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that agree with the filters.")
@click.option(
    "--body",
    "body",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A corrected body for the one message named; the original is kept.",
)
@filtered
@mesh_command
def redrive(
    letters: tuple[str, ...],
    everything: bool,
    body: Path | None,
    name: str | None,
    as_json: bool,
    service: str,
    category: str,
    type_: str,
    key: str,
    reason: str,
) -> None:
    """Have LETTERS tried again, or all that agree with the filters.

    Events are published again, messages applied again; nothing takes effect twice. The exit status is 1
    unless all of them went through.
    """
    wanted = Wanted(service=service, category=category, type=type_, key=key, reason=reason)
    ids = [LetterId.parse(letter) for letter in letters]
    if bool(ids) == everything:
        raise StackError("name dead letters, or give --all")
    if wanted != Wanted() and not everything:
        raise StackError("filters choose among --all")
    corrected = corrected_body(body, ids)

    async def work(services: Services) -> list[Result]:
        chosen = ids or await chosen_by(services, wanted)
        return await acting.for_each(chosen, partial(acting.redrive, services, corrected_body=corrected))

    show_results(on_mesh(running_mesh(name), work), as_json=as_json)


@command.command()
@click.argument("letters", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why, without personal data.")
@mesh_command
def dismiss(letters: tuple[str, ...], reason: str, name: str | None, as_json: bool) -> None:
    """Drop LETTERS: they take no effect.

    A quarantined message stays stored with the reason; of an event only its original in the stream is left.
    """
    ids = [LetterId.parse(letter) for letter in letters]

    async def work(services: Services) -> list[Result]:
        return await acting.for_each(ids, lambda letter_id: acting.dismiss(services, letter_id, reason))

    show_results(on_mesh(running_mesh(name), work), as_json=as_json)


def corrected_body(body: Path | None, ids: list[LetterId]) -> bytes:
    if body is None:
        return b""
    if len(ids) != 1 or ids[0].kind == EVENT:
        raise StackError("--body corrects one quarantined message, named by its id")
    content = body.read_bytes()
    if not content:
        raise StackError(f"{body} is empty")
    return content


async def chosen_by(services: Services, wanted: Wanted) -> list[LetterId]:
    """Raises StackError where a place could not be looked into: then it would not be all."""
    found = await reading.find(services, wanted)
    if found.unreadable:
        raise StackError("\n".join(found.unreadable.values()))
    return [letter.id for letter in found.letters]


def show_letters(letters: list[Letter], found: int) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("id", "since (UTC)", "given up by", "class", "what", "about", "reason"):
        table.add_column(heading, overflow="fold")
    for letter in letters:
        by = f"{letter.service}/{letter.consumer}"
        what = letter.type.rpartition(".")[2]
        first = f" – {letter.problems[0][0]}: {letter.problems[0][1]}" if letter.problems else ""
        since = day_and_clock(letter.time)
        table.add_row(str(letter.id), since, by, letter.category, what, letter.key, f"{letter.reason}{first}")
    console = console_of()
    if letters:
        console.print(table)
    if found > len(letters):
        console.print(f"{found - len(letters)} more; see --limit")
    if not found:
        console.print("nothing was given up and nothing is in quarantine")


def show_unreadable(found: reading.Found) -> None:
    for why in found.unreadable.values():
        click.echo(f"could not be looked into: {why}", err=True)


def show_letter(letter: Letter) -> None:
    console = console_of()
    facts = Table.grid(padding=(0, 2))
    rows = {
        "id": str(letter.id),
        "given up by": f"{letter.service}/{letter.consumer} after {letter.attempts} tries",
        "since": day_and_clock(letter.time),
        "class": letter.category,
        "reason": letter.reason,
        "type": letter.type,
        "about": letter.key,
        "order": letter.order_id,
        "trace": letter.trace_id,
        "body": f"{len(letter.body)} bytes; print it with --body",
    }
    for heading, text in rows.items():
        if text:
            facts.add_row(Text(heading, style="dim"), Text(text))
    console.print(facts)
    for where, rule in letter.problems:
        console.print(Text(f"  {where or '(whole message)'}: {rule}", style="red"))
    for header, value in letter.headers.items():
        console.print(Text(f"  {header}: {value}", style="dim"))


def show_results(results: list[Result], *, as_json: bool) -> None:
    """Ends with status 1 unless all went well."""
    if as_json:
        print_json({"letters": [result.described() for result in results]})
    else:
        for result in results:
            click.echo(f"{result.id}: {result.outcome}", err=not result.well)
        if not results:
            click.echo("nothing agrees with the filters")
    if not all(result.well for result in results):
        raise SystemExit(1)
