"""Take goods in and out of the ledger: facts of the shop floor, none refused for lack of stock."""

from collections.abc import Sequence

from libs.refusals import Unavailable
from services.inventory.application._carry_out import Clock, Result, carry_out
from services.inventory.application._load import Fact, load_facts
from services.inventory.application.ports import Atlas, Call, Store
from services.inventory.domain.commands import Adjust, Issue, Receive

RPCS: dict[type[Fact], str] = {Issue: "IssueStock", Receive: "ReceiveStock", Adjust: "AdjustStock"}


async def record_facts(store: Store, atlas: Atlas, calls: Sequence[Call], *, clock: Clock) -> list[Result]:
    """Answer each call; all commands are of one kind.

    A location that is unknown here is asked about first. While nobody can be asked, only the calls that name
    such a location have to wait.
    """
    stuck: dict[int, Result] = {}
    try:
        places = await atlas.learn({fact_of(call).location_id for call in calls})
    except Unavailable as error:
        places = await atlas.places()
        stuck = {at: error for at, call in enumerate(calls) if fact_of(call).location_id not in places}
    rpc = RPCS[type(fact_of(calls[0]))]
    able = [call for at, call in enumerate(calls) if at not in stuck]
    results = iter(
        await carry_out(store, able, rpc=rpc, load=load_facts(places), clock=clock) if able else ()
    )
    return [stuck[at] if at in stuck else next(results) for at in range(len(calls))]


def fact_of(call: Call) -> Fact:
    assert isinstance(call.command, Fact)
    return call.command
