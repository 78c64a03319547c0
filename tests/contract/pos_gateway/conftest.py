from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from libs.database import create_engine
from libs.intake import Arrival, Desk, Limits, Outcome, State, Worker
from libs.intake import store as store_messages
from libs.telemetry import current_traceparent, span
from retailmesh.pos.v1 import pos_service_pb2, pos_service_pb2_grpc
from services.pos_gateway.adapters.journal import PostgresJournal
from services.pos_gateway.adapters.poslog import read_one
from services.pos_gateway.adapters.poslog_xml import transactions_of
from services.pos_gateway.app import ANNOUNCEMENTS, desk_reading
from services.pos_gateway.application.ports import JournalPage, OutsideUnreachable
from services.pos_gateway.application.receive_file import reading_of
from services.pos_gateway.entrypoints.grpc import PosGatewayServicer
from tests.builders.poslog import a_file, a_receipt, a_sale, a_sold, a_tender
from tests.builders.raw_messages import summary_settled

TRANSACTION = "poslog/transaction"
BROKEN = a_file(a_receipt(a_sold(price="-1"), a_tender(), sequence="1"))


class FakeTills:
    """Pages of a prepared journal; remembers what it was asked."""

    def __init__(self):
        self.pages = {}
        self.asked = []

    async def list_journal(self, business_date, size, cursor):
        self.asked.append((business_date, size, cursor))
        page = self.pages.get(cursor)
        if page is None:
            raise OutsideUnreachable("the tills' journal answered 503", retry_after_seconds=5.0)
        return JournalPage(*page)


@pytest.fixture
def service_name():
    return "pos_gateway"


@pytest.fixture
async def engine(database_url):
    engine = create_engine(database_url, application_name="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def grpc_add_to_server():
    return pos_service_pb2_grpc.add_PosGatewayServiceServicer_to_server


@pytest.fixture
def grpc_descriptor():
    return pos_service_pb2.DESCRIPTOR.services_by_name["PosGatewayService"]


@pytest.fixture
def grpc_stub_cls():
    return pos_service_pb2_grpc.PosGatewayServiceStub


@pytest.fixture
def contract():
    return pos_service_pb2


@pytest.fixture
def tills():
    return FakeTills()


@pytest.fixture
def journal(engine):
    return PostgresJournal(engine)


@pytest.fixture
async def grpc_servicer(engine, journal, tills):
    """With a worker at its side that applies whatever it gets."""

    async def apply(messages):
        return [Outcome.apply("order-1") for _ in messages]

    worker = Worker(engine, apply, ANNOUNCEMENTS, Limits(), application_name="worker")
    await worker.start()
    yield PosGatewayServicer(
        Desk(engine, ANNOUNCEMENTS, desk_reading, patience=timedelta(seconds=5)),
        journal,
        tills,
        lambda: datetime.now(UTC),
    )
    await worker.stop()


@pytest.fixture
def store(engine):
    """``await store("broken")`` keeps a transaction and answers its id; ``repeat`` is a whole one again."""

    async def keep(kind):
        keep.number += kind != "repeat"
        name = (
            "first"
            if kind == "repeat" or (kind == "whole" and "first" not in keep.names)
            else str(keep.number)
        )
        keep.names.add(name)
        with span("arrival"):
            arrival = Arrival(
                message_id=uuid4(),
                sender="300/30001",
                topic=TRANSACTION,
                sender_event_id=f"{name} {kind == 'broken'}",
                business_key="" if kind == "broken" else f"300/30001/2024-04-01/{name}",
                body=BROKEN if kind == "broken" else a_file(a_sale()),
                received_at=datetime.now(UTC),
                traceparent=current_traceparent(),
                state=State.QUARANTINED if kind == "broken" else State.RECEIVED,
                reason="invalid" if kind == "broken" else "",
                problems=problems() if kind == "broken" else (),
            )
        (stored,) = await store_messages(engine, ANNOUNCEMENTS, [arrival], datetime.now(UTC))
        return str(stored.message_id)

    keep.number, keep.names = 0, set()
    return keep


def problems():
    return reading_of(transactions_of, lambda one: read_one(one).key.text, TRANSACTION, BROKEN).problems


@pytest.fixture
def desk_settled(grpc_stub, contract):
    return lambda: summary_settled(grpc_stub, contract)


@pytest.fixture
def intact():
    return a_file(a_sale("1"))


@pytest.fixture
def broken_still():
    """A body, and the field that it still breaks a rule with."""
    body = a_file(a_receipt(a_sold(quantity="0"), a_tender(), sequence="1"))
    return body, "RetailTransaction/LineItem[1]/Sale/Quantity"
