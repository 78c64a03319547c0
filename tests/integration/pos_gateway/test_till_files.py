"""Files of tills over real HTTP into a real database, and on to the services behind."""

import asyncio

import pytest

from libs.refusals import Unavailable
from services.pos_gateway.domain.receipts import Kind
from tests.builders.polling import poll_until
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
    token,
)

FILE, TRANSACTION = "poslog", "poslog/transaction"


async def test_a_signed_file_is_stored_before_it_is_answered(send, rows):
    body = a_file(a_sale())
    status, answer = await send(body, name="POSLog_1.xml")
    (row,) = await rows()
    assert (status, answer) == (202, {"status": "received", "message_id": str(row["message_id"])})
    assert (row["sender"], row["topic"], bytes(row["body"])) == ("300/30001", FILE, body)
    assert row["headers"] == {"filename": "POSLog_1.xml"}


@pytest.mark.parametrize("header", ["", "wrong", "0" * 64, token(b"another body"), "é" * 64, "a" * 5000])
async def test_a_file_without_a_right_token_leaves_only_a_number(client, rows, desk, header):
    headers = {"X-Till-Token": header}
    async with client.put("/poslog/300/30001/f.xml", data=a_file(a_sale()), headers=headers) as response:
        assert (response.status, response.content_type) == (401, "application/problem+json")
    assert await rows() == []

    async def counted():
        return (await desk.summarize())[1] == 1

    await poll_until(counted)


async def test_both_secrets_are_valid_during_a_rotation_and_an_empty_one_never(send):
    assert (await send(a_file(a_sale()), secret="the secret before"))[0] == 202
    assert (await send(a_file(a_sale("18")), secret=""))[0] == 401


async def test_the_transactions_of_a_file_are_taken_over_one_by_one(
    send, start_worker, settled, orders, journal
):
    await start_worker()
    await send(a_file(a_control("16"), a_sale("17"), a_sale("18"), a_return("19")))
    assert await settled() == [
        (FILE, "applied", ""),
        (TRANSACTION, "ignored", "valid_signon"),
        (TRANSACTION, "applied", ""),
        (TRANSACTION, "applied", ""),
        (TRANSACTION, "applied", ""),
    ]
    taken = await journal.list(None, (), 10)
    assert [(one.key.sequence, one.kind, one.order_id) for one in taken] == [
        ("16", Kind.CONTROL, ""),
        ("17", Kind.SALE, "order-17"),
        ("18", Kind.SALE, "order-18"),
        ("19", Kind.RETURN, ""),
    ]


async def test_one_trace_leads_from_the_file_to_each_sale(send, start_worker, settled, orders, rows):
    await start_worker()
    await send(a_file(a_sale("17"), a_sale("18")))
    await settled()
    traces = {row["traceparent"][3:35] for row in await rows()}
    assert len(traces) == 1
    assert {command.origin.traceparent[3:35] for command in orders.sales.values()} == traces


async def test_the_same_file_again_is_recognised(send, rows, start_worker, settled, orders, desk):
    await start_worker()
    _, first = await send(a_file(a_sale()), name="one.xml")
    status, again = await send(a_file(a_sale()), name="two.xml")
    assert (status, again) == (200, {"status": "duplicate", "message_id": first["message_id"]})
    await settled()
    assert len(orders.sales) == 1
    counts, _ = await desk.summarize()
    assert (FILE, "ignored", "duplicate", 1) in [
        (one.topic, one.state, one.reason, one.messages) for one in counts
    ]


async def test_a_transaction_in_two_files_is_taken_over_once(send, start_worker, settled, orders, rows):
    await start_worker()
    await send(a_file(a_sale("17")))
    await send(a_file(a_sale("17"), a_sale("18")))
    await settled()
    assert orders.batches in ([1, 1], [2])
    assert {
        row["sender_event_id"]: row["repeats"] for row in await rows() if row["topic"] == TRANSACTION
    } == {
        "300/30001/2024-04-01/17": 1,
        "300/30001/2024-04-01/18": 0,
    }


async def test_a_number_used_for_another_sale_is_set_aside(send, start_worker, settled, orders):
    await start_worker()
    await send(a_file(a_sale("17")))
    await settled()
    await send(a_file(a_receipt(a_sold(quantity="2", amount="5.98"), a_tender("5.980"), total="5.98")))
    assert (TRANSACTION, "quarantined", "differs_from_first") in await settled()
    assert len(orders.sales) == 1


async def test_a_truncated_file_goes_into_quarantine_whole(send, rows):
    body = a_file(a_sale("17"), a_sale("18"))[:-300]
    status, answer = await send(body)
    assert (status, answer["errors"][0]["field"]) == (400, "")
    (row,) = await rows()
    assert (row["state"], bytes(row["body"])) == ("quarantined", body)


async def test_the_whole_of_a_truncated_file_is_taken_over(send, start_worker, settled, orders):
    await start_worker()
    body = a_file(a_sale("17"), a_sale("18"))
    await send(body[:-300])
    assert (await send(body))[0] == 202
    await settled()
    assert len(orders.sales) == 2


async def test_an_entity_bomb_goes_into_quarantine(send, rows):
    status, answer = await send(a_bomb())
    assert (status, answer["errors"]) == (422, [{"field": "DOCTYPE", "rule": "must not be there"}])
    assert [row["state"] for row in await rows()] == ["quarantined"]


async def test_one_invalid_transaction_is_set_aside_and_the_others_go_on(
    send, start_worker, settled, orders, rows
):
    await start_worker()
    negative = a_receipt(a_sold(price="-1"), a_tender(), sequence="17")
    await send(a_file(negative, a_sale("18")))
    assert await settled() == [
        (FILE, "applied", ""),
        (TRANSACTION, "quarantined", "invalid"),
        (TRANSACTION, "applied", ""),
    ]
    types = [row["type"] for row in await rows("select type from outbox")]
    assert types == ["retailmesh.pos.v1.MessageQuarantined"]


async def test_the_corrected_transaction_in_a_later_file_is_taken_over(send, start_worker, settled, orders):
    await start_worker()
    await send(a_file(a_receipt(a_sold(price="-1"), a_tender(), sequence="17")))
    await settled()
    await send(a_file(a_sale("17")))
    assert (TRANSACTION, "quarantined", "invalid") not in await settled()
    assert len(orders.sales) == 1


async def test_a_return_waits_for_its_sale_of_another_till(send, start_worker, settled, orders):
    await start_worker()
    await send(a_file(a_return("18", link=a_link("0016"))))
    assert (TRANSACTION, "waiting", "original_not_seen") in await settled(waiting=1)
    await send(a_file(a_sale("16", till="30002")), till="30002")
    assert {state for _, state, _ in await settled()} == {"applied"}
    assert [command.linked for command in orders.returns] == [True]


async def test_corrections_of_stock_go_to_inventory(send, start_worker, settled, inventory, catalogue):
    catalogue.skus = {"85123A": "85123A"}
    await start_worker()
    await send(a_file(a_correction(("85123A", "-3"))), store="W01", till="W0100")
    assert {state for _, state, _ in await settled()} == {"applied"}
    assert len(inventory.changes) == 1


async def test_what_was_stored_before_a_crash_is_taken_over_after_it(send, start_worker, settled, orders):
    await send(a_file(a_sale("17"), a_sale("18")))
    await start_worker()
    await settled()
    assert len(orders.sales) == 2


async def test_an_order_service_that_is_away_delays_and_loses_nothing(send, start_worker, settled, orders):
    away = Unavailable("away", retry_after_seconds=1.0)
    orders.refusals = {"17": away, "18": away}
    await start_worker()
    await send(a_file(a_sale("17"), a_sale("18")))
    await poll_until(lambda: len(orders.batches) > 2)
    orders.refusals.clear()
    assert {state for _, state, _ in await settled()} == {"applied"}
    assert len(orders.sales) == 2


async def test_a_file_that_is_too_large_is_refused(send, rows):
    assert (await send(b"x" * 100_001))[0] == 413
    assert await rows() == []


@pytest.mark.parametrize("name", ["..%2F..", "a b", "x" * 40])
async def test_a_store_of_a_strange_name_is_refused(client, rows, name):
    body = a_file(a_sale())
    url = f"/poslog/{name}/30001/f.xml"
    async with client.put(url, data=body, headers={"X-Till-Token": token(body)}) as response:
        assert response.status in (404, 422)
    assert await rows() == []


async def test_many_tills_at_once_are_all_taken_over(send, start_worker, settled, orders):
    await start_worker()
    files = [(a_file(a_sale("17", till=f"t{n}"), a_sale("18", till=f"t{n}")), f"t{n}") for n in range(40)]
    answers = await asyncio.gather(*(send(body, till=till) for body, till in files))
    assert {status for status, _ in answers} == {202}
    await settled()
    assert len(orders.sales) == 80
    assert len(orders.batches) < 40
