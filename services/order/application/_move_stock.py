"""Having inventory reserve the goods of new orders, or take those that left at a till."""

import asyncio
from collections.abc import Mapping, Sequence

from libs.refusals import Refusal, RequestIdReused, Unavailable
from services.order.application.ports import Stock
from services.order.domain.kinds import OrderKind
from services.order.domain.placing import PlaceOrder, Verdict
from services.order.domain.stock import (
    NOTHING_PROMISED,
    Issue,
    Promise,
    Release,
    Reservation,
    request_id_of,
)

Moved = Promise | None | Refusal
"""What was promised; None when inventory will not move such goods; a refusal when it could not say."""


async def move_stock(
    stock: Stock, fresh: Mapping[int, PlaceOrder], verdicts: Mapping[int, Verdict]
) -> dict[int, Moved]:
    """One call for all reservations and one for all sales at tills, at the same time."""
    moved: dict[int, Moved] = dict.fromkeys(fresh, NOTHING_PROMISED)
    wanting = [position for position, verdict in verdicts.items() if verdict.wanted]
    sales = [it for it in wanting if fresh[it].order.kind == OrderKind.TILL_SALE]
    others = [it for it in wanting if fresh[it].order.kind == OrderKind.STOREFRONT]
    reserved, issued = await asyncio.gather(
        reserve(stock, [reservation_of(fresh[it], verdicts[it]) for it in others]),
        issue(stock, [issue_of(fresh[it], verdicts[it]) for it in sales]),
    )
    moved.update(zip(others, reserved, strict=True))
    moved.update(zip(sales, issued, strict=True))
    return moved


def reservation_of(command: PlaceOrder, verdict: Verdict) -> Reservation:
    order = command.order
    return Reservation(
        f"place/{order.order_id}",
        order.order_id,
        order.channel,
        order.region,
        verdict.wanted,
        traceparent=command.traceparent,
    )


def issue_of(command: PlaceOrder, verdict: Verdict) -> Issue:
    order = command.order
    return Issue(
        f"sell/{order.order_id}",
        order.order_id,
        order.location_id,
        True,
        verdict.wanted,
        order.placed_at,
        command.traceparent,
    )


async def reserve(stock: Stock, reservations: Sequence[Reservation]) -> Sequence[Moved]:
    if not reservations:
        return []
    try:
        answers = await stock.reserve(reservations)
    except Unavailable as unavailable:
        return [unavailable] * len(reservations)
    return [
        await moved(stock, reservation, answer)
        for reservation, answer in zip(reservations, answers, strict=True)
    ]


async def moved(stock: Stock, reservation: Reservation, answer: Promise | Refusal) -> Moved:
    if isinstance(answer, RequestIdReused):
        return await reserve_other_content(stock, reservation)
    return final(answer)


def final(answer: Promise | Refusal) -> Moved:
    """A refusal that time does not heal holds the order; the others are the caller's to repeat."""
    if isinstance(answer, Promise) or answer.retry_after_seconds is not None:
        return answer
    return None


async def reserve_other_content(stock: Stock, reservation: Reservation) -> Moved:
    """The order was reserved for before with other goods, by an attempt that was never recorded.

    What that attempt holds is given back first. Should it be alive after all, one of the two will find the
    order recorded with other content.
    """
    goods = repr(reservation.goods)
    release_id = request_id_of(reservation.order_id, "release for", goods)
    request_id = request_id_of(reservation.order_id, "place", goods)
    await stock.release([Release(release_id, reservation.order_id)])
    [answer] = await stock.reserve([reservation._replace(request_id=request_id)])
    return final(answer)


async def issue(stock: Stock, issues: Sequence[Issue]) -> Sequence[Moved]:
    if not issues:
        return []
    try:
        answers = await stock.issue(issues)
    except Unavailable as unavailable:
        return [unavailable] * len(issues)
    return [NOTHING_PROMISED if answer is None else final(answer) for answer in answers]
