"""The figures of the scorecard, read from the services when nothing is under way any more."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import run_invariants
from libs.database.invariants import queries_of
from libs.messaging import deadletters
from libs.stack.table import ROOT
from retailmesh.erp.v1 import erp_service_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.reconciliation.v1 import reconciliation_pb2
from retailmesh.type.v1 import intake_pb2
from services.cli.demo.books import Books, is_storefront, read_books
from services.cli.demo.connections import Connections
from services.cli.demo.facts import find_facts
from services.cli.demo.oversell import oversold_units
from services.cli.demo.scorecard import (
    BreakLine,
    ComparisonLine,
    Messages,
    Orders,
    Postings,
    Scorecard,
    zeros_of,
)
from services.cli.demo.settling import Backlog, Intake, Watch
from services.cli.words import word

Json = Mapping[str, Any]
STATES = (
    order_pb2.ORDER_STATE_CONFIRMED,
    order_pb2.ORDER_STATE_BACKORDERED,
    order_pb2.ORDER_STATE_PARTIALLY_SHIPPED,
    order_pb2.ORDER_STATE_COMPLETED,
    order_pb2.ORDER_STATE_CANCELLED,
    order_pb2.ORDER_STATE_HELD,
    order_pb2.ORDER_STATE_REFUSED,
)
KINDS = {"storefront": order_pb2.ORDER_KIND_STOREFRONT, "tills": order_pb2.ORDER_KIND_TILL_SALE}
WEBHOOKS, FILES, TRANSACTIONS = "storefront webhooks", "till files", "till transactions"
TOPICS = {"poslog": FILES, "poslog/transaction": TRANSACTIONS}
"""What tills send; every other topic is a webhook's."""
PLACE_IN_LIST = re.compile(r"\[\d+\]")


async def scorecard_of(
    to: Connections,
    summary: Json,
    progress: Json,
    backlog: Backlog,
    run: reconciliation_pb2.Run,
    breaks: Sequence[BreakLine],
    seconds: Mapping[str, float],
) -> Scorecard:
    """``summary`` is what was planned, ``progress`` what was sent, ``backlog`` what is left to do."""
    watch = Watch(to)
    posting = await watch.posting()
    books = await read_books(to)
    facts = await find_facts(to.outside, books)
    broken = await broken_invariants(to.engines)
    counted = await to.stubs["order"].SummarizeOrders(order_service_pb2.SummarizeOrdersRequest())
    letters = await deadletters.find(to.nats)
    return Scorecard(
        dataset=summary["dataset"],
        business_date=summary["business_date"],
        erp=posting.erp,
        zeros=zeros_of(
            breaks,
            facts,
            oversold_units=oversold_units(books),
            erp_doubled_keys=await erp_doubled(to, posting.erp),
            broken_invariants=broken,
            stuck=backlog.intake_waiting + backlog.unpublished + backlog.unhandled,
            dead_letters=len(letters),
        ),
        messages=messages_of(summary, progress, await watch.intake(), books.quarantined),
        orders=orders_of(counted),
        facts=facts,
        comparisons=[ComparisonLine(*fields_of(one)) for one in run.comparisons],
        breaks=breaks,
        postings=postings_of(posting),
        invariants={name: len(queries_of(path_of(name))) for name in to.engines},
        broken_invariants=broken,
        seconds=seconds,
        examples=examples(books),
    )


async def erp_doubled(to: Connections, erp: str) -> int:
    """How many keys the sandbox's ERP has twice by its own count; other ERPs do not tell."""
    return len((await to.outside.erp_stats())["doubled"]) if erp == "sandbox" else 0


async def broken_invariants(engines: Mapping[str, AsyncEngine]) -> dict[str, int]:
    """Rows of each invariant query that found any, by service and query."""
    broken: dict[str, int] = {}
    for name, engine in engines.items():
        for violation in await run_invariants(engine, path_of(name)):
            broken[f"{name}: {violation.name}"] = len(violation.rows)
    return broken


def path_of(service: str) -> str:
    return str(ROOT / "services" / service / "invariants.sql")


def fields_of(count: reconciliation_pb2.ComparisonCount) -> tuple[str, int, int, int, int]:
    return count.comparison, count.left, count.right, count.matched, count.breaks


def messages_of(
    summary: Json, progress: Json, intake: Intake, quarantined: Iterable[intake_pb2.IntakeMessage]
) -> Messages:
    return Messages(
        sent=progress["sent_by_kind"],
        sent_again=summary["repeated"],
        sent_late=summary["late"],
        malformed=summary["malformed"],
        taken_in=taken_in(intake),
        refused_unread=intake.refused_unread,
        ignored=reasons_of(intake, intake_pb2.INTAKE_STATE_IGNORED),
        quarantined=dict(Counter(map(broken_rule, quarantined)).most_common()),
        waiting=reasons_of(intake, intake_pb2.INTAKE_STATE_WAITING),
        unexpected_answers=progress["unexpected"],
    )


def broken_rule(message: intake_pb2.IntakeMessage) -> str:
    """The first rule that the message breaks, wherever it does; else why it is set aside."""
    for problem in message.problems:
        return PLACE_IN_LIST.sub("", f"{problem.field} {problem.rule}").partition(":")[0].strip()
    return message.reason.replace("_", " ")


def taken_in(intake: Intake) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {kind: Counter() for kind in (WEBHOOKS, FILES, TRANSACTIONS)}
    for count in intake.counts:
        found[TOPICS.get(count.topic, WEBHOOKS)][word(intake_pb2.IntakeState, count.state)] += count.messages
    return {kind: dict(counts) for kind, counts in found.items() if counts}


def reasons_of(intake: Intake, state: intake_pb2.IntakeState) -> dict[str, int]:
    """Messages of a state by reason, the most frequent first."""
    counts: Counter[str] = Counter()
    for count in intake.counts:
        if count.state == state:
            counts[count.reason.replace("_", " ")] += count.messages
    return dict(counts.most_common())


def orders_of(counted: order_service_pb2.SummarizeOrdersResponse) -> Orders:
    def states_of(kind: order_pb2.OrderKind) -> dict[str, int]:
        found = counts_by(counted.counts, lambda it: it.state if it.kind == kind else 0)
        return {word(order_pb2.OrderState, state): found[state] for state in STATES if found[state]}

    held = counts_by(counted.counts, lambda it: it.hold_reason)
    refused = counts_by(counted.counts, lambda it: it.refusal_reason)
    return Orders(
        by_state={name: states_of(kind) for name, kind in KINDS.items()},
        held={word(order_pb2.HoldReason, reason): n for reason, n in held.items() if reason},
        refused={word(order_pb2.RefusalReason, reason): n for reason, n in refused.items() if reason},
        split=counted.split_orders,
        returns=counted.returns,
    )


def counts_by(
    counts: Iterable[order_service_pb2.OrderCount], key: Callable[[order_service_pb2.OrderCount], int]
) -> Counter[int]:
    found: Counter[int] = Counter()
    for count in counts:
        found[key(count)] += count.orders
    return found


def postings_of(posting: erp_service_pb2.GetBacklogResponse) -> Postings:
    return Postings(
        by_state={
            "posted": posting.posted,
            "skipped": posting.skipped,
            "failed": posting.failed,
            "pending": posting.pending,
        },
        rate_per_second=posting.rate_milli_per_second / 1000,
        drain_seconds=posting.drain_estimate.seconds if posting.pending else 0,
        lag_p50_seconds=posting.lag_p50.ToMilliseconds() / 1000,
        lag_p99_seconds=posting.lag_p99.ToMilliseconds() / 1000,
        throttled_calls=posting.throttled_calls,
        lost_answers=posting.unknown_outcomes,
    )


EXAMPLES: dict[str, Callable[[order_service_pb2.OrderSummary], bool]] = {
    "split": lambda order: order.allocated_locations > 1,
    "backordered": lambda order: order.state == order_pb2.ORDER_STATE_BACKORDERED,
    "held": lambda order: order.state == order_pb2.ORDER_STATE_HELD,
    "refunded": lambda order: order.refunded.units > 0 and order.state != order_pb2.ORDER_STATE_CANCELLED,
    "cancelled": lambda order: order.state == order_pb2.ORDER_STATE_CANCELLED,
}


def examples(books: Books) -> dict[str, str]:
    """Ids of storefront orders that have a story, the first of each kind."""
    storefront = [it for it in books.orders if is_storefront(it)]
    firsts = {name: next(filter(has, storefront), None) for name, has in EXAMPLES.items()}
    return {name: order.order_id for name, order in firsts.items() if order is not None}
