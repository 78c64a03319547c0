from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from libs.messaging import Received
from libs.messaging.handlers import calls_of
from tests.builders.events import NOON


async def place(connection, events):
    """A handler that is never called here."""


async def cancel(connection, events):
    """Another one."""


HANDLERS = {"Placed": place, "Updated": place, "Cancelled": cancel}


def event(kind, key):
    return Received(uuid4(), kind, key, NOON, b"")


def test_events_of_one_handler_are_one_call():
    events = [event("Placed", "a"), event("Updated", "b"), event("Placed", "a")]
    assert calls_of(HANDLERS, events) == [(place, events)]


def test_keys_without_common_events_need_one_call_a_handler():
    events = [event("Placed", "a"), event("Cancelled", "b"), event("Placed", "c"), event("Cancelled", "d")]
    assert calls_of(HANDLERS, events) == [(place, [events[0], events[2]]), (cancel, [events[1], events[3]])]


def test_a_key_whose_types_alternate_needs_a_call_for_each_change():
    events = [event("Placed", "a"), event("Cancelled", "a"), event("Placed", "a")]
    assert [handler for handler, _ in calls_of(HANDLERS, events)] == [place, cancel, place]


@given(st.lists(st.tuples(st.sampled_from(sorted(HANDLERS)), st.sampled_from("abc"))))
def test_every_event_is_in_one_call_and_each_key_keeps_its_order(pairs):
    events = [event(kind, key) for kind, key in pairs]
    calls = calls_of(HANDLERS, events)
    handled = [each for _, call in calls for each in call]
    assert len(handled) == len(events)
    for key in "abc":
        assert [each for each in handled if each.key == key] == [each for each in events if each.key == key]
    for handler, call in calls:
        assert {HANDLERS[each.type] for each in call} == {handler}
