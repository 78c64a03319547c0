"""Products of the Complete Journey data set, as far as its product file describes them."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from services.sandbox.adapters.gtin import in_store_gtin
from services.sandbox.adapters.package_size import grams_of
from services.sandbox.domain.dice import Dice
from services.sandbox.domain.trade import Basket, Product, Unit

CATALOGUE = Dice("complete-journey")
PREPAID = "-PREPAID"
TAXED = frozenset({"DRUG GM", "COSMETICS", "FLORAL", "SPIRITS", "MISCELLANEOUS", "RESTAURANT"})
GENERAL_TAX = 700
WITHOUT_BARCODE = frozenset({"PRODUCE", "FLORAL", "SALAD BAR", "FUEL", "MISCELLANEOUS"})
WITHOUT_STOCK = frozenset({"COUPON/MISC ITEMS", "COUPONS/STORE & MFG"})

Row = Mapping[str, Any]


def catalogue(baskets: Sequence[Basket], facts: Mapping[int, Row]) -> dict[str, Product]:
    """The products sold on the day, each at the price most often seen."""
    prices: dict[str, Counter[int]] = defaultdict(Counter)
    units: dict[str, Unit] = {}
    for line in (line for basket in baskets for line in basket.lines):
        prices[line.sku][line.unit_price] += 1
        units[line.sku] = line.unit
    return {
        sku: product_of(sku, facts[number], units[sku], usual(seen))
        for sku, seen in sorted(prices.items())
        if (number := int(sku.removesuffix(PREPAID))) in facts
    }


def usual(prices: Counter[int]) -> int:
    return min(prices, key=lambda price: (-prices[price], price))


def product_of(sku: str, facts: Row, unit: Unit, price: int) -> Product:
    category = str(facts["product_category"] or "")
    has_barcode = facts["department"] not in WITHOUT_BARCODE and not is_fuel(facts)
    prepaid = sku.endswith(PREPAID)
    return Product(
        sku=sku,
        title=title_of(facts["product_id"], facts) + (" prepaid" if prepaid else ""),
        category=" / ".join(part for part in (facts["department"], category) if part),
        brand=f"{facts['brand']} {facts['manufacturer_id']}",
        unit=unit,
        stocked=not prepaid and (is_fuel(facts) or category not in WITHOUT_STOCK),
        tax_class="general" if tax_rate(facts) else "untaxed",
        price=price,
        gtin=in_store_gtin(facts["product_id"]) if has_barcode else "",
        plu="" if has_barcode else sku,
        variant_id=CATALOGUE.identity("variant", sku),
        grams=grams_of(facts["package_size"] or ""),
    )


def title_of(number: int, facts: Row | None) -> str:
    if facts is None:
        return f"Item {number}"
    named = facts["product_type"] or facts["product_category"] or f"{facts['department']} item {number}"
    return " ".join(part for part in (str(named).title(), facts["package_size"]) if part)


def is_fuel(facts: Row | None) -> bool:
    return facts is not None and str(facts["product_type"]).startswith("GASOLINE")


def tax_rate(facts: Row | None) -> int:
    """Food and petrol carry no sales tax; everything else one rate, which the prices contain."""
    taxed = facts is not None and facts["department"] in TAXED and not is_fuel(facts)
    return GENERAL_TAX if taxed else 0
