"""``retailmesh orders``"""

from itertools import islice
from typing import Any
from uuid import uuid4

import click
from rich.table import Table

from libs.stack import StackError
from retailmesh.order.v1 import order_pb2, order_service_pb2
from services.cli.asking import Services, on_mesh
from services.cli.finding import reference_of
from services.cli.mesh_command import mesh_command, print_json, running_mesh
from services.cli.screen import console_of
from services.cli.story.gathering import gather
from services.cli.story.screen import show_story
from services.cli.story.telling import tell
from services.cli.words import day_and_clock, moment, money, number_of, word, words


@click.group()
def command() -> None:
    """Look at orders, put them on hold and release them.

    An order is named by its canonical id, by CHANNEL/ID (shopify:main/1001), by its customer's number, or,
    for a till's sale, by STORE/TILL/DATE/NUMBER.
    """


@command.command()
@click.argument("order")
@mesh_command
def show(order: str, name: str | None, as_json: bool) -> None:
    """Tell the story of ORDER: everything that happened to it in all systems.

    A system that cannot be asked is named, and its part is missing. The exit status is 1 when nothing is
    known of the order.
    """

    async def work(services: Services) -> Any:
        return tell(order, await gather(services, await reference_of(services, order)))

    story = on_mesh(running_mesh(name), work)
    if story.header is None and not story.timeline:
        raise StackError(f"nothing is known of order {order}")
    if as_json:
        print_json(story.described())
    else:
        show_story(console_of(), story)


@command.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(words(order_pb2.OrderState)))
@click.option("--kind", type=click.Choice(words(order_pb2.OrderKind)))
@click.option("--channel", default="", help="Only of this channel.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@mesh_command
def list_orders(
    states: tuple[str, ...], kind: str | None, channel: str, limit: int, name: str | None, as_json: bool
) -> None:
    """List orders, oldest record first."""
    request = order_service_pb2.ListOrdersRequest(
        states=[number_of(order_pb2.OrderState, state) for state in states],
        kind=number_of(order_pb2.OrderKind, kind) if kind else None,
        channel=channel,
    )
    request.page.page_size = min(limit, 1000)

    async def work(services: Services) -> list[order_service_pb2.OrderSummary]:
        found: list[order_service_pb2.OrderSummary] = []
        async for page in services.ask_all("order", "ListOrders", request):
            found.extend(islice(page.orders, limit - len(found)))
            if len(found) == limit:
                break
        return found

    orders = on_mesh(running_mesh(name), work)
    if as_json:
        print_json({"orders": [described(order) for order in orders]})
    else:
        console_of().print(table_of(orders))


@command.command()
@click.argument("order")
@click.option("--reason", required=True, help="Why, without personal data.")
@mesh_command
def hold(order: str, reason: str, name: str | None, as_json: bool) -> None:
    """Put ORDER on hold."""

    async def work(services: Services) -> order_pb2.Order:
        request = order_service_pb2.HoldOrderRequest(
            request_id=str(uuid4()), order=await reference_of(services, order), reason=reason
        )
        held: order_pb2.Order = (await services.ask("order", "HoldOrder", request)).order
        return held

    show_state(on_mesh(running_mesh(name), work), as_json=as_json)


@command.command()
@click.argument("order")
@click.option("--line", "lines", multiple=True, metavar="LINE=SKU", help="The product that a line means.")
@mesh_command
def release(order: str, lines: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """End the hold of ORDER: it is checked and sourced again, and may be held for another reason."""
    corrections = [correction_of(line) for line in lines]

    async def work(services: Services) -> order_pb2.Order:
        request = order_service_pb2.ReleaseHoldRequest(
            request_id=str(uuid4()), order=await reference_of(services, order), corrections=corrections
        )
        released: order_pb2.Order = (await services.ask("order", "ReleaseHold", request)).order
        return released

    show_state(on_mesh(running_mesh(name), work), as_json=as_json)


def correction_of(text: str) -> order_service_pb2.LineCorrection:
    line_id, equals, sku = text.partition("=")
    if not (line_id and equals and sku):
        raise click.BadParameter(f"{text!r} is not LINE=SKU", param_hint="--line")
    return order_service_pb2.LineCorrection(line_id=line_id, sku=sku)


def show_state(order: order_pb2.Order, *, as_json: bool) -> None:
    state = word(order_pb2.OrderState, order.state)
    reasons = [word(order_pb2.HoldReason, reason) for reason in order.hold_reasons]
    if as_json:
        print_json({"order_id": order.order_id, "state": state, "hold_reasons": reasons})
    else:
        because = f" because of {', '.join(reasons)}" if reasons else ""
        click.echo(f"{order.order_id} is {state}{because}")


def described(order: order_service_pb2.OrderSummary) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "channel": order.channel,
        "channel_order_id": order.channel_order_id,
        "number": order.order_number,
        "kind": word(order_pb2.OrderKind, order.kind),
        "state": word(order_pb2.OrderState, order.state),
        "hold_reasons": [word(order_pb2.HoldReason, reason) for reason in order.hold_reasons],
        "total": money(order.total),
        "refunded": money(order.refunded),
        "allocated_locations": order.allocated_locations,
        "placed_at": moment(order.placed_at).isoformat(),
    }


def table_of(orders: list[order_service_pb2.OrderSummary]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("order", "channel", "number", "placed (UTC)", "state"):
        table.add_column(heading, overflow="fold")
    for heading in ("total", "refunded"):
        table.add_column(heading, justify="right", no_wrap=True)
    for order in orders:
        reasons = ", ".join(word(order_pb2.HoldReason, reason) for reason in order.hold_reasons)
        state = word(order_pb2.OrderState, order.state) + (f" ({reasons})" if reasons else "")
        given_back = money(order.refunded) if order.refunded.units or order.refunded.nanos else ""
        number = order.order_number or order.channel_order_id
        placed = day_and_clock(moment(order.placed_at))
        table.add_row(order.order_id, order.channel, number, placed, state, money(order.total), given_back)
    return table
