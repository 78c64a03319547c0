from typing import Any

import pytest

from libs.rpc.policies import REMEMBERED_CONNECTIONS, Callers, callers_by_method
from retailmesh.inventory.v1 import inventory_service_pb2

ORDER = b"spiffe://shop.example/service/order"


class Peer:
    """What gRPC tells of a connection; counts how often the costly part is asked."""

    def __init__(self, *names: bytes, spiffe: bytes | None, address: str = "ipv4:127.0.0.1:1") -> None:
        self.names, self.spiffe, self.address, self.asked = names, spiffe, address, 0

    def peer(self) -> str:
        return self.address

    def peer_identities(self) -> Any:
        return list(self.names) or None

    def auth_context(self) -> dict[str, list[bytes]]:
        self.asked += 1
        return {"peer_spiffe_id": [self.spiffe]} if self.spiffe else {}


def test_a_caller_is_recognised_once_for_each_connection() -> None:
    callers, peer = Callers("shop.example"), Peer(ORDER, b"order", spiffe=ORDER)
    assert [callers.workload(peer) for _ in range(3)] == ["order"] * 3
    assert peer.asked == 1
    assert callers.workload(Peer(ORDER, b"order", spiffe=ORDER, address="ipv4:127.0.0.1:2")) == "order"


@pytest.mark.parametrize(
    "peer",
    [
        Peer(spiffe=None),
        Peer(ORDER, spiffe=None),  # a name that reads like an identity and is none
        Peer(b"spiffe://other.example/service/order", spiffe=b"spiffe://other.example/service/order"),
        Peer(b"\xff", spiffe=b"\xff"),
    ],
)
def test_a_peer_without_an_identity_of_the_trust_domain_is_no_workload(peer: Peer) -> None:
    assert Callers("shop.example").workload(peer) == ""


def test_another_peer_on_a_reused_address_is_recognised_anew() -> None:
    callers = Callers("shop.example")
    assert callers.workload(Peer(ORDER, spiffe=ORDER)) == "order"
    erp = b"spiffe://shop.example/service/erp_gateway"
    assert callers.workload(Peer(erp, spiffe=erp)) == "erp_gateway"


def test_the_connections_remembered_are_bounded() -> None:
    callers = Callers("shop.example")
    for number in range(3 * REMEMBERED_CONNECTIONS):
        callers.workload(Peer(ORDER, spiffe=ORDER, address=f"ipv4:127.0.0.1:{number}"))
    assert len(callers._known) <= REMEMBERED_CONNECTIONS


def test_callers_are_read_from_the_contract() -> None:
    service = inventory_service_pb2.DESCRIPTOR.services_by_name["InventoryService"]
    allowed = callers_by_method([service])
    assert allowed["/retailmesh.inventory.v1.InventoryService/ReserveStock"] == {"order"}
    assert allowed["/grpc.health.v1.Health/Check"] == {"*"}
