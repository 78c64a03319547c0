"""Find the products that identifiers name."""

from collections.abc import Sequence

from services.master_data.application.ports import Store
from services.master_data.domain.identifiers import Identifier, key_of


async def resolve_identifiers(store: Store, identifiers: Sequence[Identifier]) -> list[str]:
    """The SKU of each identifier in the order asked, empty for one that names no product.

    An identifier that cannot be one of its scheme is merely unknown: what a till scans must never fail
    the lines beside it.
    """
    keys = [key_of(identifier) for identifier in identifiers]
    async with store.reading() as reads:
        holders = await reads.find_holders({key for key in keys if key})
    return [holders.get(key, "") if key else "" for key in keys]
