"""Stand-ins of the services behind the channel gateway, which remember what they are told."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from libs.refusals import Refusal
from services.channel_gateway.application.ports import About, Placed, PlaceOrder
from services.channel_gateway.domain.give_back import ReturnPart
from services.channel_gateway.domain.handed_over import Cancel, HandedOver, Update
from services.channel_gateway.domain.storefront import Identifier, Parcel, Refund


def refusal(reason: str, kind: type[Refusal] = Refusal, **metadata: str) -> Refusal:
    made = kind(reason.lower(), **metadata)
    made.reason = f"ERROR_REASON_{reason}"  # type: ignore[misc]
    return made


@dataclass
class FakeOrders:
    """Knows the orders it was told to place. ``refusals`` maps a command's name to what it raises."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    placed: dict[str, PlaceOrder] = field(default_factory=dict)
    skus: dict[Identifier, str] = field(default_factory=dict)
    refusals: dict[str, Exception] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    refuses_delivery: bool = False

    def _tell(self, about: About, command: str, *what: Any, knows: bool = True) -> None:
        if error := self.refusals.get(command):
            raise error
        if knows and about.channel_order_id not in self.placed:
            raise refusal("ORDER_UNKNOWN")
        self.told.append((command, about.channel_order_id, *what))

    async def place(
        self, commands: Sequence[PlaceOrder], skus: Mapping[Identifier, str]
    ) -> Sequence[Placed | Refusal]:
        if error := self.refusals.get("place"):
            if not isinstance(error, Refusal) or error.metadata.get("whole"):
                raise error
            return [error for _ in commands]
        self.batches.append(len(commands))
        self.skus |= skus
        answers: list[Placed | Refusal] = []
        for one in commands:
            number = one.order.channel_order_id
            self.told.append(("place", number))
            self.placed.setdefault(number, one)
            answers.append(Placed(f"order-{number}", self.refuses_delivery, False))
        return answers

    async def update(self, about: About, update: Update) -> None:
        self._tell(about, "update", update.paid)

    async def ship(self, about: About, parcel: Parcel, location_id: str) -> None:
        self._tell(about, "ship", parcel.parcel_id, location_id)

    async def give_back(
        self, about: About, refund: Refund, part: ReturnPart, skus: Mapping[Identifier, str], *, linked: bool
    ) -> str:
        self._tell(
            about, "give back", part.return_id, part.location_id, part.amount.text(), linked, knows=linked
        )
        return f"order-{about.channel_order_id}" if linked else ""

    async def cancel(self, about: About, cancel: Cancel) -> None:
        self._tell(about, "cancel", cancel.reason)


@dataclass
class FakeMasterData:
    skus: dict[str, str] = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=lambda: {"W01": "W01"})
    warehouse: str = ""
    asked: list[int] = field(default_factory=list)

    async def resolve(self, names: Collection[Identifier]) -> Mapping[Identifier, str]:
        self.asked.append(len(names))
        return {name: self.skus[name.value] for name in names if name.value in self.skus}

    async def location_of(self, place: str) -> str:
        return self.locations.get(place, "")

    async def only_warehouse(self) -> str:
        return self.warehouse


@dataclass
class FakeLedger:
    known: dict[tuple[str, str], HandedOver] = field(default_factory=dict)

    async def find(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], HandedOver]:
        return {key: self.known[key] for key in keys if key in self.known}

    async def save(self, changed: Collection[HandedOver]) -> None:
        for one in changed:
            self.known[one.channel, one.channel_order_id] = one
