"""How a day is planned. Shares are in thousandths."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    seed: str = "retailmesh"
    storefront_share: int = 100
    """Baskets that are storefront orders instead of till sales."""
    stores_per_warehouse: int = 20
    free_shipping_from: int = 35_000_000
    """Order value in micros from which shipping costs nothing."""
    shipping_fee: int = 5_950_000
    authorized_share: int = 150
    """Storefront orders that are paid only later."""
    unpaid_share: int = 150
    """Of those, the ones that are not paid on this day."""
    presentment_share: int = 60
    """Storefront orders shown to the buyer in another currency."""
    split_share: int = 250
    """Storefront orders of several lines of which the warehouse makes two parcels."""
    store_only_share: int = 25
    """Storefront lines whose goods a store keeps instead of the warehouse."""
    cancel_share: int = 70
    refund_share: int = 120
    """Shipped storefront orders of which something is paid back online."""
    return_share: int = 40
    """Till sales of which something is brought back to a store on the same day."""
    shortage_share: int = 30
    """Lines whose goods the opening stock lacks."""
    duplicate_share: int = 50
    late_share: int = 50
    malformed_each: int = 2
    """Malformed messages of each kind."""
