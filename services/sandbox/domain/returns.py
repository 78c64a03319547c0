"""Goods brought back to a store on the day they were sold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from services.sandbox.domain.dice import Dice, per_mille_of
from services.sandbox.domain.places import Places
from services.sandbox.domain.trade import Basket, Line, Product, ReductionKind, Unit

LATEST = time(23, 50)


@dataclass(frozen=True, slots=True)
class StoreReturn:
    """``basket`` is the original sale with only the lines that came back."""

    store: str
    at: datetime
    basket: Basket
    with_receipt: bool


def returns_of(
    dice: Dice, sales: Sequence[Basket], places: Places, products: Mapping[str, Product], share: int
) -> list[StoreReturn]:
    """Whole lines of seeded sales: mostly to the store that sold them, mostly with the receipt."""
    eligible = [
        basket
        for basket in sales
        if basket.at < latest(basket) - timedelta(hours=1)
        and any(is_returnable(line, products) for line in basket.lines)
    ]
    chosen = dice.pick("return", eligible, lambda basket: basket.basket_id, per_mille_of(len(sales), share))
    return [store_return(dice, basket, places, products) for basket in chosen]


def store_return(dice: Dice, basket: Basket, places: Places, products: Mapping[str, Product]) -> StoreReturn:
    about = basket.basket_id
    lines = [line for line in basket.lines if is_returnable(line, products)]
    back = dice.pick("returned line", lines, lambda line: (about, line.position), 1 + len(lines) // 12)
    minutes = 30 + dice.number("return after", about, below=150)
    elsewhere = dice.chance("elsewhere", about, per_mille=200)
    store = dice.one_of(places.stores, "return to", about).number if elsewhere else basket.store
    return StoreReturn(
        store=store,
        at=min(basket.at + timedelta(minutes=minutes), latest(basket)),
        basket=replace(basket, lines=tuple(back)),
        with_receipt=dice.chance("receipt", about, per_mille=700),
    )


def latest(basket: Basket) -> datetime:
    """The last moment at which a store takes goods back on the day."""
    return datetime.combine(basket.at.date(), LATEST, basket.at.tzinfo)


def is_returnable(line: Line, products: Mapping[str, Product]) -> bool:
    """Pieces of the catalogue that were paid for without a coupon, so that the refund is the line's net."""
    product = products.get(line.sku)
    return (
        product is not None
        and product.stocked
        and line.unit is Unit.PIECE
        and line.net > 0
        and all(reduction.kind is ReductionKind.RETAIL for reduction in line.reductions)
    )
