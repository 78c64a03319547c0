"""The five upserts of master data have one shape; tests of that shape run over this table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from google.protobuf.message import Message

from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from tests.builders.master_data import a_customer, a_location, a_price, a_product, a_promotion


@dataclass(frozen=True)
class Upsert:
    """One upsert RPC with three resources to send: the first, the same one changed, and another."""

    rpc: str
    field: str
    first: Message
    changed: Message
    other: Message

    def request(self, *resources: Message, request_id: str = "") -> Any:
        kind: Callable[..., Any] = getattr(pb, f"{self.rpc}Request")
        return kind(**{"request_id": request_id or uuid4().hex, self.field: resources})

    async def send(self, stub: Any, *resources: Message, request_id: str = "") -> Any:
        return await getattr(stub, self.rpc)(self.request(*resources, request_id=request_id))


PRODUCTS = Upsert(
    "BatchUpsertProducts", "products", a_product("A"), a_product("A", title="New"), a_product("B")
)
PRICES = Upsert("BatchUpsertPrices", "prices", a_price("A"), a_price("A", "1.39"), a_price("B"))
PROMOTIONS = Upsert(
    "BatchUpsertPromotions", "promotions", a_promotion("P1"), a_promotion("P1", "New"), a_promotion("P2")
)
LOCATIONS = Upsert(
    "BatchUpsertLocations", "locations", a_location("S1"), a_location("S1", name="New"), a_location("S2")
)
CUSTOMERS = Upsert(
    "BatchUpsertCustomers", "customers", a_customer("C1"), a_customer("C1", "New"), a_customer("C2")
)

UPSERTS = [PRODUCTS, PRICES, PROMOTIONS, LOCATIONS, CUSTOMERS]
