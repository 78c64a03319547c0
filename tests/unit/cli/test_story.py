"""What the systems say of an order becomes one story."""

import json
from datetime import timedelta
from io import StringIO

from rich.console import Console

from libs.messaging.deadletters import DeadLetter
from libs.protos import timestamp_to_proto
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2
from services.cli.story.gathering import Sources
from services.cli.story.screen import show_story
from services.cli.story.telling import tell
from tests.builders.orders_told import (
    BOUGHT,
    ORDER_ID,
    TRACE_ID,
    a_call,
    a_line,
    a_message,
    a_posting,
    a_step,
    after,
    allocated,
    an_order,
    details,
    dollars,
    pieces,
    recorded,
    reserved,
)


def story_of(order=None, **given):
    return tell("shopify:main/1001", Sources(order=order or an_order(), **given))


def shown(story):
    console = Console(file=StringIO(), width=160, highlight=False, markup=False)
    show_story(console, story)
    return console.file.getvalue()


def test_the_time_line_is_in_the_order_of_the_instants_over_all_systems():
    story = story_of(
        history=[recorded()],
        messages={"channel_gateway": [a_message()]},
        postings=[
            (a_posting("POSTED", a_step(), posted_at=timestamp_to_proto(after(400))), [a_call()]),
        ],
    )
    told = [(entry.system, entry.kind) for entry in story.timeline]
    assert told == [
        ("shopify:main", "bought"),
        ("channel_gateway", "message"),
        ("order", "OrderPlaced"),
        ("erp_gateway", "posting"),
        ("ERP", "call"),
        ("erp_gateway", "step"),
        ("erp_gateway", "posting"),
    ]


def test_durations_and_lags_say_what_they_measure():
    posted = a_posting(posted_at=timestamp_to_proto(after(2500)))
    story = story_of(history=[recorded()], postings=[(posted, [a_call(took=35)])])
    measured = {entry.kind: (entry.measure, entry.seconds) for entry in story.timeline if entry.measure}
    assert measured == {
        "OrderPlaced": ("published after", 0.005),
        "call": ("took", 0.035),
        "posting": ("after the fact", 2.4),
    }


def test_an_event_that_no_broker_has_yet_is_trouble():
    unpublished = recorded()
    unpublished.ClearField("published_at")
    entry = story_of(history=[unpublished]).timeline[-1]
    assert (entry.trouble, entry.measure, entry.seconds) == (True, "not published", None)


def test_the_header_counts_what_was_paid_and_given_back():
    refunded = order_pb2.Return(
        return_id="R1", amount=dollars("12.50"), returned_at=timestamp_to_proto(after(9000))
    )
    header = story_of(an_order(returns=[refunded, refunded])).header
    assert (header.total, header.paid, header.refunded) == ("26.50 USD", "26.50 USD", "25.00 USD")


def test_change_given_at_a_till_is_taken_off_what_was_paid():
    cash = order_pb2.Tender(tender_id="1", kind=order_pb2.TENDER_KIND_CASH, amount=dollars("30.00"))
    change = order_pb2.Tender(tender_id="2", kind=order_pb2.TENDER_KIND_CASH, amount=dollars("-3.50"))
    order = an_order(details=details(tenders=[cash, change]))
    assert story_of(order).header.paid == "26.50 USD"


def test_a_held_order_says_why():
    held = an_order(
        state=order_pb2.ORDER_STATE_HELD,
        hold_reasons=[order_pb2.HOLD_REASON_UNKNOWN_PRODUCT, order_pb2.HOLD_REASON_TOTALS_MISMATCH],
    )
    story = story_of(held)
    assert (story.header.state, story.header.hold_reasons) == ("held", ["unknown product", "totals mismatch"])
    assert "because of unknown product" in shown(story)


def test_a_line_shows_both_sides_of_each_promise():
    story = story_of(an_order(allocations=[allocated(2)]), reservations=[reserved(1), reserved(2, "S9")])
    [line] = story.lines
    assert [(it.location_id, it.allocated, it.reserved, it.state) for it in line.promises] == [
        ("W1", "2", "1", "firm"),
        ("S9", "", "2", "firm"),
    ]
    text = shown(story)
    assert "W1: 2, inventory has 1 firm" in text
    assert "S9: nothing, inventory has 2 firm" in text


def test_a_line_shows_what_waits_was_sent_and_came_back():
    parcel = order_pb2.Shipment(
        shipment_id="P1",
        location_id="W1",
        lines=[order_pb2.LineQuantity(line_id="L1", quantity=pieces(2))],
        shipped_at=timestamp_to_proto(after(5000)),
    )
    given = order_pb2.Return(
        return_id="R1",
        lines=[order_pb2.ReturnedLine(line_id="L1", quantity=pieces(1))],
        amount=dollars("12.50"),
        returned_at=timestamp_to_proto(after(9000)),
    )
    short = stock_pb2.Shortage(line_id="L1", sku="SKU-1", quantity=pieces(3))
    order = an_order(a_line(count=5), shipments=[parcel], returns=[given], shortages=[short])
    [line] = story_of(order).lines
    assert (line.quantity, line.waiting, line.sent, line.taken_back) == ("5", "3", "2", "1")


def test_sourcing_names_the_chosen_place_and_why_the_others_lost():
    explanation = stock_pb2.SourcingExplanation(
        rule="default@3",
        rejected=[
            stock_pb2.RejectedLocation(location_id="S1", cause=stock_pb2.REJECTION_CAUSE_OUTRANKED),
            stock_pb2.RejectedLocation(
                location_id="S2", line_id="L1", cause=stock_pb2.REJECTION_CAUSE_NO_STOCK
            ),
            stock_pb2.RejectedLocation(location_id="S3", cause=stock_pb2.REJECTION_CAUSE_OUTRANKED),
        ],
    )
    story = story_of(an_order(allocations=[allocated()], sourcing=explanation))
    assert (story.sourcing.rule, story.sourcing.chosen) == ("default@3", ["W1"])
    lost = {it.cause: (it.locations, it.lines) for it in story.sourcing.rejected}
    assert lost == {"outranked": (["S1", "S3"], []), "no stock": (["S2"], ["L1"])}
    text = shown(story)
    assert "outranked: S1, S3" in text
    assert "no stock: S2 (lines L1)" in text


def test_the_chosen_places_are_still_named_when_all_is_sent():
    explanation = stock_pb2.SourcingExplanation(rule="default@3")
    parcels = [order_pb2.Shipment(shipment_id=place, location_id=place) for place in ("W1", "S7")]
    assert story_of(an_order(shipments=parcels, sourcing=explanation)).sourcing.chosen == ["W1", "S7"]


def test_a_quarantined_message_tells_its_broken_rules():
    broken = a_message("QUARANTINED", reason="invalid", repeats=2)
    broken.problems.add(field="line_items[0].price", rule="must not be negative")
    entry = story_of(messages={"channel_gateway": [broken]}).timeline[-1]
    assert entry.what == "orders/create from demo.myshopify.com: quarantined (invalid), came 3 times"
    assert (entry.trouble, list(entry.details)) == (True, ["line_items[0].price: must not be negative"])


def test_a_lost_answer_of_the_erp_is_trouble_and_so_is_the_step_it_leaves_open():
    posting = a_posting("POSTING", a_step("HEADER", "UNKNOWN", last_error="no answer: TimeoutError"))
    story = story_of(postings=[(posting, [a_call(status=0, outcome="STEP_OUTCOME_UNKNOWN")])])
    call, step = story.timeline[-2:]
    assert call.what == "POST /orders → no answer (header unknown)"
    assert step.what == "step header: unknown"
    assert (call.trouble, step.trouble, list(step.details)) == (True, True, ["no answer: TimeoutError"])


def test_a_dead_letter_tells_how_to_look_at_it():
    letter = DeadLetter(
        sequence=12,
        service="erp_gateway",
        consumer="facts",
        category="bug",
        reason="KeyError: 'x'",
        attempts=5,
        time=after(3000),
        subject="retail.order.v1.order.placed.p1",
        event_id="1",
        type="retailmesh.order.v1.OrderPlaced",
        key=ORDER_ID,
        headers={"traceparent": f"00-{TRACE_ID}-b7ad6b7169203331-01"},
        payload=b"",
    )
    entry = story_of(letters=[letter]).timeline[-1]
    assert entry.what == "OrderPlaced given up by facts after 5 tries"
    assert entry.trace_id == TRACE_ID
    assert "retailmesh deadletters show event:12" in entry.details


def test_movements_stand_where_the_ledger_learned_of_them_with_their_delay():
    movement = stock_pb2.StockMovement(
        position=7,
        sku="SKU-1",
        location_id="W1",
        from_bucket=stock_pb2.STOCK_BUCKET_ON_HAND,
        to_bucket=stock_pb2.STOCK_BUCKET_CUSTOMER,
        quantity=pieces(2),
        cause=stock_pb2.MOVEMENT_CAUSE_SHIPMENT,
        occurred_at=timestamp_to_proto(BOUGHT),
        recorded_at=timestamp_to_proto(BOUGHT + timedelta(minutes=5)),
    )
    entry = story_of(movements=[movement]).timeline[-1]
    assert entry.what == "shipment: 2 × SKU-1 at W1, on hand → customer"
    assert (entry.at, entry.seconds) == (BOUGHT + timedelta(minutes=5), 300.0)
    assert "5 min 0 s after it happened" in shown(story_of(movements=[movement]))


def test_what_never_became_an_order_still_has_a_story():
    sources = Sources(messages={"channel_gateway": [a_message("WAITING", reason="order_not_seen")]})
    story = tell("shopify:main/1001", sources)
    assert story.header is None
    text = shown(story)
    assert "shopify:main/1001: no order was recorded; this is what came" in text
    assert "waiting (order not seen)" in text


def test_a_system_that_is_away_is_named():
    story = story_of(unreadable={"erp_gateway": "erp_gateway: no answer"})
    assert "erp_gateway could not be asked, its part is missing: erp_gateway: no answer" in shown(story)


def test_a_story_holds_no_personal_data():
    story = story_of(history=[recorded()], messages={"channel_gateway": [a_message()]})
    told = json.dumps(story.described()) + shown(story)
    assert "C-17" in told
    assert not any(secret in told for secret in ("Ada", "Abbott", "example.com", "+1555"))


def test_text_of_outsiders_is_shown_as_it_is():
    story = story_of(an_order(a_line(title="[bold]Soap[/bold] [link")))
    assert "[bold]Soap[/bold] [link" in shown(story)


def test_other_traces_of_the_order_are_listed_after_its_own():
    other = "1" * 32
    story = story_of(history=[recorded(), recorded("ReturnRecorded", 9000, trace_id=other)])
    assert story.trace_ids == [TRACE_ID, other]
    assert story.described()["trace_ids"] == [TRACE_ID, other]
    assert f"{other}  order: recorded as confirmed" in shown(story)
