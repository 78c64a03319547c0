import grpc
import pytest

from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from tests.builders.master_data import a_customer, a_location, a_promotion
from tests.builders.master_data_upserts import CUSTOMERS, LOCATIONS, PROMOTIONS
from tests.builders.refused import refused


def as_written(read):
    read.ClearField("version")
    read.ClearField("changed_at")
    return read


async def test_a_customer_is_read_as_written(grpc_stub):
    await CUSTOMERS.send(grpc_stub, a_customer("C1"))
    answer = await grpc_stub.BatchGetCustomers(pb.BatchGetCustomersRequest(customer_ids=["C1"]))
    assert [as_written(customer) for customer in answer.customers] == [a_customer("C1")]


async def test_a_customer_without_contact_stays_without(grpc_stub):
    customer = a_customer("C1")
    customer.ClearField("contact")
    await CUSTOMERS.send(grpc_stub, customer)
    assert (await CUSTOMERS.send(grpc_stub, customer)).unchanged == 1
    answer = await grpc_stub.BatchGetCustomers(pb.BatchGetCustomersRequest(customer_ids=["C1"]))
    assert not answer.customers[0].HasField("contact")


async def test_customers_come_once_each_in_the_order_asked_and_unknown_ids_apart(grpc_stub):
    await CUSTOMERS.send(grpc_stub, a_customer("C1"), a_customer("C2"))
    request = pb.BatchGetCustomersRequest(customer_ids=["C9", "C2", "C1", "C2"])
    answer = await grpc_stub.BatchGetCustomers(request)
    assert [customer.customer_id for customer in answer.customers] == ["C2", "C1"]
    assert answer.unknown_customer_ids == ["C9"]


async def test_only_listed_workloads_may_read_customers(grpc_create_channel, grpc_stub_cls):
    stub = grpc_stub_cls(grpc_create_channel("pos_gateway"))
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED") as seen:
        await stub.BatchGetCustomers(pb.BatchGetCustomersRequest(customer_ids=["C1"]))
    assert seen.code is grpc.StatusCode.PERMISSION_DENIED


async def test_gateways_may_write_customers(grpc_create_channel, grpc_stub_cls):
    stub = grpc_stub_cls(grpc_create_channel("channel_gateway"))
    assert (await CUSTOMERS.send(stub, a_customer())).created == 1


async def test_a_promotion_is_read_as_written_and_unknown_ids_apart(grpc_stub):
    await PROMOTIONS.send(grpc_stub, a_promotion("P1"), a_promotion("P2"))
    request = pb.BatchGetPromotionsRequest(promotion_ids=["P9", "P2", "P1", "P2"])
    answer = await grpc_stub.BatchGetPromotions(request)
    assert list(answer.promotions) == [a_promotion("P2"), a_promotion("P1")]
    assert answer.unknown_promotion_ids == ["P9"]


async def test_a_location_is_read_as_written(grpc_stub):
    written = a_location("S1", gln="4012345000009", time_zone="Europe/Berlin", ships=False)
    await LOCATIONS.send(grpc_stub, written)
    answer = await grpc_stub.ListLocations(pb.ListLocationsRequest())
    assert [as_written(location) for location in answer.locations] == [written]


@pytest.mark.parametrize(
    ("upsert", "field", "resource"),
    [
        (CUSTOMERS, "customers[0].customer_id", a_customer("")),
        (CUSTOMERS, "customers[0].contact.name", a_customer(name="x" * 256)),
        (PROMOTIONS, "promotions[0].promotion_id", a_promotion("")),
        (LOCATIONS, "locations[0].location_id", a_location("")),
        (LOCATIONS, "locations[0].kind", a_location(kind=0)),
        (LOCATIONS, "locations[0].name", a_location(name="")),
        (LOCATIONS, "locations[0].gln", a_location(gln="123")),
    ],
)
async def test_what_breaks_its_contract_is_invalid(grpc_stub, upsert, field, resource):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await upsert.send(grpc_stub, resource)
    assert seen.field == field


@pytest.mark.parametrize("rpc", ["BatchGetCustomers", "BatchGetPromotions"])
async def test_one_to_a_thousand_ids_can_be_asked_for(grpc_stub, rpc):
    request = getattr(pb, f"{rpc}Request")
    field = request.DESCRIPTOR.fields[0].name
    for ids in ([], [""], ["x"] * 1001):
        with refused("ERROR_REASON_INVALID_FIELD"):
            await getattr(grpc_stub, rpc)(request(**{field: ids}))
