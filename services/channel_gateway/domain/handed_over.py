"""What of a storefront order the mesh has already taken over, and what is still to be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.channel_gateway.domain.storefront import Contact, Order, Parcel, Refund, Restock


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel that was told: from which location, empty when unknown, and pieces by line id."""

    location_id: str
    lines: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """``version`` is the storefront's version that was taken over last."""

    channel: str
    channel_order_id: str
    order_id: str
    version: datetime
    paid: bool
    refused: bool = False
    """True when the mesh does not deliver it, for example a test order."""
    cancelled: bool = False
    parcels: Mapping[str, Sent] = field(default_factory=dict)
    refunds: frozenset[str] = frozenset()

    def sent_of(self, line_id: str) -> int:
        return sum(sent.lines.get(line_id, 0) for sent in self.parcels.values())

    def origin_of(self, line_id: str) -> str:
        """The location that sent the line, empty when unknown."""
        origins = (sent.location_id for sent in self.parcels.values() if line_id in sent.lines)
        return next((origin for origin in origins if origin), "")


@dataclass(frozen=True, slots=True)
class Update:
    version: datetime
    paid: bool
    shipping: Contact


@dataclass(frozen=True, slots=True)
class Ship:
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class GiveBack:
    refund: Refund


@dataclass(frozen=True, slots=True)
class Cancel:
    at: datetime
    reason: str


Step = Update | Ship | GiveBack | Cancel


def steps_to(order: Order, known: HandedOver) -> list[Step]:
    """What brings the mesh from what it knows to the storefront's present state, in the order it happened."""
    steps: list[Step] = []
    if order.version > known.version or (order.paid and not known.paid):
        steps.append(Update(order.version, order.paid, order.shipping))
    steps += in_order(new_parcels(order.parcels, known), new_refunds(order.refunds, known))
    if order.cancelled_at is not None and not known.cancelled:
        steps.append(Cancel(order.cancelled_at, order.cancel_reason))
    return steps


def new_parcels(parcels: Iterable[Parcel], known: HandedOver) -> list[Parcel]:
    return [] if known.refused else [parcel for parcel in parcels if parcel.parcel_id not in known.parcels]


def new_refunds(refunds: Iterable[Refund], known: HandedOver) -> list[Refund]:
    return [refund for refund in refunds if refund.refund_id not in known.refunds]


def in_order(parcels: Iterable[Parcel], refunds: Iterable[Refund]) -> list[Step]:
    """By time. Of the same instant the parcel goes first: what came back had been sent."""
    happened: list[tuple[datetime, bool, Step]] = [
        *((parcel.at, False, Ship(parcel)) for parcel in parcels),
        *((refund.at, True, GiveBack(refund)) for refund in refunds),
    ]
    return [step for _, _, step in sorted(happened, key=lambda item: item[:2])]


def is_ambiguous(refund: Refund, known: HandedOver) -> bool:
    """Whether a message about parcels may still be under way, without which the refund would be misread.

    Goods that came back were sent before; of goods that were not restocked the storefront does not say
    whether they were sent. The order's own later state, which lists parcels and refunds, leaves no doubt.
    """
    if refund.at <= known.version:
        return False
    return any(
        line.restock is not Restock.NEVER_SENT and known.sent_of(line.line_id) < line.pieces
        for line in refund.lines
    )


def after(step: Step, known: HandedOver, location_id: str = "") -> HandedOver:
    """``known`` once the mesh has taken ``step``; ``location_id`` is where a parcel left from."""
    match step:
        case Update(version, paid):
            return replace(known, version=max(version, known.version), paid=known.paid or paid)
        case Ship(parcel):
            sent = Sent(location_id, dict(parcel.lines))
            return replace(known, parcels={**known.parcels, parcel.parcel_id: sent})
        case GiveBack(refund):
            return replace(known, refunds=known.refunds | {refund.refund_id})
        case Cancel():
            return replace(known, cancelled=True)
