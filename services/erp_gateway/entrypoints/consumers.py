"""Which events become postings."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.messaging import Handlers, Received
from services.erp_gateway import convert
from services.erp_gateway.application.ports import Transaction
from services.erp_gateway.application.record_facts import StepsOf, record_facts

STREAM = "RETAIL_ORDER"
SUBJECTS = ("retail.order.v1.order.*.*", "retail.order.v1.return.*.*")


def handlers(
    within: Callable[[AsyncConnection], Transaction], steps_of: StepsOf, wake: Callable[[], None]
) -> Handlers:
    """``wake`` tells the desk that something is due; one whose commit it outruns is found a little later."""

    async def record(connection: AsyncConnection, events: Sequence[Received]) -> None:
        facts = [fact for event in events for fact in convert.heard(event)]
        if facts:
            await record_facts(within(connection), facts, steps_of)
            wake()

    handler: Callable[[AsyncConnection, Sequence[Received]], Awaitable[None]] = record
    return dict.fromkeys(convert.FACTS, handler)
