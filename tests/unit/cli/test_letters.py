"""Dead letters and quarantined messages in one form."""

from datetime import UTC, datetime

import pytest

from libs.messaging.deadletters import DeadLetter
from libs.stack import StackError
from services.cli.commands.deadletters import corrected_body
from services.cli.letters.letter import Letter, LetterId, Wanted, letter_of_event, letter_of_message
from tests.builders.orders_told import a_message

UUID = "00000000-0000-4000-8000-000000000001"


def a_letter(**given):
    usual = {
        "id": LetterId("event", "1"),
        "service": "erp_gateway",
        "consumer": "facts",
        "category": "bug",
        "reason": "KeyError: 'sku'",
        "type": "retailmesh.order.v1.OrderPlaced",
        "key": "order 1",
        "time": datetime(2026, 6, 1, tzinfo=UTC),
        "attempts": 5,
    }
    return Letter(**usual | given)


@pytest.mark.parametrize("text", ["event:12", f"channel:{UUID}", f"pos:{UUID}"])
def test_ids_tell_the_three_places_apart(text):
    assert str(LetterId.parse(text)) == text


@pytest.mark.parametrize("text", ["12", "event:", "event:x", "channel:12", f"erp:{UUID}", UUID, ""])
def test_an_id_of_no_place_is_refused(text):
    with pytest.raises(StackError, match="names no dead letter"):
        LetterId.parse(text)


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"service": "erp_gateway"},
        {"category": "bug", "key": "order 1"},
        {"type": "OrderPlaced"},
        {"type": "retailmesh.order.v1.OrderPlaced"},
        {"reason": "KeyError"},
    ],
)
def test_a_filter_takes_what_agrees_with_each_field(filters):
    assert Wanted(**filters).accepts(a_letter())


@pytest.mark.parametrize(
    "filters",
    [{"service": "order"}, {"category": "bug", "key": "order 2"}, {"type": "Placed"}, {"reason": "Value"}],
)
def test_a_filter_leaves_what_differs_in_one_field(filters):
    assert not Wanted(**filters).accepts(a_letter())


def test_an_event_keeps_its_class_headers_and_trace():
    event = DeadLetter(
        sequence=7,
        service="order",
        consumer="stock",
        category="invalid",
        reason="InvalidMessage: order_id",
        attempts=1,
        time=datetime(2026, 6, 1, tzinfo=UTC),
        subject="retail.inventory.v1.stock.displaced.p1",
        event_id="e",
        type="retailmesh.inventory.v1.ReservationDisplaced",
        key="k",
        headers={"ce-id": "e", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"},
        payload=b"body",
    )
    letter = letter_of_event(event)
    assert (str(letter.id), letter.category, letter.trace_id) == ("event:7", "invalid", "a" * 32)
    assert (letter.body, dict(letter.headers)["ce-id"]) == (b"body", "e")


def test_a_quarantined_message_names_its_gateway_and_the_rules_it_breaks():
    message = a_message("QUARANTINED", reason="invalid")
    message.problems.add(field="total_price", rule="is required")
    letter = letter_of_message("channel", message)
    assert str(letter.id) == f"channel:{UUID}"
    assert (letter.service, letter.category, letter.key) == (
        "channel_gateway",
        "quarantined",
        "shopify:main/1001",
    )
    assert letter.described()["problems"] == [{"field": "total_price", "rule": "is required"}]


def test_a_description_holds_no_body():
    assert "body" not in letter_of_message("pos", a_message("QUARANTINED", body=b"secret")).described()


def test_a_corrected_body_is_for_one_message_alone(tmp_path):
    body = tmp_path / "body.json"
    body.write_bytes(b"{}")
    one = LetterId("channel", UUID)
    assert corrected_body(body, [one]) == b"{}"
    for ids in ([one, one], [LetterId("event", "1")], []):
        with pytest.raises(StackError, match="corrects one quarantined message"):
            corrected_body(body, ids)


def test_an_empty_corrected_body_is_a_mistake(tmp_path):
    body = tmp_path / "body.json"
    body.touch()
    with pytest.raises(StackError, match="is empty"):
        corrected_body(body, [LetterId("channel", UUID)])
