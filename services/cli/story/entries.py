"""Each system's share of the time line."""

from collections.abc import Iterator

from libs.messaging.deadletters import DeadLetter
from retailmesh.erp.v1 import erp_service_pb2, posting_pb2
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.type.v1 import intake_pb2
from services.cli.story.gathering import Sources
from services.cli.story.story import Entry
from services.cli.words import instant, moment, money, quantity, span, word

BAD_MESSAGES = (intake_pb2.INTAKE_STATE_QUARANTINED, intake_pb2.INTAKE_STATE_WAITING)
BAD_POSTINGS = (posting_pb2.POSTING_STATE_FAILED,)


def entries_of(sources: Sources) -> Iterator[Entry]:
    """In no order."""
    if sources.order is not None:
        yield bought(sources.order)
        yield from left_and_came_back(sources.order)
    for gateway, messages in sources.messages.items():
        for message in messages:
            yield arrived(gateway, message)
    for recorded in sources.history:
        yield happened(recorded)
    for movement in sources.movements:
        yield moved(movement)
    for posting, calls in sources.postings:
        yield from posted(posting, calls)
    for letter in sources.letters:
        yield given_up(letter)


# ---- outside


def bought(order: order_pb2.Order) -> Entry:
    details = order.details
    count = len(details.lines)
    place = f" at {details.location_id}" if details.location_id else ""
    paid = ", paid" if details.paid else ", not paid"
    lines = f"{count} {'line' if count == 1 else 'lines'}"
    return Entry(
        at=moment(details.placed_at),
        system=details.channel,
        kind="bought",
        what=f"bought{place}: {lines}, {money(details.total)}{paid}",
        reference=details.channel_order_id,
    )


def left_and_came_back(order: order_pb2.Order) -> Iterator[Entry]:
    """Parcels and returns at the instants at which they happened outside."""
    channel = order.details.channel
    for parcel in order.shipments:
        yield sent(channel, parcel)
    for given in order.returns:
        yield given_back(channel, given)


def sent(channel: str, parcel: order_pb2.Shipment) -> Entry:
    place = f" left {parcel.location_id}" if parcel.location_id else " left"
    tracking = [f"tracking number {parcel.tracking_number}"] if parcel.tracking_number else []
    goods = [f"{quantity(line.quantity)} of line {line.line_id}" for line in parcel.lines]
    return Entry(
        at=moment(parcel.shipped_at),
        system=channel,
        kind="shipment",
        what=f"parcel {parcel.shipment_id}{place}",
        details=[*goods, *tracking],
        reference=parcel.shipment_id,
    )


def given_back(channel: str, given: order_pb2.Return) -> Entry:
    place = f" at {given.location_id}" if given.location_id else ""
    goods = [
        f"{quantity(line.quantity)} of {f'line {line.line_id}' if line.line_id else line.sku}"
        f"{', back on the shelf' if line.restock else ''}"
        for line in given.lines
    ]
    reason = [f"reason: {given.reason}"] if given.reason else []
    return Entry(
        at=moment(given.returned_at),
        system=channel,
        kind="return",
        what=f"return {given.return_id}{place}: {money(given.amount)} given back",
        details=[*goods, *reason],
        reference=given.return_id,
    )


# ---- gateways


def arrived(gateway: str, message: intake_pb2.IntakeMessage) -> Entry:
    state = word(intake_pb2.IntakeState, message.state)
    why = f" ({message.reason.replace('_', ' ')})" if message.reason else ""
    repeats = f", came {message.repeats + 1} times" if message.repeats else ""
    attempts = [f"tried {message.attempts} times"] if message.attempts > 1 else []
    note = [f"dismissed: {message.note}"] if message.note else []
    return Entry(
        at=moment(message.received_at),
        system=gateway,
        kind="message",
        what=f"{message.topic} from {message.sender}: {state}{why}{repeats}",
        details=[*(f"{it.field}: {it.rule}" for it in message.problems), *attempts, *note],
        trace_id=message.trace_id,
        reference=message.message_id,
        trouble=message.state in BAD_MESSAGES,
    )


# ---- order and inventory


def happened(recorded: order_service_pb2.OrderHistoryEntry) -> Entry:
    at, published = moment(recorded.at), instant(recorded, "published_at")
    return Entry(
        at=at,
        system="order",
        kind=recorded.type.rpartition(".")[2],
        what=recorded.summary or recorded.type,
        measure="published after" if published else "not published",
        seconds=(published - at).total_seconds() if published else None,
        trace_id=recorded.trace_id,
        reference=recorded.event_id,
        trouble=published is None,
    )


def moved(movement: stock_pb2.StockMovement) -> Entry:
    occurred, recorded = moment(movement.occurred_at), moment(movement.recorded_at)
    from_bucket = word(stock_pb2.StockBucket, movement.from_bucket)
    to_bucket = word(stock_pb2.StockBucket, movement.to_bucket)
    cause = word(stock_pb2.MovementCause, movement.cause)
    amount = quantity(movement.quantity)
    return Entry(
        at=recorded,
        system="inventory",
        kind="movement",
        what=f"{cause}: {amount} × {movement.sku} at {movement.location_id}, {from_bucket} → {to_bucket}",
        measure="after it happened",
        seconds=(recorded - occurred).total_seconds(),
        reference=str(movement.position),
        trouble=movement.cause == stock_pb2.MOVEMENT_CAUSE_UNEXPLAINED,
    )


# ---- ERP


def posted(posting: posting_pb2.Posting, calls: list[erp_service_pb2.ErpCall]) -> Iterator[Entry]:
    created = moment(posting.created_at)
    kind = word(posting_pb2.PostingKind, posting.kind)
    state = word(posting_pb2.PostingState, posting.state)
    next_try = instant(posting, "next_attempt_at")
    done = instant(posting, "posted_at")
    yield Entry(
        at=created,
        system="erp_gateway",
        kind="posting",
        what=f"{kind} of {money(posting.amount)} to be posted, now {state}",
        details=[
            f"key {posting.external_key}",
            *([posting.failure] if posting.failure else []),
            *([f"tried next at {next_try:%H:%M:%S}"] if next_try and not done else []),
        ],
        trace_id=posting.trace_id,
        reference=posting.posting_id,
        trouble=posting.state in BAD_POSTINGS,
    )
    yield from (stepped(posting, step) for step in posting.steps if step.HasField("at"))
    yield from (called(posting, call) for call in calls)
    if done:
        yield Entry(
            at=done,
            system="erp_gateway",
            kind="posting",
            what=f"{kind} posted, key {posting.external_key}",
            measure="after the fact",
            seconds=(done - created).total_seconds(),
            trace_id=posting.trace_id,
            reference=posting.posting_id,
        )


def stepped(posting: posting_pb2.Posting, step: posting_pb2.PostingStep) -> Entry:
    outcome = word(posting_pb2.StepOutcome, step.outcome) or "not tried"
    document = f" as {step.document_id}" if step.document_id else ""
    attempts = f", {step.attempts} tries" if step.attempts > 1 else ""
    return Entry(
        at=moment(step.at),
        system="erp_gateway",
        kind="step",
        what=f"step {word(posting_pb2.PostingStepKind, step.kind)}: {outcome}{document}{attempts}",
        details=[step.last_error] if step.last_error else (),
        trace_id=posting.trace_id,
        reference=step.external_key,
        trouble=step.outcome != posting_pb2.STEP_OUTCOME_DONE,
    )


def called(posting: posting_pb2.Posting, call: erp_service_pb2.ErpCall) -> Entry:
    """The ERP itself is the system: it is where the call was answered."""
    answer = str(call.status) if call.status else "no answer"
    outcome = word(posting_pb2.StepOutcome, call.outcome)
    return Entry(
        at=moment(call.at),
        system="ERP",
        kind="call",
        what=f"{call.operation} → {answer} ({word(posting_pb2.PostingStepKind, call.step)} {outcome})",
        measure="took",
        seconds=call.duration.ToTimedelta().total_seconds(),
        trace_id=call.trace_id,
        reference=posting.posting_id,
        trouble=not 200 <= call.status < 300,
    )


# ---- dead letters


def given_up(letter: DeadLetter) -> Entry:
    return Entry(
        at=letter.time,
        system=letter.service,
        kind="dead letter",
        what=f"{letter.type.rpartition('.')[2]} given up by {letter.consumer} after {letter.attempts} tries",
        details=[
            f"{letter.category}: {letter.reason}",
            f"retailmesh deadletters show event:{letter.sequence}",
        ],
        trace_id=letter.headers.get("traceparent", "")[3:35],
        reference=f"event:{letter.sequence}",
        trouble=True,
    )


def lag_text(entry: Entry) -> str:
    """``took 35 ms``, ``35 ms after the fact``; empty where nothing was measured."""
    if entry.seconds is None:
        return entry.measure
    length = span(entry.seconds)
    return f"{length} {entry.measure}" if entry.measure.startswith("after") else f"{entry.measure} {length}"
