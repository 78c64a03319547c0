"""Stand-ins for the services that orders call, at the order service's own ports."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from libs.refusals import Refusal, RequestIdReused, Unavailable
from services.order.domain.stock import (
    Allocation,
    Article,
    Goods,
    Issue,
    Promise,
    Receipt,
    Release,
    Reservation,
)

PIECE, KILOGRAM = 1, 2


@dataclass
class FakeCatalogue:
    """Master data: articles by SKU, locations; ``away`` makes it unreachable."""

    known: dict[str, Article] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)
    away: bool = False
    asked: int = 0

    async def articles(self, skus: Collection[str]) -> Mapping[str, Article]:
        self.answer()
        return {sku: self.known[sku] for sku in skus if sku in self.known}

    async def locations(self, location_ids: Collection[str]) -> Collection[str]:
        self.answer()
        return self.places.intersection(location_ids)

    def answer(self) -> None:
        self.asked += 1
        if self.away:
            raise Unavailable("master data gives no answer", retry_after_seconds=1.0)


@dataclass
class FakeStock:
    """Inventory: ``free`` is what can be promised, by SKU and location in the order of preference.

    Repeats are answered as the first time; ``asked`` counts calls, ``refusals`` are given by SKU.
    ``lose_answers`` makes it do what it is asked and fail to say so; ``meanwhile`` happens once, before the
    next reservation.
    """

    free: dict[str, dict[str, int]] = field(default_factory=dict)
    away: bool = False
    lose_answers: bool = False
    meanwhile: Callable[[], Awaitable[object]] | None = None
    refusals: dict[str, Refusal] = field(default_factory=dict)
    asked: int = 0
    answers: dict[str, tuple[object, Promise | Refusal | None]] = field(default_factory=dict)
    held: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    issued: list[Issue] = field(default_factory=list)
    received: list[Receipt] = field(default_factory=list)
    released: list[Release] = field(default_factory=list)

    async def available(self, skus: Collection[str]) -> Collection[str]:
        self.reach()
        return {sku for sku in skus if sum(self.free.get(sku, {}).values()) > 0}

    async def reserve(self, reservations: Sequence[Reservation]) -> list[Promise | Refusal]:
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            await meanwhile()
        return [self.once(it, self.reserve_one) for it in self.reached(reservations)]

    async def issue(self, issues: Sequence[Issue]) -> list[Refusal | None]:
        return [self.once(it, self.issue_one) for it in self.reached(issues)]

    async def receive(self, receipts: Sequence[Receipt]) -> list[Refusal | None]:
        return [self.once(it, self.receive_one) for it in self.reached(receipts)]

    async def release(self, releases: Sequence[Release]) -> list[Refusal | None]:
        return [self.once(it, self.release_one) for it in self.reached(releases)]

    def reach(self) -> None:
        self.asked += 1
        if self.away:
            raise Unavailable("inventory gives no answer", retry_after_seconds=1.0)

    def reached(self, asked):
        self.reach()
        if not self.lose_answers:
            return asked
        for it in asked:
            self.once(it, {Reservation: self.reserve_one, Issue: self.issue_one}[type(it)])
        raise Unavailable("the answer was lost", retry_after_seconds=1.0)

    def once(self, it, carry_out):
        if it.request_id not in self.answers:
            self.answers[it.request_id] = (it, self.refusal_for(it) or carry_out(it))
        first, answer = self.answers[it.request_id]
        return answer if untraced(first) == untraced(it) else RequestIdReused("used for another request")

    def refusal_for(self, it) -> Refusal | None:
        return next(
            (self.refusals[one.sku] for one in getattr(it, "goods", ()) if one.sku in self.refusals), None
        )

    def reserve_one(self, it: Reservation) -> Promise:
        allocations: list[Allocation] = []
        shortages: list[Goods] = []
        for one in it.goods:
            left = one.milli
            for place, free in self.free.get(one.sku, {}).items():
                if (taken := min(left, free)) and place not in it.excluded_location_ids:
                    self.free[one.sku][place] -= taken
                    holding = self.held.setdefault((it.order_id, one.line_id), {})
                    holding[place] = holding.get(place, 0) + taken
                    allocations.append(Allocation(one.line_id, one.sku, place, taken, one.unit))
                    left -= taken
            if left:
                shortages.append(one._replace(milli=left))
        return Promise(tuple(allocations), tuple(shortages), b"")

    def issue_one(self, it: Issue) -> None:
        self.issued.append(it)
        for one in it.goods if not it.is_sale else ():
            holding = self.held.get((it.order_id, one.line_id), {})
            left = one.milli
            for place in sorted(holding, key=lambda place: (place != it.location_id, place)):
                taken = min(left, holding[place])
                holding[place] -= taken
                left -= taken

    def receive_one(self, it: Receipt) -> None:
        self.received.append(it)

    def release_one(self, it: Release) -> None:
        self.released.append(it)
        for (order_id, line_id), holding in self.held.items():
            if order_id == it.order_id and line_id in (it.line_ids or (line_id,)):
                for place in [it.location_id] if it.location_id else list(holding):
                    holding.pop(place, None)

    def promised_to(self, order_id: str) -> dict[str, dict[str, int]]:
        """What is held for an order, by line and location, without zeros."""
        return {
            line_id: places
            for (held_for, line_id), holding in self.held.items()
            if held_for == order_id and (places := {place: it for place, it in holding.items() if it})
        }


def untraced(it):
    """What is asked: the trace is no part of it."""
    return it._replace(traceparent="") if isinstance(it, Reservation) else replace(it, traceparent="")
