from libs.intake import RefusedCounter
from tests.builders.polling import poll_until


async def test_refused_messages_are_counted_across_restarts(engine, desk):
    async def counted():
        return (await desk.summarize())[1]

    first = RefusedCounter(engine)
    for _ in range(100):
        first.add("signature")

    async def is_written():
        return await counted() == 100

    await poll_until(is_written)
    await first.stop()
    second = RefusedCounter(engine)
    second.add("unknown_sender")
    await second.stop()
    assert await counted() == 101


async def test_a_database_that_is_away_does_not_lose_the_count(engine, desk, rows):
    counter = RefusedCounter(engine)
    await rows("alter table raw_messages_refused rename to away")
    counter.add("signature")
    await rows("alter table away rename to raw_messages_refused")
    await counter.stop()
    assert (await desk.summarize())[1] == 1
