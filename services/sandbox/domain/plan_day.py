"""From a day's trade to everything the outside world will send about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.sandbox.domain.cancellations import life_with, match
from services.sandbox.domain.corrections import correction_files
from services.sandbox.domain.dice import Dice, per_mille_of
from services.sandbox.domain.disturbances import disturbed
from services.sandbox.domain.malformed import malformed
from services.sandbox.domain.messages import Day, Defect, Kind, Message, Truth
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.orders import Order, OrderState, Refund
from services.sandbox.domain.people import Person, person_of
from services.sandbox.domain.places import Places, places_of
from services.sandbox.domain.receipts import CorrectionFile, Receipt, TillFile
from services.sandbox.domain.returns import returns_of
from services.sandbox.domain.stock import StockPlan, plan_stock
from services.sandbox.domain.storefront import Step, Storefront, state_of
from services.sandbox.domain.tills import Tills, files_of
from services.sandbox.domain.trade import Basket, Dataset, Unit

SETTLING = timedelta(hours=1)
"""A till exports the file of an hour when the hour is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The parts of a day before anything goes wrong."""

    places: Places
    people: Mapping[str, Person]
    stock: StockPlan
    storefront: Storefront
    lives: Sequence[Sequence[Step]]
    unmatched: tuple[Refund, ...]
    receipts: Sequence[Receipt]
    corrections: Sequence[CorrectionFile]


def plan_day(dataset: Dataset, options: PlanOptions) -> Day:
    """Equal data sets and options give equal days, down to the last byte of each message."""
    dice = Dice(f"{options.seed}/{dataset.name}/{dataset.business_date}")
    plan = undisturbed(dice, dataset, options)
    sound = messages_of(dice, plan)
    faulty = malformed(dice, sound, options.malformed_each)
    messages = disturbed(dice, options, [*sound, *faulty.messages])
    return Day(
        dataset=dataset,
        seed=options.seed,
        places=plan.places,
        people=tuple(plan.people.values()),
        stock=plan.stock,
        messages=messages,
        truth=truth_of(dataset, plan, faulty.believed, messages),
    )


def undisturbed(dice: Dice, dataset: Dataset, options: PlanOptions) -> Plan:
    places = places_of(dataset, options.stores_per_warehouse)
    people = people_of(dice, dataset, places)
    online, sales = divided(dice, dataset, options)
    storefront = Storefront(dice, options, dataset, places, people)
    orders = [storefront.order_of(basket, number) for number, basket in enumerate(online)]
    stock = plan_stock(dice, options, dataset, places, sales, orders)
    lives, unmatched = lives_of(storefront, orders, stock)
    returns = returns_of(dice, sales, places, dataset.products, options.return_share)
    tills = Tills(dice, dataset, places)
    return Plan(
        places=places,
        people=people,
        stock=stock,
        storefront=storefront,
        lives=lives,
        unmatched=unmatched,
        receipts=tills.receipts_of(sales, returns),
        corrections=correction_files(dice, dataset, places),
    )


def people_of(dice: Dice, dataset: Dataset, places: Places) -> dict[str, Person]:
    """Every customer of the day, living where they bought first."""
    people: dict[str, Person] = {}
    for basket in dataset.baskets:
        if basket.customer_id and basket.customer_id not in people:
            region = basket.country_code if dataset.online_only else places.region_of(basket.store)
            people[basket.customer_id] = person_of(dice, basket.customer_id, region, basket.country)
    return people


def divided(dice: Dice, dataset: Dataset, options: PlanOptions) -> tuple[Sequence[Basket], Sequence[Basket]]:
    """Storefront baskets and till baskets, each by time. Goods sold by measure leave through a till only."""
    by_time = sorted(dataset.baskets, key=lambda basket: (basket.at, basket.basket_id))
    if dataset.online_only:
        return by_time, ()
    shippable = [
        basket
        for basket in by_time
        if basket.net > 0 and all(line.unit is Unit.PIECE for line in basket.lines)
    ]
    count = per_mille_of(len(by_time), options.storefront_share)
    online = dice.pick("storefront", shippable, lambda basket: basket.basket_id, count)
    chosen = {basket.basket_id for basket in online}
    return online, [basket for basket in by_time if basket.basket_id not in chosen]


def lives_of(
    storefront: Storefront, orders: Sequence[Order], stock: StockPlan
) -> tuple[list[list[Step]], tuple[Refund, ...]]:
    if not storefront.dataset.online_only:
        return [storefront.life_of(order, stock) for order in orders], ()
    matched = match(storefront, orders, storefront.dataset.cancellations)
    lives = [life_with(storefront, order, matched.refunds.get(order.order_id, ()), stock) for order in orders]
    return lives, matched.unmatched


def messages_of(dice: Dice, plan: Plan) -> list[Message]:
    return [
        *(message for life in plan.lives for message in storefront_messages(dice, life)),
        *(refund_message(dice, refund) for refund in plan.unmatched),
        *(file_message(dice, Kind.TILL_FILE, file) for file in files_of(plan.receipts)),
        *(file_message(dice, Kind.CORRECTION_FILE, file) for file in plan.corrections),
    ]


def storefront_messages(dice: Dice, life: Sequence[Step]) -> list[Message]:
    order = state_of(life[0]).order
    messages = [
        message_of(dice, step.kind, str(order.order_id), step.at, step.at, step.content, place)
        for place, step in enumerate(life)
    ]
    if order.costs_less_than_nothing:
        return [replace(message, defect=Defect.NEGATIVE_PRICE) for message in messages]
    return messages


def refund_message(dice: Dice, refund: Refund) -> Message:
    return message_of(dice, Kind.REFUND_CREATED, str(refund.order_id), refund.at, refund.at, refund, 0)


def file_message(dice: Dice, kind: Kind, file: TillFile | CorrectionFile) -> Message:
    minutes = 1 + dice.number("export", file.till, below=9)
    ready = file.hour + SETTLING
    return message_of(dice, kind, file.till, ready, ready + timedelta(minutes=minutes), file, file.hour)


def message_of(
    dice: Dice,
    kind: Kind,
    lane: str,
    at: datetime,
    send_at: datetime,
    content: OrderState | Refund | TillFile | CorrectionFile,
    about: object,
) -> Message:
    return Message(
        kind=kind,
        lane=lane,
        at=at,
        send_at=send_at,
        event_id=dice.uuid("event", kind, lane, about),
        delivery_id=dice.uuid("delivery", kind, lane, about),
        content=content,
    )


def truth_of(
    dataset: Dataset, plan: Plan, extra_orders: Sequence[OrderState], messages: Sequence[Message]
) -> Truth:
    states = [
        next(step.content for step in reversed(life) if isinstance(step.content, OrderState))
        for life in plan.lives
    ]
    orders = {
        state.order.order_id: state
        for state in (*states, *extra_orders)
        if not state.order.costs_less_than_nothing
    }
    defects = [message.defect for message in messages if message.defect]
    known = dataset.products
    return Truth(
        orders=orders,
        unmatched_refunds=plan.unmatched,
        receipts=tuple(plan.receipts),
        corrections=tuple(plan.corrections),
        defects={defect: defects.count(defect) for defect in dict.fromkeys(defects)},
        orders_with_unknown_product=frozenset(
            number
            for number, state in orders.items()
            if any(line.line.sku not in known for line in state.order.lines)
        ),
        receipts_with_unknown_product=frozenset(
            receipt.key for receipt in plan.receipts if any(line.sku not in known for line in receipt.lines)
        ),
    )
