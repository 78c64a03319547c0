import pytest

from retailmesh.order.v1 import error_reason_pb2, order_pb2
from services.order.domain.kinds import HoldReason, OrderKind, OrderState, RefusalReason
from services.order.domain.refusals import (
    ChannelOrderDiffers,
    CurrencyMixed,
    DocumentDiffers,
    DuplicateLine,
    LineUnknown,
    LocationMissing,
    LocationUnknown,
    OrderUnknown,
    ProductUnknown,
    QuantityExceeded,
    RefundExceeded,
    StaleUpdate,
    StateForbids,
)

REFUSALS = [
    ChannelOrderDiffers,
    CurrencyMixed,
    DocumentDiffers,
    DuplicateLine,
    LineUnknown,
    LocationMissing,
    LocationUnknown,
    OrderUnknown,
    ProductUnknown,
    QuantityExceeded,
    RefundExceeded,
    StaleUpdate,
    StateForbids,
]


@pytest.mark.parametrize(
    ("kind", "enum"),
    [
        (OrderKind, order_pb2.OrderKind),
        (OrderState, order_pb2.OrderState),
        (HoldReason, order_pb2.HoldReason),
        (RefusalReason, order_pb2.RefusalReason),
    ],
)
def test_the_domain_numbers_its_words_as_the_contract_does(kind, enum):
    prefix = enum.DESCRIPTOR.values_by_number[0].name.removesuffix("UNSPECIFIED")
    contract = {
        value.name.removeprefix(prefix): value.number for value in enum.DESCRIPTOR.values if value.number
    }
    assert {word.name: int(word) for word in kind} == contract


def test_every_reason_of_the_contract_is_a_refusal_of_the_domain():
    reasons = {
        name
        for name in error_reason_pb2.ErrorReason.DESCRIPTOR.values_by_name
        if not name.endswith("UNSPECIFIED")
    }
    assert {refusal.reason for refusal in REFUSALS} == reasons
