from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from libs.intake import Message, State
from libs.refusals import InvalidField, Unavailable
from services.channel_gateway.adapters.shopify import read
from services.channel_gateway.application.apply_messages import apply_messages
from services.channel_gateway.application.ports import Patience, Surroundings
from tests.builders.shopify import LATER, LATEST, a_line, a_parcel, a_refund, an_order, body_of
from tests.builders.storefront_ports import FakeLedger, FakeMasterData, FakeOrders, refusal

NOW = datetime(2024, 4, 1, 20, tzinfo=UTC)
PATIENCE = Patience(
    for_order=timedelta(minutes=2), for_parcels=timedelta(seconds=15), for_state=timedelta(minutes=10)
)


class Gateway:
    """The use case on stand-ins of what is behind it."""

    def __init__(self):
        self.orders = FakeOrders()
        self.master_data = FakeMasterData()
        self.ledger = FakeLedger()
        self.around = Surroundings(
            read=read,
            orders=self.orders,
            master_data=self.master_data,
            ledger=self.ledger,
            patience=PATIENCE,
            at_once=4,
        )

    async def told(self, topic, content, *, age=0):
        """The outcome of one message that arrived ``age`` seconds ago."""
        (outcome,) = await self.apply(message(topic, content, age))
        return outcome

    async def apply(self, *messages):
        return await apply_messages(self.around, messages, NOW)

    @property
    def commands(self):
        return [command[0] for command in self.orders.told]


def message(topic, content, age=0):
    body = content if isinstance(content, bytes) else body_of(content)
    number = content.get("order_id", content["id"]) if isinstance(content, dict) else "?"
    return Message(
        message_id=uuid4(),
        sender="demo",
        topic=topic,
        business_key=f"shopify:demo/{number}",
        headers={},
        body=body,
        received_at=NOW - timedelta(seconds=age),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
        state=State.RECEIVED,
        attempts=0,
        failures=0,
        resubmitted=False,
    )


@pytest.fixture
def gateway():
    return Gateway()


async def test_new_orders_are_placed_together_in_their_own_traces(gateway):
    gateway.master_data.skus = {"701": "A-1"}
    outcomes = await gateway.apply(*(message("orders/create", an_order(5000 + n)) for n in range(3)))
    assert [outcome.order_id for outcome in outcomes] == ["order-5000", "order-5001", "order-5002"]
    assert all(outcome.state is State.APPLIED for outcome in outcomes)
    assert (gateway.orders.batches, gateway.master_data.asked) == ([3], [2])
    assert gateway.orders.placed["5001"].traceparent.startswith("00-0af7651916cd43dd")
    assert list(gateway.orders.skus.values()) == ["A-1"]


async def test_a_message_applied_again_after_a_crash_changes_nothing(gateway):
    await gateway.told("orders/create", an_order(fulfillments=[a_parcel()]))
    again = await gateway.told("orders/create", an_order(fulfillments=[a_parcel()]))
    assert (again.state, again.reason, again.order_id) == (State.IGNORED, "already_placed", "order-5001")
    assert gateway.commands == ["place", "ship"]


async def test_a_crash_before_the_ledger_was_written_repeats_the_same_commands(gateway):
    first = message("orders/create", an_order(fulfillments=[a_parcel()]))
    await gateway.apply(first)
    gateway.ledger.known.clear()
    (outcome,) = await gateway.apply(first)
    assert outcome.state is State.APPLIED
    assert gateway.commands == ["place", "ship", "place", "ship"]


async def test_an_update_before_its_order_waits_for_it(gateway):
    outcome = await gateway.told("orders/updated", an_order(updated_at=LATER), age=5)
    assert (outcome.state, outcome.reason) == (State.WAITING, "order_not_seen")
    assert outcome.waits_for == "shopify:demo/5001"
    await gateway.told("orders/create", an_order())
    outcome = await gateway.told("orders/updated", an_order(updated_at=LATER), age=6)
    assert outcome.state is State.APPLIED
    assert gateway.commands == ["place", "update"]


@pytest.mark.parametrize("topic", ["orders/updated", "orders/cancelled", "orders/paid"])
async def test_a_later_state_places_an_order_whose_first_message_never_came(gateway, topic):
    outcome = await gateway.told(topic, an_order(updated_at=LATER, fulfillments=[a_parcel()]), age=200)
    assert outcome.state is State.APPLIED
    assert gateway.commands == ["place", "ship"]
    late = await gateway.told("orders/create", an_order())
    assert (late.state, late.reason) == (State.IGNORED, "already_placed")


async def test_an_older_state_is_stale(gateway):
    await gateway.told("orders/create", an_order())
    await gateway.told("orders/updated", an_order(updated_at=LATEST, fulfillments=[a_parcel()]))
    outcome = await gateway.told("orders/updated", an_order(updated_at=LATER))
    assert (outcome.state, outcome.reason, outcome.order_id) == (State.IGNORED, "stale", "order-5001")
    assert gateway.commands == ["place", "update", "ship"]


async def test_each_parcel_is_told_once_with_its_location(gateway):
    await gateway.told("orders/create", an_order(line_items=[a_line(1), a_line(2)]))
    first, second = a_parcel(81), a_parcel(82, line=2)
    await gateway.told("orders/updated", an_order(updated_at=LATER, fulfillments=[first]))
    await gateway.told("orders/updated", an_order(updated_at=LATEST, fulfillments=[first, second]))
    again = await gateway.told("fulfillments/create", second)
    assert (again.state, again.reason) == (State.IGNORED, "already_recorded")
    ships = [command for command in gateway.orders.told if command[0] == "ship"]
    assert ships == [("ship", "5001", "81", "W01"), ("ship", "5001", "82", "W01")]


async def test_a_parcel_may_come_alone(gateway):
    await gateway.told("orders/create", an_order())
    outcome = await gateway.told("fulfillments/create", a_parcel())
    assert outcome.state is State.APPLIED
    assert gateway.commands == ["place", "ship"]


async def test_a_parcel_that_never_left_is_ignored(gateway):
    await gateway.told("orders/create", an_order())
    outcome = await gateway.told("fulfillments/create", a_parcel(status="cancelled"))
    assert (outcome.state, outcome.reason) == (State.IGNORED, "nothing_sent")


async def test_a_refund_is_told_once_by_whichever_message_comes_first(gateway):
    await gateway.told("orders/create", an_order(fulfillments=[a_parcel()]))
    assert (await gateway.told("refunds/create", a_refund())).state is State.APPLIED
    await gateway.told(
        "orders/updated", an_order(updated_at=LATEST, fulfillments=[a_parcel()], refunds=[a_refund()])
    )
    backs = [command for command in gateway.orders.told if command[0] == "give back"]
    assert backs == [("give back", "5001", "91", "W01", "13.25", True)]


async def test_a_refund_waits_for_the_parcel_that_it_overtook(gateway):
    await gateway.told("orders/create", an_order())
    early = await gateway.told("refunds/create", a_refund(), age=1)
    assert (early.state, early.reason) == (State.WAITING, "parcels_not_seen")
    shipped = an_order(updated_at=LATER, fulfillments=[a_parcel()])
    sent = await gateway.told("orders/updated", shipped)
    assert "shopify:demo/5001" in sent.documents
    assert (await gateway.told("refunds/create", a_refund(), age=2)).state is State.APPLIED
    assert gateway.commands == ["place", "update", "ship", "give back"]


async def test_a_refund_waits_no_longer_than_it_is_told_to(gateway):
    await gateway.told("orders/create", an_order())
    assert (await gateway.told("refunds/create", a_refund(), age=16)).state is State.APPLIED


async def test_goods_that_never_left_are_refunded_at_once(gateway):
    await gateway.told("orders/create", an_order())
    assert (await gateway.told("refunds/create", a_refund(restock="cancel"))).state is State.APPLIED


async def test_a_cancellation_and_its_refund_are_told_in_order(gateway):
    await gateway.told("orders/create", an_order())
    cancelled = an_order(
        updated_at=LATEST, cancelled_at=LATEST, cancel_reason="fraud", refunds=[a_refund(restock="cancel")]
    )
    assert (await gateway.told("orders/cancelled", cancelled)).state is State.APPLIED
    again = await gateway.told("orders/cancelled", cancelled)
    assert again.state is State.APPLIED
    assert gateway.commands == ["place", "update", "give back", "cancel"]


async def test_a_refund_of_an_order_never_seen_is_recorded_without_it(gateway):
    gateway.master_data.skus = {"SKU-1": "A-1"}
    gateway.master_data.warehouse = "W05"
    waiting = await gateway.told("refunds/create", a_refund(), age=60)
    assert (waiting.state, waiting.reason) == (State.WAITING, "order_not_seen")
    outcome = await gateway.told("refunds/create", a_refund(), age=121)
    assert (outcome.state, outcome.order_id) == (State.APPLIED, "")
    assert gateway.orders.told == [("give back", "5001", "91", "W05", "13.25", False)]


async def test_a_parcel_of_an_order_never_seen_keeps_waiting(gateway):
    outcome = await gateway.told("fulfillments/create", a_parcel(), age=3600)
    assert (outcome.state, outcome.patience) == (State.WAITING, None)


async def test_a_body_that_cannot_be_read_goes_into_quarantine_with_its_problems(gateway):
    good, bad = message("orders/create", an_order()), message("orders/create", an_order(total_price="?"))
    outcomes = await gateway.apply(bad, good)
    assert [outcome.state for outcome in outcomes] == [State.QUARANTINED, State.APPLIED]
    assert [problem.field for problem in outcomes[0].problems] == ["total_price"]


@pytest.mark.parametrize("reason", ["STATE_FORBIDS", "REFUND_EXCEEDED", "QUANTITY_EXCEEDED", "ORDER_UNKNOWN"])
async def test_what_another_message_may_remedy_waits_for_it(gateway, reason):
    await gateway.told("orders/create", an_order())
    gateway.orders.refusals["ship"] = refusal(reason)
    outcome = await gateway.told("orders/updated", an_order(updated_at=LATER, fulfillments=[a_parcel()]))
    assert (outcome.state, outcome.reason) == (State.WAITING, reason.lower())
    assert outcome.patience == PATIENCE.for_state
    del gateway.orders.refusals["ship"]
    await gateway.told("orders/updated", an_order(updated_at=LATER, fulfillments=[a_parcel()]))
    assert gateway.commands == ["place", "update", "ship"]


async def test_other_refusals_set_the_message_aside(gateway):
    gateway.orders.refusals["place"] = refusal("CURRENCY_MIXED")
    outcome = await gateway.told("orders/create", an_order())
    assert (outcome.state, outcome.reason) == (State.QUARANTINED, "currency_mixed")


async def test_a_field_refused_behind_is_named(gateway):
    gateway.orders.refusals["place"] = InvalidField("too long", field="order.lines[0].title")
    outcome = await gateway.told("orders/create", an_order())
    assert outcome.state is State.QUARANTINED
    assert [(problem.field, problem.rule) for problem in outcome.problems] == [
        ("order.lines[0].title", "too long")
    ]


async def test_an_order_service_that_is_away_postpones(gateway):
    await gateway.told("orders/create", an_order())
    gateway.orders.refusals["update"] = Unavailable("away", retry_after_seconds=1.0)
    outcome = await gateway.told("orders/updated", an_order(updated_at=LATER))
    assert outcome.postponed


async def test_a_batch_that_cannot_be_placed_at_all_is_postponed_by_the_worker(gateway):
    gateway.orders.refusals["place"] = Unavailable("away", whole="yes")
    with pytest.raises(Unavailable):
        await gateway.told("orders/create", an_order())


async def test_a_document_recorded_before_with_other_content_counts_as_told(gateway):
    await gateway.told("orders/create", an_order())
    gateway.orders.refusals["ship"] = refusal("DOCUMENT_DIFFERS")
    outcome = await gateway.told("orders/updated", an_order(updated_at=LATER, fulfillments=[a_parcel()]))
    assert outcome.state is State.APPLIED


async def test_a_test_order_is_recorded_and_nothing_is_shipped_for_it(gateway):
    gateway.orders.refuses_delivery = True
    outcome = await gateway.told("orders/create", an_order(test=True, fulfillments=[a_parcel()]))
    assert outcome.state is State.APPLIED
    assert gateway.commands == ["place"]


async def test_a_line_that_nobody_knows_does_not_stop_its_order(gateway):
    outcome = await gateway.told("orders/create", an_order(line_items=[a_line(1, variant_id=None, sku="")]))
    assert outcome.state is State.APPLIED
