"""A process with a relay and a consumer, for tests that kill it.

An event whose body is ``poison`` ends the process at once, as a fault in native code would.
"""

import asyncio
import os
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.database import create_engine
from libs.messaging import Bounds, Consumer, Received, Relay, connect_broker
from tests.builders.events import PLACED
from tests.builders.messaging import ALL_ORDERS, ORDERS, Effects

ATTEMPTS = 3


async def serve(database_url: str, nats_url: str) -> None:
    engine = create_engine(database_url, application_name="process")
    broker = await connect_broker(nats_url, name="process")
    effects = Effects(engine)

    async def handle(connection: AsyncConnection, events: Sequence[Received]) -> None:
        await effects.write(connection, events)
        if any(event.payload == b"poison" for event in events):
            os._exit(1)

    await Relay(engine, broker, [ORDERS], batch=50).start()
    consumer = Consumer(
        engine,
        broker,
        service="inventory",
        name="orders",
        stream=ORDERS,
        subjects=ALL_ORDERS,
        handlers={PLACED: handle},
        bounds=Bounds(batch=20, attempts=ATTEMPTS),
    )
    await consumer.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(os.environ["DATABASE_URL"], os.environ["NATS_URL"]))
