import asyncio
from datetime import UTC, datetime, timedelta

from libs.intake import Limits, Outcome, Problem, store
from libs.refusals import Unavailable
from tests.builders.polling import poll_until
from tests.integration.libs.intake.conftest import ANNOUNCEMENTS, QUICK


def keep(engine, *arrivals):
    return store(engine, ANNOUNCEMENTS, arrivals, datetime.now(UTC))


async def test_a_stored_message_is_applied_without_being_asked_for(
    engine, arrival, start_worker, settled, rows
):
    slow = Limits(sweep=timedelta(minutes=1))
    await start_worker(slow)
    await keep(engine, arrival("e1"))
    await settled(e1="applied")
    (row,) = await rows()
    assert row["attempts"] == 1
    assert row["settled_at"] is not None


async def test_what_a_crash_left_is_picked_up(engine, arrival, start_worker, settled):
    await keep(engine, arrival("e1"), arrival("e2", key="other"))
    await start_worker()
    await settled(e1="applied", e2="applied")


async def test_messages_about_one_document_are_applied_one_by_one_in_order(
    engine, arrival, applying, start_worker, settled
):
    await keep(engine, *(arrival(f"e{n}", key=f"doc{n % 2}") for n in range(6)))
    await start_worker()
    await settled(e4="applied", e5="applied")
    assert [body for body in applying.bodies if body.startswith("doc0")] == ["doc0 e0", "doc0 e2", "doc0 e4"]
    assert [[message.business_key for message in batch] for batch in applying.batches] == [
        ["doc0", "doc1"]
    ] * 3


async def test_a_waiting_message_is_tried_when_its_document_comes(
    engine, arrival, applying, start_worker, settled
):
    seen = set()
    applying.answers["doc late"] = lambda message: (
        Outcome.apply("order-1") if "doc" in seen else Outcome.wait("order_not_seen", "doc")
    )
    applying.answers["doc create"] = lambda message: (seen.add("doc"), Outcome.apply(documents=["doc"]))[1]
    patient = Limits(first_backoff=timedelta(minutes=1), longest_backoff=timedelta(minutes=1))
    await start_worker(patient)
    await keep(engine, arrival("late"))
    await settled(late="waiting")
    await keep(engine, arrival("create"))
    await settled(late="applied", create="applied")


async def test_a_message_that_waits_too_long_is_set_aside_and_announced(
    engine, arrival, applying, start_worker, settled, rows
):
    applying.answers["doc e1"] = Outcome.wait("order_not_seen", "doc", timedelta(milliseconds=50))
    await start_worker()
    await keep(engine, arrival("e1"))
    await settled(e1="quarantined")
    (row,) = await rows()
    assert row["reason"] == "order_not_seen"
    assert [event["type"] for event in await rows("select type from outbox")] == [
        "retailmesh.channel.v1.MessageQuarantined"
    ]


async def test_a_service_that_is_away_costs_no_attempt(
    engine, arrival, applying, start_worker, settled, rows
):
    away = [Unavailable("away", retry_after_seconds=1.0)] * 5

    async def apply(messages):
        if away:
            raise away.pop()
        return await applying(messages)

    await start_worker(apply=apply)
    await keep(engine, arrival("e1"))
    await settled(e1="applied")
    (row,) = await rows()
    assert (row["attempts"], row["failures"]) == (1, 0)


async def test_one_bad_message_does_not_hold_back_the_others(
    engine, arrival, applying, start_worker, settled, rows
):
    applying.answers["bad e1"] = RuntimeError("a defect")
    await keep(engine, arrival("e1", key="bad"), arrival("e2", key="good"))
    await start_worker()
    await settled(e1="quarantined", e2="applied")
    bad, good = await rows()
    assert (bad["reason"], bad["attempts"]) == ("failed", QUICK.attempts)
    assert good["attempts"] == 1


async def test_a_failing_message_holds_back_later_ones_of_its_document(
    engine, arrival, applying, start_worker, settled
):
    applying.answers["doc e1"] = Outcome.fail("failed")
    await keep(engine, arrival("e1"), arrival("e2"))
    await start_worker()
    await settled(e1="quarantined", e2="applied")
    assert applying.bodies == ["doc e1"] * QUICK.attempts + ["doc e2"]


async def test_what_a_message_contains_is_stored_with_its_outcome(
    engine, arrival, applying, start_worker, settled, rows
):
    parts = [arrival(f"part{n}", key=f"part{n}", topic="part") for n in range(3)]
    applying.answers["doc file"] = Outcome.apply(contains=parts)
    await start_worker()
    await keep(engine, arrival("file"))
    await settled(file="applied", part0="applied", part2="applied")


async def test_an_outcome_is_not_recorded_over_a_dismissal(
    engine, arrival, applying, start_worker, settled, rows
):
    applying.gate.clear()
    await start_worker()
    await keep(engine, arrival("e1"))
    await poll_until(lambda: applying.batches)
    await rows("update raw_messages set state = 'dismissed'")
    applying.gate.set()
    await keep(engine, arrival("e2", key="other"))
    await settled(e1="dismissed", e2="applied")


async def test_two_workers_apply_nothing_twice_and_one_takes_over(
    engine, arrival, applying, start_worker, settled
):
    first = await start_worker()
    await keep(engine, arrival("e1"))
    await settled(e1="applied")
    await start_worker()
    await keep(engine, *(arrival(f"a{n}", key=f"a{n}") for n in range(20)))
    await settled(a19="applied")
    await first.stop()
    await keep(engine, arrival("e2"))
    await settled(e2="applied")
    assert len(applying.bodies) == len(set(applying.bodies)) == 22


async def test_a_stop_finishes_the_batch_under_way(engine, arrival, applying, start_worker, states):
    applying.gate.clear()
    worker = await start_worker()
    await keep(engine, arrival("e1"))
    await poll_until(lambda: applying.batches)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    applying.gate.set()
    await stopping
    assert await states() == {"e1": "applied"}


async def test_quarantine_keeps_the_problems_and_bounds_their_number(
    engine, arrival, applying, start_worker, settled, desk
):
    problems = [Problem(f"line_items[{n}].price", "must not be negative") for n in range(60)]
    applying.answers["doc e1"] = Outcome.quarantine("invalid", problems)
    await start_worker()
    (stored,) = await keep(engine, arrival("e1"))
    await settled(e1="quarantined")
    record = await desk.get(stored.message_id)
    assert record.problems == tuple(problems[:50])


async def test_the_worker_survives_the_loss_of_its_session(engine, arrival, start_worker, settled, rows):
    await start_worker()
    await keep(engine, arrival("e1"))
    await settled(e1="applied")
    await rows(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where application_name = 'worker' and datname = current_database()"
    )
    await keep(engine, arrival("e2"))
    await settled(e2="applied")
