"""Give back what orders had reserved."""

from collections.abc import Sequence

from services.inventory.application._carry_out import Clock, Result, carry_out
from services.inventory.application._load import load_orders
from services.inventory.application.ports import Atlas, Call, Store

RPC = "ReleaseStock"


async def release_stock(store: Store, atlas: Atlas, calls: Sequence[Call], *, clock: Clock) -> list[Result]:
    """Answer each call with what was given back; releasing what is no longer reserved changes nothing."""
    return await carry_out(store, calls, rpc=RPC, load=load_orders(await atlas.places()), clock=clock)
