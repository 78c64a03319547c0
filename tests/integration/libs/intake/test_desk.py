from datetime import UTC, datetime
from uuid import uuid4

import pytest

from libs.intake import BodyInvalid, NotQuarantined, Outcome, State, store
from libs.intake.desk import Call, Filter
from libs.refusals import NotFound, PageTokenInvalid, RequestIdReused
from tests.integration.libs.intake.conftest import ANNOUNCEMENTS

NOW = datetime(2024, 4, 1, 12, tzinfo=UTC)
ALL = Filter()


def call(request_id="r1", digest=b"d", rpc="ResubmitMessage"):
    return Call(rpc, request_id, digest)


@pytest.fixture
async def quarantined(engine, arrival):
    """The id of a message in quarantine."""
    one = arrival("e1", key="", body=b"broken", state=State.QUARANTINED, reason="invalid")
    (stored,) = await store(engine, ANNOUNCEMENTS, [one], datetime.now(UTC))
    return stored.message_id


async def test_messages_are_listed_newest_first_in_pages(engine, arrival, desk):
    await store(engine, ANNOUNCEMENTS, [arrival(f"e{n}") for n in range(5)], NOW)
    first = await desk.list(ALL, 2, "")
    second = await desk.list(ALL, 2, first.next_token)
    third = await desk.list(ALL, 2, second.next_token)
    events = [row.sender_event_id for page in (first, second, third) for row in page.rows]
    assert events == ["e4", "e3", "e2", "e1", "e0"]
    assert third.next_token == ""
    assert all(row.body == b"" for row in first.rows)


async def test_a_page_token_belongs_to_its_filter(engine, arrival, desk):
    await store(engine, ANNOUNCEMENTS, [arrival(f"e{n}") for n in range(3)], NOW)
    page = await desk.list(ALL, 1, "")
    with pytest.raises(PageTokenInvalid):
        await desk.list(Filter(business_key="doc"), 1, page.next_token)


async def test_a_list_can_be_narrowed(engine, arrival, desk, quarantined):
    await store(engine, ANNOUNCEMENTS, [arrival("e2", key="a"), arrival("e3", key="b")], NOW)
    by_state = await desk.list(Filter(states=[State.QUARANTINED]), 10, "")
    by_key = await desk.list(Filter(business_key="b"), 10, "")
    by_order = await desk.list(Filter(order_id="nobody's"), 10, "")
    assert [row.message_id for row in by_state.rows] == [quarantined]
    assert [row.sender_event_id for row in by_key.rows] == ["e3"]
    assert by_order.rows == []


async def test_a_summary_counts_repeats_as_ignored_duplicates(engine, arrival, desk):
    await store(engine, ANNOUNCEMENTS, [arrival("e1"), arrival("e1"), arrival("e2")], NOW)
    counts, refused = await desk.summarize()
    assert {(count.state, count.reason): count.messages for count in counts} == {
        (State.RECEIVED, ""): 2,
        (State.IGNORED, "duplicate"): 1,
    }
    assert refused == 0


async def test_a_corrected_message_is_applied_and_the_original_kept(
    desk, quarantined, start_worker, applying, rows
):
    applying.answers["doc7 fixed"] = Outcome.apply("order-7")
    await start_worker()
    record = await desk.resubmit(call(), quarantined, b"doc7 fixed", datetime.now(UTC))
    assert (record.state, record.order_id, record.business_key) == (State.APPLIED, "order-7", "doc7")
    assert record.body == b"doc7 fixed"
    (row,) = await rows()
    assert bytes(row["body"]) == b"broken"
    assert [
        event["type"].rpartition(".")[2] for event in await rows("select type from outbox order by 1")
    ] == [
        "MessageQuarantined",
        "MessageResolved",
    ]


async def test_a_repeated_resubmission_answers_the_same_message(desk, quarantined, start_worker, applying):
    await start_worker()
    first = await desk.resubmit(call(), quarantined, b"doc fixed", datetime.now(UTC))
    assert await desk.resubmit(call(), quarantined, b"doc fixed", datetime.now(UTC)) == first
    assert applying.bodies == ["doc fixed"]


async def test_a_request_id_reused_for_another_resubmission_is_refused(desk, quarantined, start_worker):
    await start_worker()
    await desk.resubmit(call(), quarantined, b"doc fixed", datetime.now(UTC))
    with pytest.raises(RequestIdReused):
        await desk.resubmit(call(digest=b"other"), quarantined, b"doc other", datetime.now(UTC))


async def test_a_correction_that_breaks_a_rule_changes_nothing(desk, quarantined):
    with pytest.raises(BodyInvalid) as refused:
        await desk.resubmit(call(), quarantined, b"still broken", NOW)
    assert [violation.field for violation in refused.value.violations] == ["body"]
    assert (await desk.get(quarantined)).state is State.QUARANTINED


async def test_without_a_correction_the_stored_body_is_tried_again(desk, quarantined, start_worker, applying):
    await start_worker()
    record = await desk.resubmit(call(), quarantined, b"", datetime.now(UTC))
    assert record.state is State.APPLIED
    assert applying.bodies == ["broken"]


async def test_only_what_is_in_quarantine_is_applied_again(engine, arrival, desk):
    (stored,) = await store(engine, ANNOUNCEMENTS, [arrival("e1")], NOW)
    with pytest.raises(NotQuarantined):
        await desk.resubmit(call(), stored.message_id, b"", NOW)
    with pytest.raises(NotFound):
        await desk.resubmit(call(), uuid4(), b"", NOW)


async def test_a_dismissed_message_stays_stored_and_is_announced(desk, quarantined, rows):
    record = await desk.dismiss(call(rpc="DismissMessage"), quarantined, "sent by mistake", NOW)
    assert (record.state, record.note, record.reason) == (State.DISMISSED, "sent by mistake", "invalid")
    again = await desk.dismiss(call(rpc="DismissMessage"), quarantined, "sent by mistake", NOW)
    assert again == record
    types = [
        event["type"].rpartition(".")[2] for event in await rows("select type from outbox order by position")
    ]
    assert types == ["MessageQuarantined", "MessageResolved"]


async def test_a_dismissed_message_cannot_be_dismissed_again(desk, quarantined):
    await desk.dismiss(call(rpc="DismissMessage"), quarantined, "sent by mistake", NOW)
    with pytest.raises(NotQuarantined):
        await desk.dismiss(call("r2", rpc="DismissMessage"), quarantined, "once more", NOW)
