import pytest
from google.protobuf.struct_pb2 import Struct

from libs.rpc.refusals import InvalidRequest
from libs.rpc.validation import check
from retailmesh.inventory.v1 import inventory_service_pb2


def test_a_message_without_rules_is_valid() -> None:
    check(Struct())


def test_a_violation_names_the_path_from_the_request() -> None:
    request = inventory_service_pb2.ReserveStockRequest()
    request.reservations.add().lines.add()
    with pytest.raises(InvalidRequest) as refused:
        check(request)
    paths = {violation.field for violation in refused.value.violations}
    assert "reservations[0].request_id" in paths
    assert "reservations[0].lines[0].sku" in paths
    assert refused.value.field == refused.value.violations[0].field
