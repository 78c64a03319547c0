from datetime import UTC, date, datetime

import grpc
import pytest
from google.type.date_pb2 import Date

from libs.money import Money
from retailmesh.pos.v1 import pos_service_pb2 as pb
from retailmesh.type.v1.page_pb2 import PageRequest
from services.pos_gateway.application.ports import TakenOver
from services.pos_gateway.domain.receipts import Kind, ReceiptKey
from tests.builders.refused import refused

AT = datetime(2024, 4, 1, 15, 6, tzinfo=UTC)
DAY = Date(year=2024, month=4, day=1)


def taken(sequence="17", *, store="300", till="30001", day=1, kind=Kind.SALE, total="2.99", order="order-1"):
    money = Money.parse(total, "EUR") if total else None
    return TakenOver(ReceiptKey(store, till, date(2024, 4, day), sequence), kind, money, order, AT)


def listed(answer):
    return [(one.location_id, one.till, one.sequence_number) for one in answer.transactions]


async def test_transactions_are_listed_by_store_till_and_number(grpc_stub, journal):
    await journal.save([taken("10"), taken("9"), taken("1", till="30002"), taken("5", store="100")])
    answer = await grpc_stub.ListTillTransactions(pb.ListTillTransactionsRequest())
    assert listed(answer) == [
        ("100", "30001", "5"),
        ("300", "30001", "9"),
        ("300", "30001", "10"),
        ("300", "30002", "1"),
    ]


async def test_pages_follow_each_other(grpc_stub, journal):
    await journal.save([taken(str(number)) for number in range(8, 13)])
    asked = pb.ListTillTransactionsRequest(page=PageRequest(page_size=2))
    seen = []
    while True:
        answer = await grpc_stub.ListTillTransactions(asked)
        seen += [one.sequence_number for one in answer.transactions]
        asked.page.page_token = answer.page.next_page_token
        if not asked.page.page_token:
            break
    assert seen == ["8", "9", "10", "11", "12"]


async def test_a_list_can_be_narrowed_to_a_business_day(grpc_stub, journal):
    await journal.save([taken("1"), taken("2", day=2)])
    answer = await grpc_stub.ListTillTransactions(pb.ListTillTransactionsRequest(business_date=DAY))
    assert [one.sequence_number for one in answer.transactions] == ["1"]


async def test_a_transaction_is_told_with_kind_money_and_order(grpc_stub, journal):
    await journal.save(
        [
            taken("1", kind=Kind.RETURN, total="-2.99"),
            taken("2", kind=Kind.CONTROL, total="", order=""),
            taken("3", kind=Kind.STOCK, total="", order=""),
        ]
    )
    back, control, stock = (
        await grpc_stub.ListTillTransactions(pb.ListTillTransactionsRequest())
    ).transactions
    assert (back.kind, back.total.units, back.total.nanos) == (
        pb.TILL_TRANSACTION_KIND_RETURN,
        -2,
        -990_000_000,
    )
    assert (back.order_id, back.business_date, back.occurred_at.ToDatetime(UTC)) == ("order-1", DAY, AT)
    assert (control.kind, control.HasField("total")) == (pb.TILL_TRANSACTION_KIND_CONTROL, False)
    assert stock.kind == pb.TILL_TRANSACTION_KIND_STOCK


async def test_what_is_taken_over_again_stands_once(grpc_stub, journal):
    await journal.save([taken(order="")])
    await journal.save([taken(order="order-1")])
    (one,) = (await grpc_stub.ListTillTransactions(pb.ListTillTransactionsRequest())).transactions
    assert one.order_id == "order-1"


async def test_the_tills_own_journal_is_read_page_by_page(grpc_stub, tills):
    tills.pages = {"": ([taken("1"), taken("2")], "c2"), "c2": ([taken("3", order="")], "")}
    asked = pb.ListJournalRequest(business_date=DAY, page=PageRequest(page_size=2))
    first = await grpc_stub.ListJournal(asked)
    asked.page.page_token = first.page.next_page_token
    second = await grpc_stub.ListJournal(asked)
    sequences = [one.sequence_number for one in (*first.transactions, *second.transactions)]
    assert sequences == ["1", "2", "3"]
    assert second.page.next_page_token == ""
    assert tills.asked == [(date(2024, 4, 1), 2, ""), (date(2024, 4, 1), 2, "c2")]


async def test_a_journal_that_is_away_is_said_to_be(grpc_stub):
    with refused("ERROR_REASON_OUTSIDE_UNREACHABLE") as seen:
        await grpc_stub.ListJournal(pb.ListJournalRequest(business_date=DAY))
    assert seen.code is grpc.StatusCode.UNAVAILABLE


async def test_a_journal_needs_its_day(grpc_stub):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await grpc_stub.ListJournal(pb.ListJournalRequest())
    assert seen.field == "business_date"


@pytest.mark.parametrize("day", [Date(year=2023, month=2, day=30), Date(year=2024), Date(month=4, day=1)])
async def test_a_day_that_no_calendar_has_is_refused(grpc_stub, day):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await grpc_stub.ListTillTransactions(pb.ListTillTransactionsRequest(business_date=day))
    assert seen.field == "business_date"


@pytest.mark.parametrize("rpc", ["ListTillTransactions", "ListJournal"])
async def test_a_token_of_another_list_is_refused(grpc_stub, rpc):
    kind = getattr(pb, f"{rpc}Request")
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        await getattr(grpc_stub, rpc)(kind(business_date=DAY, page=PageRequest(page_token="AAAA")))


async def test_strangers_see_no_transactions(grpc_create_channel, grpc_stub_cls):
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await grpc_stub_cls(grpc_create_channel("stranger")).ListTillTransactions(
            pb.ListTillTransactionsRequest()
        )
