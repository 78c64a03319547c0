"""Asks every system what it knows of an order."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from libs.messaging import deadletters
from libs.messaging.deadletters import DeadLetter
from libs.stack import StackError
from retailmesh.channel.v1 import channel_service_pb2
from retailmesh.erp.v1 import erp_service_pb2, posting_pb2
from retailmesh.inventory.v1 import inventory_service_pb2, stock_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.pos.v1 import pos_service_pb2
from retailmesh.type.v1 import intake_pb2
from services.cli.asking import CallRefused, Services

T = TypeVar("T")

UNKNOWN = "ERROR_REASON_ORDER_UNKNOWN"
GATEWAYS = {
    "channel_gateway": channel_service_pb2.ListMessagesRequest,
    "pos_gateway": pos_service_pb2.ListMessagesRequest,
}
LETTERS = 1000


@dataclass(slots=True)
class Sources:
    """What the systems answered; ``unreadable`` says which did not, and why."""

    order: order_pb2.Order | None = None
    history: Sequence[order_service_pb2.OrderHistoryEntry] = ()
    messages: dict[str, list[intake_pb2.IntakeMessage]] = field(default_factory=dict)
    reservations: Sequence[stock_pb2.Reservation] = ()
    movements: Sequence[stock_pb2.StockMovement] = ()
    postings: Sequence[tuple[posting_pb2.Posting, Sequence[erp_service_pb2.ErpCall]]] = ()
    letters: Sequence[DeadLetter] = ()
    unreadable: dict[str, str] = field(default_factory=dict)


async def gather(services: Services, reference: order_pb2.OrderReference) -> Sources:
    """Raises `CallRefused` when the order service cannot say; every other system may be away.

    A channel order may also be named as its gateway names the message about it (STORE/TILL/DATE/NUMBER).
    """
    order = await order_of(services, reference)
    business_key = f"{reference.channel_order.channel}/{reference.channel_order.channel_order_id}"
    if order is None and (led_to := await order_led_to(services, business_key)):
        order = await order_of(services, order_pb2.OrderReference(order_id=led_to))
    sources = Sources(order=order)
    order_id = order.order_id if order else ""
    if order:
        business_key = f"{order.details.channel}/{order.details.channel_order_id}"

    async def part(system: str, answer: Awaitable[T], otherwise: T) -> T:
        try:
            return await answer
        except StackError as error:
            sources.unreadable[system] = str(error)
            return otherwise

    answered = await asyncio.gather(
        part("order", history_of(services, order_id), []),
        part("inventory", reservations_of(services, order_id), []),
        part("inventory", movements_of(services, order_id), []),
        part("erp_gateway", postings_of(services, order_id), []),
        part("nats", letters_about(services, [order_id, business_key]), []),
        *(part(gateway, messages_of(services, gateway, order_id, business_key), []) for gateway in GATEWAYS),
    )
    sources.history, sources.reservations, sources.movements, sources.postings, sources.letters = answered[:5]
    sources.messages = dict(zip(GATEWAYS, answered[5:], strict=True))
    return sources


async def order_of(services: Services, reference: order_pb2.OrderReference) -> order_pb2.Order | None:
    """None for a channel's order that was never recorded: its messages may say why."""
    try:
        answer = await services.ask("order", "GetOrder", order_service_pb2.GetOrderRequest(order=reference))
    except CallRefused as error:
        if error.reason == UNKNOWN and reference.WhichOneof("name") == "channel_order":
            return None
        raise
    order: order_pb2.Order = answer.order
    return order


async def order_led_to(services: Services, business_key: str) -> str:
    """The order that messages of this name led to, empty when there is none or no gateway can say."""
    for gateway in GATEWAYS:
        try:
            found = await messages_of(services, gateway, "", business_key)
        except StackError:
            continue
        if led_to := next((message.order_id for message in found if message.order_id), ""):
            return led_to
    return ""


async def history_of(services: Services, order_id: str) -> list[order_service_pb2.OrderHistoryEntry]:
    if not order_id:
        return []
    reference = order_pb2.OrderReference(order_id=order_id)
    request = order_service_pb2.ListOrderHistoryRequest(order=reference)
    return list((await services.ask("order", "ListOrderHistory", request)).entries)


async def reservations_of(services: Services, order_id: str) -> list[stock_pb2.Reservation]:
    if not order_id:
        return []
    request = inventory_service_pb2.ListReservationsRequest(order_id=order_id)
    return list((await services.ask("inventory", "ListReservations", request)).reservations)


async def movements_of(services: Services, order_id: str) -> list[stock_pb2.StockMovement]:
    if not order_id:
        return []
    request = inventory_service_pb2.ListMovementsRequest(source_reference=order_id)
    pages = services.ask_all("inventory", "ListMovements", request)
    return [movement async for page in pages for movement in page.movements]


async def postings_of(
    services: Services, order_id: str
) -> list[tuple[posting_pb2.Posting, Sequence[erp_service_pb2.ErpCall]]]:
    if not order_id:
        return []
    request = erp_service_pb2.ListPostingsRequest(order_id=order_id)
    pages = services.ask_all("erp_gateway", "ListPostings", request)
    postings = [posting async for page in pages for posting in page.postings]
    return [(posting, await calls_of(services, posting.posting_id)) for posting in postings]


async def calls_of(services: Services, posting_id: str) -> list[erp_service_pb2.ErpCall]:
    request = erp_service_pb2.ListErpCallsRequest(posting_id=posting_id)
    return list((await services.ask("erp_gateway", "ListErpCalls", request)).calls)


async def messages_of(
    services: Services, gateway: str, order_id: str, business_key: str
) -> list[intake_pb2.IntakeMessage]:
    """What led to the order, and what is about its document and led to nothing yet; oldest first."""
    filters = [intake_pb2.IntakeFilter(business_key=business_key)]
    filters += [intake_pb2.IntakeFilter(order_id=order_id)] if order_id else []
    found: dict[str, intake_pb2.IntakeMessage] = {}
    for wanted in filters:
        request = GATEWAYS[gateway](filter=wanted)
        async for page in services.ask_all(gateway, "ListMessages", request):
            found |= {message.message_id: message for message in page.messages}
    return sorted(found.values(), key=lambda it: it.received_at.ToNanoseconds())


async def letters_about(services: Services, keys: Sequence[str]) -> list[DeadLetter]:
    broker = await services.broker()
    found = [
        await deadletters.find(broker, deadletters.Filter(key=key), limit=LETTERS) for key in keys if key
    ]
    return [letter for letters in found for letter in letters]
