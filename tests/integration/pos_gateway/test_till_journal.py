"""The tills' journal, by a stand-in of the store servers."""

from datetime import UTC, date, datetime

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from libs.money import Money
from services.pos_gateway.adapters.till_journal import TillJournal
from services.pos_gateway.application.ports import OutsideUnreachable
from services.pos_gateway.domain.receipts import Kind, ReceiptKey

DAY = date(2024, 4, 1)


def entry(sequence=17, kind="sale", total="2.99"):
    return {
        "store": "300",
        "workstation": "30001",
        "sequence": sequence,
        "business_date": "2024-04-01",
        "type": kind,
        "at": "2024-04-01T17:06:56+02:00",
        "lines": 1,
        "total": total,
        "tax": "0.48",
        "currency": "EUR",
    }


@pytest.fixture
async def journal():
    answers = []

    async def page(request):
        journal.asked.append(dict(request.query))
        answer = answers.pop(0)
        return answer if isinstance(answer, web.Response) else web.json_response(answer)

    app = web.Application()
    app.add_routes([web.get("/tills/journal", page)])
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        journal = TillJournal(session, str(server.make_url("/tills/journal")))
        journal.asked, journal.answers = [], answers
        yield journal


async def test_entries_are_read_with_their_kind_and_money(journal):
    entries = [
        entry(),
        entry(18, "return", "-2.99"),
        entry(19, "sign_off", "0.00"),
        entry(20, "correction", None),
    ]
    journal.answers.append({"entries": entries, "next": "300/30001/20"})
    page = await journal.list_journal(DAY, 4, "")
    assert [(one.kind, one.total) for one in page.entries] == [
        (Kind.SALE, Money.parse("2.99", "EUR")),
        (Kind.RETURN, Money.parse("-2.99", "EUR")),
        (Kind.CONTROL, None),
        (Kind.STOCK, None),
    ]
    assert page.entries[0].key == ReceiptKey("300", "30001", DAY, "17")
    assert page.entries[0].at == datetime(2024, 4, 1, 15, 6, 56, tzinfo=UTC)
    assert page.next_cursor == "300/30001/20"


async def test_the_next_page_begins_behind_the_last(journal):
    journal.answers.append({"entries": [], "next": ""})
    await journal.list_journal(DAY, 50, "300/30001/20")
    assert journal.asked == [{"business_date": "2024-04-01", "limit": "50", "after": "300/30001/20"}]


@pytest.mark.parametrize(
    "answer",
    [
        web.Response(status=503),
        web.Response(text="<html>"),
        {"rows": []},
        {"entries": [entry(total="much")]},
    ],
)
async def test_an_answer_that_is_no_journal_is_an_outage(journal, answer):
    journal.answers.append(answer)
    with pytest.raises(OutsideUnreachable):
        await journal.list_journal(DAY, 50, "")


async def test_a_journal_that_nobody_named_is_an_outage():
    async with aiohttp.ClientSession() as session:
        with pytest.raises(OutsideUnreachable):
            await TillJournal(session, "").list_journal(DAY, 1, "")
