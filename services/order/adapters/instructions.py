"""Instructions as they are kept until inventory has answered: JSON that a person can read in the table."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.order.domain.stock import Goods, Instruction, Issue, Receipt, Release, Reservation, Source

Fields = dict[str, Any]


def kind_of(it: Instruction) -> str:
    return type(it).__name__.lower()


def text_of(it: Instruction) -> str:
    return json.dumps(asdict(it), default=datetime.isoformat)


def instruction_of(kind: str, text: str) -> Instruction:
    """Raises KeyError for a kind that only a newer version of the service writes."""
    return READ[kind](json.loads(text))


def goods_of(listed: Iterable[tuple[str, str, int, int]]) -> tuple[Goods, ...]:
    return tuple(Goods(*it) for it in listed)


def moved(fields: Fields) -> Fields:
    return fields | {
        "goods": goods_of(fields["goods"]),
        "occurred_at": datetime.fromisoformat(fields["occurred_at"]),
    }


def released(fields: Fields) -> Release:
    return Release(**fields | {"line_ids": tuple(fields["line_ids"])})


def sourced(fields: Fields) -> Source:
    reservation = Reservation(*fields["reservation"])
    excluded = tuple(reservation.excluded_location_ids)
    return Source(
        reservation._replace(goods=goods_of(reservation.goods), excluded_location_ids=excluded),
        fields["cause"],
    )


READ: Mapping[str, Callable[[Fields], Instruction]] = {
    "issue": lambda fields: Issue(**moved(fields)),
    "receipt": lambda fields: Receipt(**moved(fields)),
    "release": released,
    "source": sourced,
}
