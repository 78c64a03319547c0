from google.type.money_pb2 import Money

from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.type.v1 import intake_pb2, quantity_pb2
from services.cli.demo.books import Books
from services.cli.demo.facts import Fact, Whereabouts, find_facts, whereabouts
from services.cli.demo.oversell import missing_units, oversold_units

STORE, TILL, DAY = "367", "36701", "2017-12-23"
RECEIPT = f"{TILL}-{DAY}-17"
ON_HAND, CUSTOMER = stock_pb2.STOCK_BUCKET_ON_HAND, stock_pb2.STOCK_BUCKET_CUSTOMER


class Outside:
    """What the outside world tells, a page for each row."""

    def __init__(self, **parts):
        self.parts = parts

    async def truth(self, part):
        for row in self.parts.get(part.replace("-", "_"), []):
            yield [row]


def dollars(units):
    return Money(currency_code="USD", units=units)


def books(**given):
    names = ("orders", "returns", "unlinked_returns", "reservations", "movements", "quarantined")
    return Books(**{**dict.fromkeys(names, ()), **given})


def an_order(number, units):
    return order_service_pb2.OrderSummary(channel_order_id=number, total=dollars(units))


def a_return(name, units):
    return order_pb2.Return(return_id=name, amount=dollars(units))


def a_movement(cause, milli, source=CUSTOMER, target=ON_HAND, reference="D-1"):
    return stock_pb2.StockMovement(
        sku="A",
        location_id="W1",
        from_bucket=source,
        to_bucket=target,
        quantity=quantity_pb2.Quantity(milli=milli),
        cause=cause,
        source_reference=reference,
    )


def storefront_order(number, total, refunds=()):
    return {"order_id": number, "total": total, "currency": "USD", "refunds": list(refunds)}


def a_refund(number, total, order="7"):
    return {"refund_id": number, "order_id": order, "total": total, "currency": "USD"}


def a_receipt(kind, total, sequence=17):
    return {
        "store": STORE,
        "workstation": TILL,
        "sequence": sequence,
        "business_date": DAY,
        "type": kind,
        "total": total,
        "currency": "USD",
    }


def test_a_fact_is_in_the_mesh_in_quarantine_or_lost():
    facts = [Fact("1", "5.00 USD", "1"), Fact("2", "5.00 USD", "m2"), Fact("3", "5.00 USD", "3")]
    found = whereabouts(facts, {"1": "5.00 USD"}, frozenset({"m2"}))
    assert found == Whereabouts(told=3, known=1, set_aside=1, lost=("3",))


def test_a_fact_with_another_amount_is_lost():
    assert whereabouts([Fact("1", "5.00 USD", "1")], {"1": "5.01 USD"}, frozenset()).lost == ("1",)


async def test_orders_and_receipts_are_found_by_their_sources_numbers():
    outside = Outside(orders=[storefront_order("7", "12.00")], receipts=[a_receipt("sale", "3.00")])
    found = await find_facts(outside, books(orders=[an_order("7", 12), an_order(RECEIPT, 3)]))
    assert (found["storefront orders"].known, found["till sales"].known) == (1, 1)


async def test_a_refund_in_parts_is_one_refund():
    outside = Outside(orders=[storefront_order("7", "12.00", [a_refund("9", "4.00")])])
    parts = [a_return("9", 4), a_return("9@W1", 0)]
    found = await find_facts(outside, books(orders=[an_order("7", 12)], returns=parts))
    assert found["refunds of them"] == Whereabouts(1, 1, 0, ())


async def test_refunds_of_older_orders_are_looked_for_among_returns_without_an_order():
    outside = Outside(unmatched_refunds=[a_refund("9", "4.00"), a_refund("10", "4.00")])
    found = await find_facts(outside, books(unlinked_returns=[a_return("9", 4)]))
    assert found["refunds of older orders"] == Whereabouts(2, 1, 0, ("10",))


async def test_goods_brought_back_count_whether_their_receipt_was_known_or_not():
    outside = Outside(receipts=[a_receipt("return", "-2.00", 17), a_receipt("return", "-5.00", 18)])
    known = books(
        returns=[a_return(RECEIPT, 2)],
        unlinked_returns=[a_return(f"{TILL}-{DAY}-18", 1), a_return(f"{TILL}-{DAY}-18#2", 4)],
    )
    assert (await find_facts(outside, known))["goods brought back to stores"].known == 2


async def test_a_correction_is_a_movement_or_waits_for_a_person_who_knows_the_article():
    rows = [
        {"document": document, "quantity_milli": milli, "sku": sku, **a_receipt("correction", "0", number)}
        for document, milli, sku, number in (("D-1", -3000, "A", 1), ("D-2", 2000, "B", 2))
    ]
    moved = a_movement(stock_pb2.MOVEMENT_CAUSE_ADJUSTMENT, 3000, ON_HAND, CUSTOMER)
    waiting = intake_pb2.IntakeMessage(
        topic="poslog/transaction", business_key=f"{STORE}/{TILL}/{DAY}/2", reason="product_unknown"
    )
    found = await find_facts(Outside(corrections=rows), books(movements=[moved], quarantined=[waiting]))
    assert found["stock found or written off"] == Whereabouts(2, 1, 1, ())


def test_a_quarantined_webhook_is_known_by_the_number_of_its_order():
    message = intake_pb2.IntakeMessage(topic="orders/create", business_key="shopify:shop/7")
    assert books(quarantined=[message]).set_aside == {"7"}


def test_what_is_promised_beyond_the_ledger_is_oversold():
    there, wanted = {("A", "W1"): 2000, ("B", "W1"): 1000}, {("A", "W1"): 2500, ("C", "W1"): 1000}
    assert missing_units(there, wanted) == 2


def test_only_open_reservations_need_goods():
    def a_reservation(state):
        quantity = quantity_pb2.Quantity(milli=1000)
        return stock_pb2.Reservation(sku="A", location_id="W1", quantity=quantity, state=state)

    counted = a_movement(stock_pb2.MOVEMENT_CAUSE_COUNT, 1000)
    firm, gone = stock_pb2.RESERVATION_STATE_FIRM, stock_pb2.RESERVATION_STATE_CONSUMED
    promised = [a_reservation(firm), a_reservation(gone)]
    assert oversold_units(books(movements=[counted], reservations=promised)) == 0
    sold = a_movement(stock_pb2.MOVEMENT_CAUSE_SALE, 1000, ON_HAND, CUSTOMER)
    assert oversold_units(books(movements=[counted, sold], reservations=promised)) == 1
