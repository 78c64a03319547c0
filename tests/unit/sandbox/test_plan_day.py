from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from services.sandbox.domain.messages import Defect, Fate, Kind
from services.sandbox.domain.orders import OrderState
from services.sandbox.domain.receipts import ReceiptKind, TillFile
from tests.builders.outside_world import NOON, basket, dataset, day, deliveries, line


@pytest.fixture(scope="module")
def planned():
    return day()


NOBODYS_TRUTH = (Defect.BAD_SIGNATURE, Defect.NEGATIVE_PRICE)


def test_the_same_seed_gives_the_same_bytes(planned):
    assert deliveries(day()) == deliveries(planned)
    assert day().truth == planned.truth


def test_another_seed_gives_another_day(planned):
    other = day(seed="other")
    assert {state.order.reference for state in other.truth.orders.values()} != {
        state.order.reference for state in planned.truth.orders.values()
    }
    assert not other.truth.orders.keys() & planned.truth.orders.keys()


def test_each_basket_is_either_a_storefront_order_or_a_receipt(planned):
    ordered = {state.order.reference for state in planned.truth.orders.values()}
    sold = [r.reference for r in planned.truth.receipts if r.kind is ReceiptKind.SALE]
    own = {reference for reference in ordered if reference.isdecimal()}
    assert len(own) == 60
    assert sorted([*own, *sold]) == sorted(basket.basket_id for basket in planned.dataset.baskets)


def test_what_the_baskets_cost_is_what_orders_and_receipts_add_up_to(planned):
    orders = [s.order for s in planned.truth.orders.values() if s.order.reference.isdecimal()]
    receipts = [r for r in planned.truth.receipts if r.kind is ReceiptKind.SALE]
    paid = sum(order.total - order.shipping for order in orders) + sum(r.total for r in receipts)
    assert paid == sum(basket.net for basket in planned.dataset.baskets)


def test_the_shares_of_disturbances_are_as_asked_for(planned):
    sound = [m for m in planned.messages if not m.repeats and m.defect is None]
    assert sum(m.repeats for m in planned.messages) == round(
        sum(not m.repeats for m in planned.messages) / 20
    )
    assert sum(m.late for m in sound) == round(len(sound) / 20)
    faulty = Counter(m.defect for m in planned.messages if m.defect and not m.repeats)
    assert faulty == dict.fromkeys(Defect, 2)


def test_a_day_without_disturbances_is_in_order():
    calm = day(duplicate_share=0, late_share=0, malformed_each=0)
    assert [m.send_at for m in calm.messages] == sorted(m.send_at for m in calm.messages)
    assert not any(m.late or m.repeats or m.defect for m in calm.messages)
    lanes = defaultdict(list)
    for message in calm.messages:
        lanes[message.lane].append(message.at)
    assert all(instants == sorted(instants) for instants in lanes.values())


def test_a_late_message_is_overtaken_by_the_next_of_its_lane(planned):
    first_sent = {}
    for place, message in enumerate(planned.messages):
        first_sent.setdefault(message.event_id, (place, message))
    late = [(place, m) for place, m in first_sent.values() if m.late]
    assert late
    for place, message in late:
        earlier = [m for p, m in first_sent.values() if p < place and m.lane == message.lane]
        assert any(m.at >= message.at for m in earlier)


def test_a_repetition_is_the_same_event_and_mostly_the_same_delivery(planned):
    repeated = [m for m in planned.messages if m.repeats]
    originals = {m.event_id: m for m in planned.messages if not m.repeats}
    same = [m for m in repeated if m.delivery_id == originals[m.event_id].delivery_id]
    assert 0 < len(same) < len(repeated)
    assert all(m.content == originals[m.event_id].content for m in same)
    assert all(m.send_at > originals[m.event_id].send_at for m in repeated)


def test_every_sound_message_tells_something_of_the_truth(planned):
    receipts = {receipt.key for receipt in planned.truth.receipts}
    for message in planned.messages:
        if message.fate is not Fate.ACCEPTED:
            continue
        if isinstance(message.content, TillFile):
            assert {receipt.key for receipt in message.content.receipts} <= receipts
        elif isinstance(message.content, OrderState):
            assert message.content.order.order_id in planned.truth.orders
        else:
            state = planned.truth.orders[message.content.order_id]
            assert message.content in state.refunds


def test_the_last_state_of_an_order_is_among_its_messages(planned):
    newest = {}
    for message in planned.messages:
        if isinstance(message.content, OrderState) and message.defect not in NOBODYS_TRUTH:
            number = message.content.order.order_id
            if number not in newest or newest[number].updated_at <= message.content.updated_at:
                newest[number] = message.content
    assert newest == dict(planned.truth.orders)


def test_all_receipts_are_in_exactly_one_file_and_each_till_counts_without_a_gap(planned):
    once = [
        receipt
        for message in planned.messages
        if message.kind is Kind.TILL_FILE and not message.repeats and message.defect is None
        for receipt in message.content.receipts
    ]
    assert sorted(r.key for r in once) == sorted(r.key for r in planned.truth.receipts)
    tills = defaultdict(list)
    for receipt in planned.truth.receipts:
        tills[receipt.till].append(receipt)
    for receipts in tills.values():
        first = receipts[0].sequence
        assert [r.sequence for r in receipts] == list(range(first, first + len(receipts)))
        assert receipts[0].kind is ReceiptKind.SIGN_ON
        assert receipts[-1].kind is ReceiptKind.SIGN_OFF
        assert all(a.ends_at <= b.ends_at for a, b in pairwise(receipts))


def test_a_forged_or_negative_order_is_nobodys_truth_and_a_believed_one_is(planned):
    truth = planned.truth.orders
    for message in planned.messages:
        if message.defect is Defect.UNKNOWN_PRODUCT:
            assert message.content.order.order_id in truth
        if message.defect in NOBODYS_TRUTH:
            assert message.content.order.order_id not in truth
    assert len(planned.truth.orders_with_unknown_product) == 2


def test_a_test_order_stands_in_the_storefront_and_stays_as_it_was_placed(planned):
    tests = [m for m in planned.messages if m.defect is Defect.TEST_ORDER and not m.repeats]
    assert len(tests) == 2
    for message in tests:
        assert message.content.order.test
        assert planned.truth.orders[message.content.order.order_id] == message.content
        assert [m.kind for m in planned.messages if m.lane == message.lane and not m.repeats] == [
            Kind.ORDER_CREATED
        ]


def test_what_is_packed_late_in_the_evening_leaves_on_another_day():
    evening = [basket(number, at=NOON.replace(hour=22, minute=20)) for number in range(1, 31)]
    options = {"storefront_share": 1000, "malformed_each": 0, "cancel_share": 0, "shortage_share": 0}
    planned = day(data=dataset(evening), **options)
    states = planned.truth.orders.values()
    assert not any(state.fulfilments or state.refunds for state in states)


def test_an_order_that_is_never_paid_stays_as_it_was_placed():
    planned = day(authorized_share=1000, unpaid_share=1000, malformed_each=0)
    states = planned.truth.orders.values()
    assert {(state.payment, state.fulfilments, state.refunds) for state in states} == {("authorized", (), ())}


def test_goods_without_a_price_are_looked_at_before_they_are_sent():
    free = line(1, 1, unit_price=0, gross=0)
    baskets = [basket(1, [line(2, 2), free]), basket(2, [line(1, 3)])]
    options = {"cancel_share": 0, "authorized_share": 0, "malformed_each": 0, "shortage_share": 0}
    planned = day(data=dataset(baskets), storefront_share=1000, **options)
    sent = {state.order.reference: bool(state.fulfilments) for state in planned.truth.orders.values()}
    assert sent == {"41000000001": False, "41000000002": True}


def test_a_cut_off_message_comes_before_its_intact_copy(planned):
    cut_off = [m for m in planned.messages if m.defect is Defect.TRUNCATED_BODY]
    for message in cut_off:
        intact = [m for m in planned.messages if m.content == message.content and m.defect is None]
        assert any(m.send_at > message.send_at or m.late for m in intact)


def test_a_seller_of_one_unknown_article_is_planned_without_a_life_for_the_order():
    data = dataset([basket(1, [line(1, 99)]), basket(2)])
    planned = day(data=data, storefront_share=1000, malformed_each=0, duplicate_share=0)
    unknown = [s for s in planned.truth.orders.values() if s.order.reference == "41000000001"]
    assert unknown[0].order.order_id in planned.truth.orders_with_unknown_product
    assert [m.kind for m in planned.messages if m.lane == str(unknown[0].order.order_id)] == [
        Kind.ORDER_CREATED
    ]


def test_an_empty_day_is_an_empty_plan():
    planned = day(data=dataset([basket(1)]), storefront_share=0, malformed_each=0)
    assert {m.kind for m in planned.messages} == {Kind.TILL_FILE}
    assert not planned.truth.orders
