"""Where goods that are paid back go."""

from collections.abc import Mapping
from dataclasses import dataclass

from libs.money import Money
from services.channel_gateway.domain.handed_over import HandedOver
from services.channel_gateway.domain.storefront import Refund, RefundedLine, Restock


@dataclass(frozen=True, slots=True)
class ReturnPart:
    """A return at one location. The first part of a refund carries its money, the others only goods."""

    return_id: str
    location_id: str
    lines: tuple[RefundedLine, ...]
    amount: Money
    carries_money: bool


def parts_of(refund: Refund, known: HandedOver | None, fallback: str) -> list[ReturnPart]:
    """One part for each location that takes goods back: the one that sent them, else ``fallback``."""
    places = {line.line_id: place_of(line, known, fallback) for line in refund.lines}
    locations = sorted({place for place in places.values() if place}) or [""]
    return [
        ReturnPart(
            return_id=refund.refund_id if first else f"{refund.refund_id}@{location}",
            location_id=location,
            lines=lines_at(refund, places, location, first),
            amount=refund.amount if first else Money.zero(refund.amount.currency),
            carries_money=first,
        )
        for location, first in ((location, location == locations[0]) for location in locations)
    ]


def place_of(line: RefundedLine, known: HandedOver | None, fallback: str) -> str:
    if line.restock is not Restock.RETURNED:
        return ""
    return (known.origin_of(line.line_id) if known else "") or fallback


def lines_at(
    refund: Refund, places: Mapping[str, str], location: str, first: bool
) -> tuple[RefundedLine, ...]:
    """Lines that no location takes back stand with the money."""
    return tuple(
        line
        for line in refund.lines
        if places[line.line_id] == location or (first and not places[line.line_id])
    )
