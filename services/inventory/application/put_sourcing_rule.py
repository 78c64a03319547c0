"""Replace how a channel's orders are sourced."""

from libs.database import retry_conflicts
from libs.refusals import RequestIdReused
from services.inventory.application.ports import Atlas, RuleCall, Store

RPC = "PutSourcingRule"


async def put_sourcing_rule(store: Store, atlas: Atlas, call: RuleCall) -> bytes:
    """The rule with its version, serialised; others follow within seconds. Raises `RequestIdReused`."""

    async def attempt() -> bytes:
        async with store.begin() as transaction:
            known = (await transaction.recall(RPC, {call.request_id: call.digest})).get(call.request_id)
            if isinstance(known, RequestIdReused):
                raise known
            return known or await transaction.put_rule(RPC, call)

    answer = await retry_conflicts(attempt)
    atlas.forget()
    return answer
