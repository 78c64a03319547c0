from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from libs.intake import Message, State
from libs.refusals import Unavailable
from services.pos_gateway.adapters.poslog import read_one
from services.pos_gateway.adapters.split_file import split_file
from services.pos_gateway.application.apply_messages import apply_messages
from services.pos_gateway.application.ports import Surroundings
from services.pos_gateway.domain.receipts import Kind
from tests.builders.poslog import (
    a_bomb,
    a_control,
    a_correction,
    a_file,
    a_link,
    a_receipt,
    a_return,
    a_sale,
    a_sold,
    a_tender,
    an_acs_line,
    an_acs_receipt,
    an_acs_tender,
)
from tests.builders.storefront_ports import refusal
from tests.builders.till_ports import FakeCatalogue, FakeInventory, FakeJournal, FakeTillOrders

NOW = datetime(2024, 4, 1, 20, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


class Gateway:
    """The use case on stand-ins of what is behind it."""

    def __init__(self):
        self.orders = FakeTillOrders()
        self.inventory = FakeInventory()
        self.catalogue = FakeCatalogue()
        self.journal = FakeJournal()
        self.around = Surroundings(
            split=split_file,
            read=read_one,
            orders=self.orders,
            inventory=self.inventory,
            master_data=self.catalogue,
            journal=self.journal,
            original_wait=timedelta(hours=2),
            at_once=4,
        )

    async def apply(self, *transactions, age=0):
        messages = [message("poslog/transaction", a_file(one), age) for one in transactions]
        return await apply_messages(self.around, messages, NOW)

    async def file(self, body):
        (outcome,) = await apply_messages(self.around, [message("poslog", body)], NOW)
        return outcome


def message(topic, body, age=0):
    return Message(
        message_id=uuid4(),
        sender="300/30001",
        topic=topic,
        business_key="a document",
        headers={},
        body=body,
        received_at=NOW - timedelta(seconds=age),
        traceparent=TRACE,
        state=State.RECEIVED,
        attempts=0,
        failures=0,
        resubmitted=False,
    )


@pytest.fixture
def gateway():
    return Gateway()


async def test_a_file_becomes_a_message_for_each_transaction(gateway):
    outcome = await gateway.file(a_file(a_control(), a_sale("17"), a_return("18")))
    assert outcome.state is State.APPLIED
    assert [one.business_key for one in outcome.contains] == [
        "300/30001/2024-04-01/16",
        "300/30001/2024-04-01/17",
        "300/30001/2024-04-01/18",
    ]
    assert {one.traceparent for one in outcome.contains} == {TRACE}
    assert all(one.state is State.RECEIVED and one.sets_aside_changes for one in outcome.contains)


async def test_a_file_taken_apart_twice_makes_the_same_messages():
    file = message("poslog", a_file(a_sale("17"), a_sale("18")))
    assert [one.message_id for one in split_file(file)] == [one.message_id for one in split_file(file)]


async def test_a_transaction_without_a_name_goes_into_quarantine_alone(gateway):
    nameless = a_sale().replace("<SequenceNumber>17</SequenceNumber>", "")
    first, second = (await gateway.file(a_file(nameless, a_sale("18")))).contains
    assert (first.state, [problem.field for problem in first.problems]) == (
        State.QUARANTINED,
        ["SequenceNumber"],
    )
    assert second.state is State.RECEIVED


async def test_a_transaction_of_another_store_goes_into_quarantine_alone(gateway):
    first, second = (await gateway.file(a_file(a_sale(store="999"), a_sale("18")))).contains
    assert (first.state, first.problems[0].field) == (State.QUARANTINED, "BusinessUnit/UnitID")
    assert second.state is State.RECEIVED


async def test_a_file_that_became_unreadable_is_set_aside(gateway):
    assert (await gateway.file(a_bomb())).state is State.QUARANTINED


async def test_sales_are_recorded_together(gateway):
    gateway.catalogue.skus = {"4025929673704": "PONCHO"}
    outcomes = await gateway.apply(a_sale("17"), a_sale("18"), a_sale("19"))
    assert [(one.state, one.order_id) for one in outcomes] == [
        (State.APPLIED, "order-17"),
        (State.APPLIED, "order-18"),
        (State.APPLIED, "order-19"),
    ]
    assert gateway.orders.batches == [3]
    assert set(gateway.orders.skus.values()) == {"PONCHO"}
    assert gateway.journal.taken[next(iter(gateway.journal.taken))].kind is Kind.SALE


async def test_control_transactions_are_kept_in_the_journal_and_lead_nowhere(gateway):
    (outcome,) = await gateway.apply(a_control())
    assert (outcome.state, outcome.reason) == (State.IGNORED, "valid_signon")
    (taken,) = gateway.journal.taken.values()
    assert (taken.kind, taken.total, taken.order_id) == (Kind.CONTROL, None, "")


async def test_one_invalid_transaction_does_not_hold_back_the_others(gateway):
    negative = a_receipt(a_sold(price="-2.99"), a_tender(), sequence="17")
    crooked = a_receipt(a_sold(), a_tender("9.990"), total="9.99", sequence="18")
    outcomes = await gateway.apply(negative, crooked, a_sale("19"))
    assert [(one.state, one.reason) for one in outcomes] == [
        (State.QUARANTINED, "invalid"),
        (State.QUARANTINED, "does_not_add_up"),
        (State.APPLIED, ""),
    ]
    assert [one.sequence for one in gateway.journal.taken] == ["19"]


async def test_a_return_with_its_receipt_is_linked(gateway):
    await gateway.apply(a_sale("16", till="30002"))
    (outcome,) = await gateway.apply(a_return(link=a_link("0016")))
    assert (outcome.state, outcome.order_id) == (State.APPLIED, "order-16")
    (command,) = gateway.orders.returns
    assert command.linked


async def test_a_return_waits_for_the_receipt_that_it_names(gateway):
    (outcome,) = await gateway.apply(a_return(link=a_link("0016")))
    assert (outcome.state, outcome.reason) == (State.WAITING, "original_not_seen")
    assert outcome.waits_for == "300/30002/2024-04-01/16"
    (sale,) = await gateway.apply(a_sale("0016", till="30002"))
    assert outcome.waits_for in sale.documents


async def test_a_return_whose_receipt_never_comes_is_recorded_without_it(gateway):
    (outcome,) = await gateway.apply(a_return(link=a_link("0016")), age=7200)
    assert (outcome.state, outcome.order_id) == (State.APPLIED, "")
    assert [command.linked for command in gateway.orders.returns] == [False]


async def test_a_return_without_a_link_is_recorded_at_once(gateway):
    (outcome,) = await gateway.apply(a_return())
    assert outcome.state is State.APPLIED
    (taken,) = gateway.journal.taken.values()
    assert (taken.kind, taken.total.text()) == (Kind.RETURN, "-2.99")


async def test_a_mixed_receipt_is_a_sale_and_a_return(gateway):
    lines = [a_sold(), a_sold("4711", number=2, quantity="-1", price="1.000", amount="1.000")]
    (outcome,) = await gateway.apply(a_receipt(*lines, a_tender("1.990"), total="1.99"))
    assert (outcome.state, outcome.order_id) == (State.APPLIED, "order-17")
    assert len(gateway.orders.returns) == 1


async def test_a_mixed_receipt_whose_return_waits_is_recorded_once_in_the_end(gateway):
    lines = [a_sold(), a_sold("4711", number=2, quantity="-1", price="1", amount="1", inside=a_link("16"))]
    mixed = a_receipt(*lines, a_tender("1.990"), total="1.99")
    (waiting,) = await gateway.apply(mixed)
    assert waiting.state is State.WAITING
    await gateway.apply(a_sale("16", till="30002"))
    (outcome,) = await gateway.apply(mixed)
    assert (outcome.state, outcome.order_id) == (State.APPLIED, "order-17")
    assert len(gateway.orders.returns) == 1


async def test_the_wall_clock_of_a_store_is_its_own(gateway):
    gateway.catalogue.store_zones = {"9": ZoneInfo("America/New_York")}
    await gateway.apply(an_acs_receipt(an_acs_line(), an_acs_tender("1.26"), total="1.26"))
    (taken,) = gateway.journal.taken.values()
    assert taken.at.astimezone(UTC) == datetime(2024, 4, 2, 3, 30, tzinfo=UTC)


async def test_a_sale_of_an_unknown_product_is_recorded_for_a_person_to_resolve(gateway):
    (outcome,) = await gateway.apply(a_sale())
    assert outcome.state is State.APPLIED
    assert gateway.orders.skus == {}


async def test_corrections_of_stock_go_to_inventory(gateway):
    gateway.catalogue.skus = {"85123A": "85123A", "M": "M"}
    (outcome,) = await gateway.apply(a_correction(("85123A", "-3"), ("M", "2")))
    assert outcome.state is State.APPLIED
    (command,) = gateway.inventory.changes
    assert [change.milli for change in command.document.changes] == [-3000, 2000]
    (taken,) = gateway.journal.taken.values()
    assert taken.kind is Kind.STOCK


async def test_stock_of_an_unknown_product_is_set_aside_with_its_line(gateway):
    gateway.catalogue.skus = {"85123A": "85123A"}
    (outcome,) = await gateway.apply(a_correction(("85123A", "-3"), ("M", "2")))
    assert (outcome.state, outcome.reason) == (State.QUARANTINED, "product_unknown")
    assert [problem.field for problem in outcome.problems] == [
        "InventoryControlTransaction/LineItem[2]/ItemID"
    ]
    assert gateway.inventory.changes == []


async def test_a_refusal_sets_the_transaction_aside_alone(gateway):
    gateway.orders.refusals["17"] = refusal("CURRENCY_MIXED")
    outcomes = await gateway.apply(a_sale("17"), a_sale("18"))
    assert [(one.state, one.reason) for one in outcomes] == [
        (State.QUARANTINED, "currency_mixed"),
        (State.APPLIED, ""),
    ]


async def test_an_inventory_that_is_away_postpones_the_correction_alone(gateway):
    gateway.catalogue.skus = {"M": "M"}
    gateway.inventory.refusal = Unavailable("away", retry_after_seconds=1.0)
    correction, sale = await gateway.apply(a_correction(("M", "2")), a_sale("18"))
    assert correction.postponed
    assert sale.state is State.APPLIED
