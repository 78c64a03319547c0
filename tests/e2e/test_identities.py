"""Who cannot call: outsiders, strangers of another authority or trust domain, services without business."""

import shutil
from datetime import UTC, datetime

import grpc
import pytest

from libs.identity import issue_certificate, make_development_ca
from libs.protos import timestamp_to_proto
from libs.rpc import open_channel, refusal_of
from retailmesh.inventory.v1 import inventory_service_pb2
from retailmesh.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.order.v1.order_service_pb2_grpc import OrderServiceStub
from tests.builders.orders_told import details

pytestmark = pytest.mark.e2e

SERVING = ("order", "inventory", "master_data")
SECONDS = 5.0


@pytest.fixture(scope="module")
def mesh_services():
    return ["order"]


def an_order():
    return order_service_pb2.PlaceOrderRequest(
        request_id="1", order=details(placed_at=timestamp_to_proto(datetime(2026, 6, 1, tzinfo=UTC)))
    )


async def code_of(channel, request=None):
    """With which status the call of a channel ends."""
    async with channel:
        try:
            await OrderServiceStub(channel).PlaceOrder(request or an_order(), timeout=SECONDS)
        except grpc.aio.AioRpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def channel_with(mesh, service, tls, workload=""):
    """A channel that trusts the mesh and shows the certificate of a workload in ``tls``, or none."""
    own = [(tls / f"{workload}.{kind}").read_bytes() for kind in ("key", "pem")] if workload else []
    credentials = grpc.ssl_channel_credentials((mesh.home["tls"] / "ca.pem").read_bytes(), *own)
    options = [("grpc.ssl_target_name_override", service)]
    return grpc.aio.secure_channel(mesh.address(service), credentials, options)


@pytest.mark.parametrize("service", SERVING)
async def test_an_outsider_without_a_certificate_is_not_let_in(mesh, service):
    assert await code_of(channel_with(mesh, service, mesh.home["tls"])) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("service", SERVING)
async def test_an_outsider_without_encryption_is_not_let_in(mesh, service):
    channel = grpc.aio.insecure_channel(mesh.address(service))
    assert await code_of(channel) is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_of_another_authority_is_refused_whatever_it_says(mesh, tmp_path):
    make_development_ca(tmp_path)
    issue_certificate(tmp_path, "channel_gateway")
    channel = channel_with(mesh, "order", tmp_path, "channel_gateway")
    assert await code_of(channel) is grpc.StatusCode.UNAVAILABLE


async def test_a_workload_of_another_trust_domain_may_call_nothing(mesh, tmp_path):
    for name in ("ca.pem", "ca.key"):
        shutil.copy(mesh.home["tls"] / name, tmp_path)
    issue_certificate(tmp_path, "channel_gateway", trust_domain="elsewhere.example")
    channel = channel_with(mesh, "order", tmp_path, "channel_gateway")
    assert await code_of(channel) is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("workload", ["sandbox", "inventory", "erp_gateway", "reconciliation"])
async def test_a_service_without_business_there_cannot_place_orders(mesh, workload):
    async with mesh.channel("order", workload) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await OrderServiceStub(channel).PlaceOrder(an_order())
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    refusal = refusal_of(refused.value)
    assert refusal.reason == "ERROR_REASON_CALLER_NOT_ALLOWED"
    assert refusal.metadata["caller"] == workload


async def test_an_operator_cannot_move_stock_behind_the_order_service(mesh):
    async with mesh.channel("inventory") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await InventoryServiceStub(channel).ReserveStock(inventory_service_pb2.ReserveStockRequest())
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_refused_call_leaves_nothing_behind(mesh):
    async with mesh.channel("order") as channel:
        listed = await OrderServiceStub(channel).ListOrders(order_service_pb2.ListOrdersRequest())
    assert list(listed.orders) == []


async def test_a_service_that_pretends_to_be_another_is_not_spoken_to(mesh):
    settings = mesh.settings()
    astray = settings.model_copy(update={"peers": {"order": mesh.address("inventory")}})
    reference = order_pb2.OrderReference(order_id="00000000-0000-4000-8000-000000000001")
    async with open_channel(astray, "order") as channel:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await OrderServiceStub(channel).GetOrder(
                order_service_pb2.GetOrderRequest(order=reference), timeout=SECONDS
            )
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
