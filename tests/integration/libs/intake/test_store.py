import asyncio
from datetime import UTC, datetime

from libs.intake import Problem, State, store
from tests.integration.libs.intake.conftest import ANNOUNCEMENTS

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)


def keep(engine, *arrivals):
    return store(engine, ANNOUNCEMENTS, arrivals, NOW)


async def test_a_message_is_stored_as_it_came(engine, arrival, rows):
    headers = {"x-topic": "orders/create"}
    first = arrival("e1", body=b"\x00\xff raw", headers=headers, traceparent="00-ab-cd-01")
    (stored,) = await keep(engine, first)
    assert (stored.message_id, stored.repeated) == (first.message_id, False)
    (row,) = await rows()
    assert bytes(row["body"]) == b"\x00\xff raw"
    assert row["headers"] == headers
    assert (row["state"], row["traceparent"], row["attempts"]) == ("received", "00-ab-cd-01", 0)


async def test_a_repeat_is_counted_and_not_stored_again(engine, arrival, rows):
    first = arrival("e1")
    await keep(engine, first)
    answers = await keep(engine, arrival("e1"), arrival("e2"), arrival("e1"))
    assert [answer.repeated for answer in answers] == [True, False, True]
    assert answers[0].message_id == first.message_id
    assert {row["sender_event_id"]: row["repeats"] for row in await rows()} == {"e1": 2, "e2": 0}


async def test_two_of_the_same_in_one_batch_are_one(engine, arrival, rows):
    answers = await keep(engine, arrival("e1"), arrival("e1"))
    assert [answer.repeated for answer in answers] == [False, True]
    assert [row["repeats"] for row in await rows()] == [1]


async def test_one_event_under_two_topics_is_two_messages(engine, arrival, rows):
    await keep(engine, arrival("e1", topic="orders/paid"), arrival("e1", topic="orders/updated"))
    assert len(await rows()) == 2


async def test_concurrent_stores_of_the_same_event_keep_one(engine, arrival, rows):
    answers = await asyncio.gather(*(keep(engine, arrival("e1")) for _ in range(8)))
    assert sorted(answer[0].repeated for answer in answers) == [False] + [True] * 7
    assert [row["repeats"] for row in await rows()] == [7]


async def test_a_message_in_quarantine_is_announced(engine, arrival, rows):
    problems = [Problem("line_items[0].price", "must not be negative")]
    await keep(engine, arrival("e1", state=State.QUARANTINED, reason="invalid", problems=problems))
    (event,) = await rows("select * from outbox")
    assert event["type"] == "retailmesh.channel.v1.MessageQuarantined"
    assert event["subject"].startswith("retail.channel.v1.message.quarantined.")


async def test_an_intact_repeat_of_a_broken_message_is_applied_instead(engine, arrival, rows):
    await keep(engine, arrival("e1", key="", body=b"cut o", state=State.QUARANTINED, reason="invalid"))
    (answer,) = await keep(engine, arrival("e1", key="doc", body=b"cut off no longer"))
    assert answer.repeated
    (row,) = await rows()
    assert (row["state"], row["business_key"]) == ("received", "doc")
    assert (bytes(row["body"]), bytes(row["corrected_body"])) == (b"cut o", b"cut off no longer")


async def test_the_same_broken_message_again_stays_in_quarantine(engine, arrival, rows):
    broken = {"body": b"cut o", "state": State.QUARANTINED, "reason": "invalid"}
    await keep(engine, arrival("e1", **broken))
    await keep(engine, arrival("e1", **broken))
    assert [(row["state"], row["repeats"]) for row in await rows()] == [("quarantined", 1)]
    assert len(await rows("select * from outbox")) == 1


async def test_other_content_under_a_known_event_is_only_a_repeat(engine, arrival, rows):
    await keep(engine, arrival("e1", body=b"one"))
    await keep(engine, arrival("e1", body=b"two"))
    assert [bytes(row["body"]) for row in await rows()] == [b"one"]


async def test_other_content_is_set_aside_where_the_sender_must_not_change_it(engine, arrival, rows):
    await keep(engine, arrival("e1", body=b"one", sets_aside_changes=True))
    for _ in range(2):
        await keep(engine, arrival("e1", body=b"two", sets_aside_changes=True))
    first, beside = await rows()
    assert (bytes(first["body"]), first["state"], first["repeats"]) == (b"one", "received", 2)
    assert (bytes(beside["body"]), beside["state"]) == (b"two", "quarantined")
    assert beside["reason"] == "differs_from_first"
    assert len(await rows("select * from outbox")) == 1
