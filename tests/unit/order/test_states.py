from itertools import product

import pytest

from services.order.domain.kinds import OrderState
from services.order.domain.refusals import StateForbids
from services.order.domain.states import TRANSITIONS, Command, Next, allows, next_state


@pytest.mark.parametrize(("state", "command"), list(product(OrderState, Command)))
def test_every_command_leads_somewhere_or_is_refused_by_name(state, command):
    if allows(state, command):
        assert isinstance(next_state(state, command), OrderState | Next)
        return
    with pytest.raises(StateForbids) as refused:
        next_state(state, command)
    assert refused.value.metadata == {"state": f"ORDER_STATE_{state.name}", "command": command.value}


@pytest.mark.parametrize("state", [OrderState.COMPLETED, OrderState.CANCELLED, OrderState.REFUSED])
def test_nothing_but_the_same_leads_out_of_an_end(state):
    leads_to = {it for (start, _), it in TRANSITIONS.items() if start == state}
    assert leads_to <= {Next.SAME, state}


@pytest.mark.parametrize("state", OrderState)
def test_money_can_be_given_back_and_news_taken_over_in_every_state(state):
    assert allows(state, Command.RETURN)
    assert allows(state, Command.UPDATE)


@pytest.mark.parametrize("state", OrderState)
def test_only_held_orders_are_released(state):
    assert allows(state, Command.RELEASE) == (state == OrderState.HELD)
