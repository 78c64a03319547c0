from datetime import UTC, datetime, timedelta

from libs.intake import State, forget, store
from tests.integration.libs.intake.conftest import ANNOUNCEMENTS

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=100)
KEPT = {"bodies_kept": timedelta(days=90), "answers_kept": timedelta(days=7)}


async def bodies(rows):
    return {row["sender_event_id"]: bytes(row["body"]) for row in await rows()}


async def test_old_settled_bodies_go_and_their_names_stay(engine, arrival, rows):
    arrivals = [
        arrival("settled", received_at=OLD, state=State.IGNORED, headers={"a": "b"}),
        arrival("young", received_at=NOW, state=State.IGNORED),
        arrival("open", received_at=OLD),
        arrival("aside", received_at=OLD, state=State.QUARANTINED, reason="invalid"),
    ]
    await store(engine, ANNOUNCEMENTS, arrivals, NOW)
    assert await forget(engine, NOW, **KEPT, batch=100) == 1
    kept = await bodies(rows)
    assert kept == {"settled": b"", "young": b"doc young", "open": b"doc open", "aside": b"doc aside"}
    (again,) = await store(engine, ANNOUNCEMENTS, [arrival("settled")], NOW)
    assert again.repeated


async def test_a_purge_takes_no_more_than_its_batch(engine, arrival):
    arrivals = [arrival(f"e{n}", received_at=OLD, state=State.IGNORED) for n in range(5)]
    await store(engine, ANNOUNCEMENTS, arrivals, NOW)
    assert [await forget(engine, NOW, **KEPT, batch=3) for _ in range(3)] == [3, 2, 0]
