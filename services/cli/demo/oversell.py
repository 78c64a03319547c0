"""A second opinion on overselling: the ledger summed up anew, against what is kept back for orders."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from retailmesh.inventory.v1 import stock_pb2
from services.cli.demo.books import Books

OPEN = (stock_pb2.RESERVATION_STATE_TENTATIVE, stock_pb2.RESERVATION_STATE_FIRM)
ON_HAND = stock_pb2.STOCK_BUCKET_ON_HAND

Place = tuple[str, str]
"""A SKU at a location."""


def oversold_units(books: Books) -> int:
    """Units promised or gone beyond what the ledger says was there, rounded up to whole units."""
    return missing_units(on_hand(books.movements), reserved(books.reservations))


def missing_units(there: Mapping[Place, int], wanted: Mapping[Place, int]) -> int:
    """What is missing at each place, in whole units; both mappings are in thousandths."""
    missing = (max(0, wanted.get(place, 0) - there.get(place, 0)) for place in there.keys() | wanted.keys())
    return sum(-(-milli // 1000) for milli in missing)


def on_hand(movements: Iterable[stock_pb2.StockMovement]) -> dict[Place, int]:
    """What is on the shelves by the ledger alone."""
    found: defaultdict[Place, int] = defaultdict(int)
    for movement in movements:
        place = (movement.sku, movement.location_id)
        direction = (movement.to_bucket == ON_HAND) - (movement.from_bucket == ON_HAND)
        found[place] += movement.quantity.milli * direction
    return dict(found)


def reserved(reservations: Iterable[stock_pb2.Reservation]) -> dict[Place, int]:
    found: defaultdict[Place, int] = defaultdict(int)
    for one in reservations:
        if one.state in OPEN:
            found[one.sku, one.location_id] += one.quantity.milli
    return dict(found)
