import json
from typing import Any

from libs.rpc.service_config import service_config
from retailmesh.order.v1 import order_service_pb2

SERVICE = order_service_pb2.DESCRIPTOR.services_by_name["OrderService"]
GET = f"/{SERVICE.full_name}/GetOrder"


def config(*methods: str, attempts: int = 4) -> Any:
    return json.loads(service_config(methods, attempts))


def test_a_method_that_its_contract_declares_idempotent_is_repeated() -> None:
    (repeated,) = config(GET)["methodConfig"]
    assert repeated["name"] == [{"service": SERVICE.full_name, "method": "GetOrder"}]
    assert repeated["retryPolicy"]["maxAttempts"] == 4
    assert repeated["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]


def test_what_no_contract_describes_is_never_repeated() -> None:
    assert "methodConfig" not in config("/vendor.v1.Service/Do", "nonsense")


def test_one_attempt_means_no_repeating() -> None:
    assert "methodConfig" not in config(GET, attempts=1)


def test_calls_go_round_all_addresses_of_a_service() -> None:
    assert config()["loadBalancingConfig"] == [{"round_robin": {}}]
